import { expect, test } from 'vitest';
import { mean, standardDeviation } from '../../src/metric/statistics.ts';
import { randomStream } from '../../src/random.ts';
import type { Volume } from '../../src/volume/grid.ts';
import { identity } from '../../src/volume/matrix.ts';
import { minmax, percentile, zscore } from '../../src/volume/normalise.ts';

const random = randomStream(3, 'normalise');
const row = (data: Float32Array): Volume => ({ size: [data.length, 1, 1], affine: identity, data });
const volume = row(Float32Array.from({ length: 1001 }, () => 900 + 40 * random.normal()));

test('z-scores have mean 0 and standard deviation 1, whatever the scale before', () => {
  const values = Array.from(zscore(volume).data);
  expect(mean(values)).toBeCloseTo(0, 5);
  expect(standardDeviation(values) * Math.sqrt(1000 / 1001)).toBeCloseTo(1, 5);
  const scaled = zscore(row(volume.data.map((value) => 3 * value + 7))).data;
  for (const [i, value] of scaled.entries()) expect(value).toBeCloseTo(values[i]!, 4);
});

test('minmax spans 0 to 1', () => {
  const { data } = minmax(row(Float32Array.of(-2, 0, 2)));
  expect(data).toEqual(Float32Array.of(0, 0.5, 1));
});

test('percentiles span 0 to 1 and clip the rest', () => {
  const { data } = percentile(row(Float32Array.from({ length: 101 }, (_, i) => i)), 10, 90);
  expect([data[0], data[10], data[50], data[90], data[100]]).toEqual([0, 0, 0.5, 1, 1]);
});

test('a constant volume becomes 0, not NaN', () => {
  const constant = row(new Float32Array(1000).fill(0.1));
  for (const normalised of [zscore(constant), minmax(constant), percentile(constant, 1, 99)]) {
    expect(normalised.data).toEqual(new Float32Array(1000));
  }
});

test('only what lies inside a mask counts, and what lies outside becomes 0', () => {
  const volume = { size: [5, 1, 1] as const, affine: [], data: Float32Array.of(-1000, 2, 4, 6, 1000) };
  const mask = [0, 1, 1, 1, 0];
  const deviation = Math.sqrt(8 / 3);
  expect([...zscore(volume, mask).data]).toEqual([0, -2, 0, 2, 0].map((x) => Math.fround(x / deviation)));
  expect([...minmax(volume, mask).data]).toEqual([0, 0, 0.5, 1, 0]);
  expect([...percentile(volume, 0, 100, mask).data]).toEqual([0, 0, 0.5, 1, 0]);
});
