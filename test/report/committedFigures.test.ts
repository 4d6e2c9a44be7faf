import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Resvg } from '@resvg/resvg-js';
import { describe, expect, it } from 'vitest';
import { comparisonFigure } from '../../src/experiment/report/comparisonReport.ts';
import type { Comparison } from '../../src/experiment/runner/compareLosses.ts';
import { rasterise } from '../../src/file/rasterise.ts';
import { expectOneColourAMethod, expectReadable } from './textBoxes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const figures = ['docs/images', 'results']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, String(name))))
  .filter((name) => name.endsWith('.svg'));
const font = {
  loadSystemFonts: false,
  fontFiles: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((name) =>
    createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${name}`),
  ),
  defaultFontFamily: 'DejaVu Sans',
};
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

describe('every committed figure', () => {
  it('is found', () => {
    expect(figures.length).toBeGreaterThan(30);
  });

  it.each(figures)('%s has a ground, whole and clear texts, and no colour for two things', (name) => {
    expectReadable(read(name));
    expectOneColourAMethod(read(name));
  });

  it.each(figures)('%s is drawn on its own ground, and nothing runs over its edge', (name) => {
    const svg = read(name);
    const { pixels, width, height } = new Resvg(svg, { font }).render();
    expect(pixels.filter((value, index) => index % 4 === 3 && value !== 255)).toHaveLength(0);
    // Panels of figures may end where the picture does; of a chart nothing may.
    if (!svg.includes('class="chart"')) return;
    const isWhite = (x: number, y: number): boolean =>
      [0, 1, 2].every((channel) => pixels[4 * (x + width * y) + channel] === 255);
    const edge = [
      ...Array.from({ length: width }, (_, x) => [isWhite(x, 0), isWhite(x, height - 1)]),
      ...Array.from({ length: height }, (_, y) => [isWhite(0, y), isWhite(width - 1, y)]),
    ].flat();
    expect(edge.filter((white) => !white)).toHaveLength(0);
  });

  it.each(figures.filter((name) => existsSync(join(root, name.replace(/svg$/, 'png')))))(
    '%s is what the PNG beside it shows',
    async (name) => {
      const png = readFileSync(join(root, name.replace(/svg$/, 'png')));
      expect(png.equals(await rasterise(read(name)))).toBe(true);
    },
  );
});

describe('figures of compared losses', () => {
  it.each(['loss-comparison', 'modality-losses'])('follow from the record: %s', (name) => {
    const stored = JSON.parse(read(join('results', name, 'results.json'))) as Comparison & {
      readonly simulated?: string;
    };
    // Records from before landmarks were judged by Dice; those from before data said how they were made held a
    // sentence.
    const { simulated } = stored;
    const synthetic = simulated === undefined ? {} : { synthetic: { kind: 'simulated', description: simulated } };
    const comparison = { ...stored, ...synthetic, judge: stored.judge ?? 'dice' } as Comparison;
    expect(read(join('results', name, `${comparison.judge}.svg`))).toBe(comparisonFigure(comparison));
  });
});
