import { describe, expect, test } from 'vitest';
import { lineChart } from '../../../src/report/chart/lineChart.ts';
import { evaluationReport, pairReport, worstMedianBest } from '../../../src/report/page/htmlReport.ts';
import { summarise } from '../../../src/report/page/table.ts';
import { viewer } from '../../../src/report/page/viewer.ts';
import { registrationFigure } from '../../../src/report/slice/registrationFigure.ts';
import { applyToPoint, invert } from '../../../src/volume/matrix.ts';
import { affine, ball, halves, size, warp } from '../phantom.ts';

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

test('every slider of the viewer has a name, and every cell says its column', () => {
  const html = viewer({ ...volumes, fixedLabels: halves([0, 0, 0], 7) });
  const sliders = html.match(/<input type="range"[^>]*>/g) ?? [];
  expect(sliders.map((slider) => /aria-label="([^"]+)"/.exec(slider)?.[1])).toEqual([
    'Share of the other image',
    'Axial slice',
    'Coronal slice',
    'Sagittal slice',
  ]);
  const cells = pages.evaluation!.match(/<td[^>]*>/g) ?? [];
  expect(cells.length).toBeGreaterThan(4);
  for (const cell of cells) expect(cell).toMatch(/data-label="[^"]+"/);
});

test('of two modalities the viewer shows one over the other, with landmarks where there are any', () => {
  const landmarks = { fixed: [[6, 5, -4]], moving: [[7, 5, -4]], moved: [[Number.NaN, 5, -4]] } as const;
  const html = viewer({ ...volumes, isTwoModalities: true, landmarks });
  expect(html).toContain('value="overlay" checked=""');
  expect(html).not.toContain('value="difference"');
  const json = JSON.parse((/id="viewer-data">(.*?)<\/script>/s.exec(html) as RegExpExecArray)[1]!);
  const [i, j, k] = applyToPoint(invert(affine), [6, 5, -4]) as [number, number, number];
  expect(json.landmarks.fixed[0]).toEqual([i, size[1] - 1 - j, size[2] - 1 - k].map((at) => expect.closeTo(at, 2)));
  expect(json.landmarks.moving[0]).not.toEqual(json.landmarks.fixed[0]);
  expect(json.landmarks.moved).toEqual([null]);
  // The slices begin where the landmark is.
  expect(json.start).toEqual(json.landmarks.fixed[0].map(Math.round));
  const one = viewer(volumes);
  expect(one).toContain('value="difference"');
  expect(one).not.toMatch(/viewer-landmarks"|value="overlay"/);
});

test('the table of all pairs has no column of dashes', () => {
  const pairs = { columns: [...columns, { key: 'hd95', heading: 'HD95' }], rows };
  const html = evaluationReport({ title: 't', summary: { columns, rows }, pairs, provenance });
  expect(html).toContain('Dice</button>');
  expect(html).not.toContain('HD95</button>');
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
