import { expect, test } from 'vitest';
import { dice, labelsIn } from '../../src/metric/dice.ts';

test('equal regions have Dice 1, disjoint ones 0, half overlapping ones ½, absent ones none', () => {
  const a = [1, 1, 2, 2, 3, 0];
  const b = [1, 1, 0, 2, 0, 2];
  expect(dice(a, b, [1, 2, 3, 9])).toEqual([1, 0.5, 0, Number.NaN]);
  expect(dice(b, a, [2, 1])).toEqual([0.5, 1]);
  expect(dice(a, b, [0])).toEqual([0]);
});

test('segmentations of different length are a defect', () => {
  expect(() => dice([1], [1, 2], [1])).toThrow('1 and 2 voxels');
});

test('the labels of several segmentations are listed once, without the background', () => {
  expect(labelsIn([0, 5, 5, 0, 2], [7, 2])).toEqual([2, 5, 7]);
});
