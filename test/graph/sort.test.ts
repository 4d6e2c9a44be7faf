import { describe, expect, it } from 'vitest';
import { cast, gatherLast, multiply, scatterLast, sortLast, type Tensor } from '../../src/graph/index.ts';
import { randomStream } from '../../src/random.ts';
import { evaluate } from '../support/evaluate.ts';
import { checkGradient } from '../support/finiteDifferences.ts';

const random = randomStream(5, 'sort');
const SHAPES = [[7], [3, 6], [2, 3, 5], [4, 1]];
const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
/** No two values closer than 0.3, so that a small step does not change their order. */
const spread = (length: number): Float32Array =>
  Float32Array.from(random.shuffle(Array.from({ length }, (_, k) => 0.4 * k + 0.1 * random.uniform())));
const rowsOf = (values: ArrayLike<number>, length: number): number[][] =>
  Array.from({ length: values.length / length }, (_, r) =>
    Array.from({ length }, (_, k) => values[r * length + k] as number),
  );
const ascending = (row: readonly number[]): number[] => [...row].sort((a, b) => a - b);

describe.each(SHAPES.map((shape) => [shape] as const))('along the last axis of %j', (shape) => {
  const last = shape.at(-1) as number;
  const values = spread(count(shape));
  const sorted = (x: Tensor) => {
    const { values: ranked, order } = sortLast(x);
    return { ranked, order: cast(order, 'float32'), again: gatherLast(x, order), back: scatterLast(order, ranked) };
  };

  it('sorts every row ascending and says where each value came from', async () => {
    const out = await evaluate([{ shape, values }], sorted);
    const from = rowsOf(values, last);
    expect(rowsOf(out.ranked, last)).toEqual(from.map(ascending));
    rowsOf(out.order, last).forEach((order, r) => {
      expect(ascending(order)).toEqual(Array.from({ length: last }, (_, k) => k));
      expect(order.map((k) => from[r]?.[k])).toEqual(ascending(from[r] as number[]));
    });
  });

  it('gathers by the order what the sort gives, and scatters it back', async () => {
    const out = await evaluate([{ shape, values }], sorted);
    expect(out.again).toEqual(out.ranked);
    expect(out.back).toEqual(values);
  });

  const weighted = Float32Array.from(values, (_, k) => k + 1);
  it.each<[string, (x: Tensor, y: Tensor) => Tensor]>([
    ['sorted values', (x) => multiply(sortLast(x).values, x.graph.constant(weighted, shape))],
    ['scattered values', (x, y) => scatterLast(sortLast(x).order, multiply(y, y))],
    ['gathered values', (x, y) => gatherLast(multiply(y, y), sortLast(x).order)],
    [
      'sorted values that are scattered back',
      (x, y) => multiply(scatterLast(sortLast(y).order, sortLast(x).values), x),
    ],
  ])('has the gradient of central differences: %s', async (_, build) => {
    const deviation = await checkGradient({
      inputs: [shape, shape],
      build: (x, y) => build(x!, y!),
      values: [values, spread(values.length)],
    });
    expect(deviation).toBeLessThan(5e-3);
  });
});

it('keeps a permutation where values are equal', async () => {
  const values = [2, 1, 2, 1, 2, 2];
  const out = await evaluate([{ shape: [6], values }], (x) => {
    const { values: ranked, order } = sortLast(x);
    return { ranked, order: cast(order, 'float32'), back: scatterLast(order, ranked) };
  });
  expect([...out.ranked]).toEqual([1, 1, 2, 2, 2, 2]);
  expect(ascending([...out.order])).toEqual([0, 1, 2, 3, 4, 5]);
  expect([...out.back]).toEqual(values);
});
