import { expect, test } from 'vitest';
import { areTwoModalities } from '../../src/run/modalities.ts';
import { ball } from '../report/phantom.ts';

const shown = ball([0, 0, 0], 7);
const fixed = { ...shown, data: shown.data.map((value, index) => 10 + value + (index % 7) / 100) };
const made = (change: (value: number, index: number) => number) => ({ ...fixed, data: fixed.data.map(change) });
const judged = (other: typeof fixed): boolean => areTwoModalities({ fixed, moved: other, before: other });

test('images whose intensities rise together are of one modality, whatever their units and noise', () => {
  expect(judged(fixed)).toBe(false);
  expect(judged(made((value) => 3 * value - 7))).toBe(false);
  expect(judged(made((value, index) => value + ((index * 0.618) % 1) * 0.2))).toBe(false);
  // It is enough that they do so before registration: a warp that tears an image apart makes no second modality.
  const torn = made((_, index) => 1 + ((index * 0.618) % 1));
  expect(areTwoModalities({ fixed, before: fixed, moved: torn })).toBe(false);
});

test('inverted, unrelated and even images are two', () => {
  expect(judged(made((value) => 30 - value))).toBe(true);
  expect(judged(made((_, index) => 1 + ((index * 0.618) % 1)))).toBe(true);
  expect(judged(made(() => 5))).toBe(true);
  expect(judged(made(() => 0))).toBe(true);
});

test('what has no data does not count', () => {
  // A field of view: zero outside in one image alone.
  expect(judged(made((value, index) => (index % 3 === 0 ? 0 : value)))).toBe(false);
  expect(judged(made((value, index) => (index % 3 === 0 ? Number.NaN : value)))).toBe(false);
});
