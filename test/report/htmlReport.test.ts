import { describe, expect, test } from 'vitest';
import { evaluationReport, pairReport, worstMedianBest } from '../../src/report/htmlReport.ts';
import { lineChart } from '../../src/report/lineChart.ts';
import { registrationFigure } from '../../src/report/registrationFigure.ts';
import { summarise } from '../../src/report/table.ts';
import { viewer } from '../../src/report/viewer.ts';
import { applyToPoint, invert } from '../../src/volume/matrix.ts';
import { affine, ball, halves, size, warp } from './phantom.ts';

const evil = `<script>alert("x")</script><img src=x onerror='y'>&`;
const volumes = { fixed: ball([0, 0, 0], 7), moving: ball([3, 2, 0], 6), moved: ball([0, 0, 0], 7) };
const figure = registrationFigure({ ...volumes, warp: warp(() => [0, 0, 0]), title: evil });
const provenance = { Command: `earthmorph ${evil}`, Seed: 7, Model: undefined };
const rows = [
  { name: evil, dice: 0.5 },
  { name: 'b', dice: 0.75 },
];
const columns = [
  { key: 'name', heading: evil },
  { key: 'dice', heading: 'Dice' },
];

const pages: Readonly<Record<string, string>> = {
  pair: pairReport({
    title: evil,
    subtitle: evil,
    figure,
    metrics: { columns, rows, caption: evil },
    viewer: { ...volumes, fixedLabels: halves([0, 0, 0], 7), labelNames: { 1: evil } },
    notes: [evil],
    provenance,
  }),
  evaluation: evaluationReport({
    title: evil,
    summary: { columns, rows: [{ name: 'Dice', dice: summarise([0.5, 0.75]) }] },
    charts: [lineChart({ title: evil, xLabel: evil, yLabel: evil, series: [{ name: evil, points: [[0, 1]] }] })],
    pairs: { columns, rows },
    figures: [{ caption: evil, svg: figure }],
    notes: [evil],
    provenance,
  }),
};

/** Walks through the tags and demands that each is closed in order; returns the scripts that are to run. */
function checkTags(html: string): string[] {
  const open: string[] = [];
  const scripts: string[] = [];
  const tag =
    /<!DOCTYPE html>|<(script|style)\b([^>]*)>([\s\S]*?)<\/\1>|<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|</g;
  for (let match = tag.exec(html); match !== null; match = tag.exec(html)) {
    const [whole, raw, attributes, content, closing, name, , selfClosing] = match;
    expect(whole, html.slice(match.index, match.index + 80)).not.toBe('<');
    if (raw === 'script' && !attributes!.includes('json')) scripts.push(content!);
    if (name === undefined || selfClosing === '/') continue;
    if (closing === '/') expect(open.pop()).toBe(name);
    else open.push(name);
  }
  expect(open).toEqual([]);
  return scripts;
}

describe.each(Object.entries(pages))('%s report', (_, page) => {
  test('is well formed, and its scripts can be parsed', () => {
    const scripts = checkTags(page);
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) expect(() => new Function(script)).not.toThrow();
  });

  test('escapes what the user gave', () => {
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;script&gt;alert');
  });

  test('asks for nothing from elsewhere', () => {
    const addresses = page.match(/(?:https?:)?\/\/[\w.-]+\.[a-z]+[^"']*/g) ?? [];
    expect(addresses.filter((address) => address !== 'http://www.w3.org/2000/svg')).toEqual([]);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/ id="([^"]+)"[\s\S]* id="\1"/);
  });

  test('leaves out provenance without a value', () => {
    expect(page).toContain('<dt>Seed</dt><dd>7</dd>');
    expect(page).not.toContain('<dt>Model</dt>');
  });
});

test('the viewer holds the volumes in display order', () => {
  // One bright voxel 6 mm to the right, 5 mm anterior, 4 mm inferior.
  const [i, j, k] = applyToPoint(invert(affine), [6, 5, -4]).map(Math.round) as [number, number, number];
  const data = new Float32Array(volumes.fixed.data.length);
  data[i + size[0] * (j + size[1] * k)] = 1;
  const labels = { size, affine, data: Int32Array.from(data) };
  const html = viewer({ ...volumes, fixedLabels: labels });
  const json = JSON.parse((/id="viewer-data">(.*?)<\/script>/s.exec(html) as RegExpExecArray)[1]!);
  expect(json.size).toEqual(size);
  expect(json.spacing).toEqual([1.5, 1, 2]);
  const found = Buffer.from(json.labels.fixed, 'base64').indexOf(1);
  const display = [found % size[0], Math.floor(found / size[0]) % size[1], Math.floor(found / (size[0] * size[1]))];
  // i runs to the left already; j and k run against the display's directions.
  expect(display).toEqual([i, size[1] - 1 - j, size[2] - 1 - k]);
  expect(json.start).toEqual(display);
});

test('worst, median and best', () => {
  const names = (values: number[], better: 'higher' | 'lower') =>
    worstMedianBest(values, better).map(({ name, index }) => `${name} ${index}`);
  expect(names([0.9, 0.1, 0.5, Number.NaN], 'higher')).toEqual(['worst 1', 'median 2', 'best 0']);
  expect(names([0.9, 0.1, 0.5], 'lower')).toEqual(['worst 0', 'median 2', 'best 1']);
  expect(names([3], 'lower')).toEqual(['worst 0']);
  expect(names([3, 4], 'higher')).toEqual(['worst 0', 'best 1']);
  expect(names([], 'higher')).toEqual([]);
});
