import { describe, expect, it } from 'vitest';
import { Graph } from '../../../src/graph/index.ts';
import { RandomInputs } from '../../../src/loss/similarity.ts';
import { DRAWINGS, type Drawing, drawDirections } from '../../../src/loss/wasserstein/directions.ts';
import { randomStream } from '../../../src/random.ts';

function drawn(drawing: Drawing, dimensions: number, count: number, seed = 1): number[][] {
  const values = new Float32Array(count * dimensions);
  drawDirections(drawing, dimensions, randomStream(seed, 'directions'), values);
  return Array.from({ length: count }, (_, k) => [...values.subarray(k * dimensions, (k + 1) * dimensions)]);
}
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, k) => sum + v * b[k]!, 0);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const seeds = (count: number): number[] => Array.from({ length: count }, (_, seed) => seed);

const DIMENSIONS = [1, 2, 3, 4, 13];
const table = DRAWINGS.flatMap((drawing) => DIMENSIONS.map((dimensions) => [drawing, dimensions] as const));

describe.each(table)('%s directions in R^%i', (drawing, dimensions) => {
  const count = dimensions + 2;

  it('have length 1', () => {
    for (const direction of drawn(drawing, dimensions, count)) expect(Math.hypot(...direction)).toBeCloseTo(1, 5);
  });

  it('are the same for the same seed and differ for another', () => {
    expect(drawn(drawing, dimensions, count, 3)).toEqual(drawn(drawing, dimensions, count, 3));
    expect(drawn(drawing, dimensions, count, 3)).not.toEqual(drawn(drawing, dimensions, count, 4));
  });

  it('are each uniform: mean 0, covariance I / m, mean length along an axis', () => {
    const many = seeds(500).map((seed) => drawn(drawing, dimensions, count, seed));
    const axes = dimensions > 4 ? [0, 1, dimensions - 1] : Array.from({ length: dimensions }, (_, k) => k);
    for (const at of [0, 1, count - 1]) {
      const sample = many.map((directions) => directions[at] as number[]);
      // Five standard errors of a mean of numbers that are of size 1/√m (or 1/m).
      const tolerance = 5 / Math.sqrt(sample.length * dimensions);
      for (const i of axes) {
        expect(Math.abs(mean(sample.map((v) => v[i]!)))).toBeLessThan(tolerance);
        for (const j of axes) {
          const covariance = mean(sample.map((v) => v[i]! * v[j]!)) - (i === j ? 1 / dimensions : 0);
          expect(Math.abs(covariance)).toBeLessThan((tolerance * Math.SQRT2) / Math.sqrt(dimensions));
        }
        if (dimensions === 3)
          expect(Math.abs(mean(sample.map((v) => Math.abs(v[i]!))) - 1 / 2)).toBeLessThan(tolerance);
      }
    }
  });
});

it.each([2, 3, 5, 50])(
  'orthogonal directions in R^%i are so in blocks, also in a last one that is not full',
  (dimensions) => {
    const directions = drawn('orthogonal', dimensions, 3 * dimensions - 1);
    for (let a = 0; a < directions.length; a++)
      for (let b = 0; b < a; b++)
        if (Math.floor(a / dimensions) === Math.floor(b / dimensions))
          expect(dot(directions[a]!, directions[b]!)).toBeCloseTo(0, 5);
    expect(Math.abs(dot(directions[0]!, directions[dimensions]!))).toBeGreaterThan(1e-4);
  },
);

it.each([20, 400])('%i evenly spread directions in R^3 balance', (count) => {
  const directions = drawn('quasi', 3, count);
  const balance = Math.hypot(...[0, 1, 2].map((axis) => mean(directions.map((d) => d[axis]!))));
  expect(balance).toBeLessThan(0.5 / count);
});

/** Root of the mean squared error over seeds of the mean over directions of |θ·u|ᵖ. */
function error(drawing: Drawing, dimensions: number, count: number, order: number, exact: number): number {
  const target = drawn('uniform', dimensions, 1, 99)[0]!;
  const errors = seeds(150).map(
    (seed) => mean(drawn(drawing, dimensions, count, seed).map((d) => Math.abs(dot(d, target)) ** order)) - exact,
  );
  return Math.sqrt(mean(errors.map((e) => e * e)));
}

describe.each([
  [2, 1, 2 / Math.PI, DRAWINGS],
  [2, 2, 1 / 2, DRAWINGS],
  [3, 1, 1 / 2, DRAWINGS],
  [3, 2, 1 / 3, DRAWINGS],
  [4, 1, 4 / (3 * Math.PI), DRAWINGS],
  [4, 2, 1 / 4, DRAWINGS],
  [13, 2, 1 / 13, ['uniform', 'orthogonal']],
] as const)('the mean over directions in R^%i of |θ·u|^%i is %f', (dimensions, order, exact, drawings) => {
  it('with an error that falls as one over the root of their number where they are independent', () => {
    const ratio = error('uniform', dimensions, 16, order, exact) / error('uniform', dimensions, 256, order, exact);
    expect(ratio).toBeGreaterThan(4 / 1.35);
    expect(ratio).toBeLessThan(4 * 1.35);
  });

  it.each(drawings.filter((drawing) => drawing !== 'uniform'))('with a smaller error where they are %s', (drawing) => {
    const count = 5 * dimensions;
    const independent = error('uniform', dimensions, count, order, exact);
    expect(error(drawing, dimensions, count, order, exact)).toBeLessThan(0.8 * independent);
  });
});

it('random inputs are drawn anew at each step where they are fresh, once for a seed where they are fixed', () => {
  const random = new RandomInputs(new Graph('random'));
  const draw = (stream: Parameters<typeof drawDirections>[2], values: Float32Array): void =>
    drawDirections('uniform', 3, stream, values);
  random.input('fresh', [4, 3], draw, 'fresh');
  random.input('fixed', [4, 3], draw, 'fixed');
  const [first, again, next, other] = [
    random.values(1, 1),
    random.values(1, 1),
    random.values(1, 2),
    random.values(2, 1),
  ];
  expect(again).toEqual(first);
  expect(next.fresh).not.toEqual(first.fresh);
  expect(next.fixed).toEqual(first.fixed);
  expect(other.fresh).not.toEqual(first.fresh);
  expect(other.fixed).not.toEqual(first.fixed);
  expect(first.fresh).not.toEqual(first.fixed);
  expect(random.fresh).toEqual(['fresh']);
});
