import { describe, expect, it } from 'vitest';
import { gemm, multiply, sum } from '../../../src/graph/index.ts';
import { drawDirections } from '../../../src/loss/wasserstein/directions.ts';
import {
  binnedBox,
  distributionKernels,
  distributionsOf,
  massOf,
  normaliseRows,
} from '../../../src/loss/wasserstein/mass.ts';
import { randomStream } from '../../../src/random.ts';
import { evaluate, withGradients } from '../../support/evaluate.ts';
import { checkGradient } from '../../support/finiteDifferences.ts';
import { relativeError } from '../../support/reference.ts';

const random = randomStream(8, 'mass');

describe.each([
  [{ mass: 'softplus', gain: 1, zero: -4 }, (x: number) => Math.log1p(Math.exp(x))],
  [{ mass: 'softplus', gain: 3, zero: -4 }, (x: number) => Math.log1p(Math.exp(3 * x)) / 3],
  [{ mass: 'affine', gain: 1, zero: -4 }, (x: number) => Math.max(0, x + 4)],
  [{ mass: 'affine', gain: 1, zero: 0 }, (x: number) => Math.max(0, x)],
] as const)('mass of an intensity, %j', (options, exact) => {
  const intensities = [-20, -4.5, -1, -0.1, 0.2, 3, 20];
  const given = [{ shape: [7], values: intensities }];

  it('is the formula, and not negative', async () => {
    const { mass } = await evaluate(given, (x) => ({ mass: massOf(x!, options) }));
    mass.forEach((value, k) => {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeCloseTo(exact(intensities[k]!), 4);
    });
  });

  it('has the gradient of central differences', async () => {
    const deviation = await checkGradient({
      inputs: [[5]],
      build: (x) => massOf(x!, options),
      values: [Float32Array.from(intensities.slice(1, 6))],
    });
    expect(deviation).toBeLessThan(5e-3);
  });

  it('is finite at extreme intensities, with its gradient', async () => {
    const values = [-1e4, 1e4, 0];
    const out = await withGradients([{ shape: [3], values }], (x) => sum(massOf(x!, options)));
    expect(out.value / 1e4).toBeCloseTo(1, 2);
    for (const [k, slope] of [0, 1].entries()) expect(out.toInputs[0]?.[k]).toBeCloseTo(slope, 5);
    expect(out.toInputs[0]?.[2]).toBeGreaterThanOrEqual(0);
    expect(out.toInputs[0]?.[2]).toBeLessThanOrEqual(1);
  });
});

describe('rows as measures', () => {
  const values = Float32Array.from({ length: 24 }, (_, k) => (k < 8 ? 0 : 1e-3 + random.uniform()));
  const given = [{ shape: [3, 8], values }];

  it('have sum 1, or stay 0', async () => {
    const { rows, sums } = await evaluate(given, (x) => ({
      rows: normaliseRows(x!),
      sums: sum(normaliseRows(x!), [1]),
    }));
    expect([...sums].map((v) => Math.round(v * 1e5) / 1e5)).toEqual([0, 1, 1]);
    expect(rows[9]! / rows[8]!).toBeCloseTo(values[9]! / values[8]!, 3);
  });

  it('do not change with the unit of mass', async () => {
    const { rows, scaled } = await evaluate(given, (x) => ({
      rows: normaliseRows(x!),
      scaled: normaliseRows(multiply(x!, 1e-3)),
    }));
    for (const [k, value] of scaled.entries()) expect(value).toBeCloseTo(rows[k]!, 5);
  });

  it('have the gradient of central differences', async () => {
    const deviation = await checkGradient({
      inputs: [[2, 8]],
      build: (x) => normaliseRows(x!),
      values: [values.slice(8)],
      step: 1e-3,
    });
    expect(deviation).toBeLessThan(5e-3);
  });
});

const EXTENTS = [
  [5, 5, 5],
  [4, 6, 3],
  [1, 7, 2],
  [2, 2, 2],
  [1, 1, 1],
] as const;
const BINS = 9;
const COUNT = 6;
const directions = new Float32Array(3 * COUNT);
drawDirections('uniform', 3, random, directions);

describe.each(EXTENTS)('voxels of a box of %i × %i × %i in bins', (...extent) => {
  const box = binnedBox(extent, BINS);
  const place = (voxel: number, l: number): number =>
    [0, 1, 2].reduce((at, a) => at + box.positions[4 * voxel + a]! * directions[3 * l + a]!, (BINS - 1) / 2);

  it('lie between the first and the last bin in every direction, the farthest at the ends', () => {
    expect(box.voxels).toBe(extent[0] * extent[1] * extent[2]);
    expect(box.bins).toBe(BINS);
    const radii = Array.from({ length: box.voxels }, (_, v) => Math.hypot(...box.positions.subarray(4 * v, 4 * v + 3)));
    expect(Math.max(...radii)).toBeCloseTo(box.voxels > 1 ? (BINS - 1) / 2 : 0, 5);
  });

  it('span two half edges along the longest side', () => {
    const longest = extent.indexOf(Math.max(...extent) as never);
    const along = Array.from({ length: box.voxels }, (_, v) => box.positions[4 * v + longest]! * box.width);
    const length = box.voxels > 1 ? 2 : 0;
    expect(Math.max(...along) - Math.min(...along)).toBeCloseTo(length, 5);
    expect(Math.max(...along) + Math.min(...along)).toBeCloseTo(0, 5);
  });

  it('are shared linearly between the two nearest bins', async () => {
    const given = [{ shape: [COUNT, 3], values: directions }];
    const { kernels } = await evaluate(given, (d) => ({ kernels: distributionKernels(d!, box) }));
    expect(kernels.length).toBe(box.voxels * COUNT * (BINS - 1));
    for (let voxel = 0; voxel < box.voxels; voxel++)
      for (let l = 0; l < COUNT; l++) {
        const at = place(voxel, l);
        const low = Math.floor(at);
        let below = 0;
        for (let bin = 0; bin < BINS - 1; bin++) {
          below += bin === low ? 1 - (at - low) : bin === low + 1 ? at - low : 0;
          expect(kernels[(voxel * COUNT + l) * (BINS - 1) + bin]).toBeCloseTo(below, 4);
        }
      }
  });
});

it('a single measure, sorted into bins, has the distribution that the matrix for many gives', async () => {
  const extent = [4, 5, 3];
  const box = binnedBox(extent, BINS);
  const given = [
    { shape: [1, 60], values: Float32Array.from({ length: 60 }, (_, i) => Math.sin(i) ** 2) },
    { shape: [COUNT, 3], values: directions },
  ];
  const { single, product } = await evaluate(given, (m, d) => ({
    single: distributionsOf(m!, d!, box),
    product: gemm(m!, distributionKernels(d!, box)),
  }));
  expect(relativeError(single, product)).toBeLessThan(1e-5);
});

it('a cube reaches √3 half edges from its middle', () => {
  expect(binnedBox([6, 6, 6], 31).width).toBeCloseTo((2 * Math.sqrt(3)) / 30, 6);
});
