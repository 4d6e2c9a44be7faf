import { expect, test } from 'vitest';
import { judged } from '../../src/registration/judged.ts';
import { judgement } from '../../src/registration/judgement.ts';
import type { Mat4, Size, Warp } from '../../src/volume/grid.ts';
import { linearWarp } from '../../src/volume/warp.ts';

const size: Size = [9, 8, 7];
const affine: Mat4 = [2, 0, 0, -5, 0, 2, 0, 3, 0, 0, 2, 10, 0, 0, 0, 1];
const identity: Mat4 = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
const data = Float32Array.from({ length: 9 * 8 * 7 }, (_, n) => 1 + Math.sin(n));
const image = { size, affine, data };
const still = linearWarp(image, identity);

function judgementOf(warp: Warp) {
  return judgement(judged({ warp, start: identity, moved: image }, { fixed: image, moving: image }));
}

test('says where a warp folds most, in mm', () => {
  const warp = { ...still, data: still.data.slice() };
  // Along L (that is −x) the neighbours of voxel (4, 3, 2) change places, and more.
  const at = (i: number): number => i + 9 * (3 + 8 * 2);
  warp.data[at(3)] = -6;
  warp.data[at(5)] = 6;
  const { foldedPercent, foldedForegroundPercent, deepestFold } = judgementOf(warp);
  expect(foldedPercent).toBeGreaterThan(0);
  // No part of the image is surrounding, so all of it is foreground.
  expect(foldedForegroundPercent).toBe(foldedPercent);
  expect(deepestFold?.at).toEqual([-5 + 2 * 4, 3 + 2 * 3, 10 + 2 * 2]);
  expect(deepestFold?.determinant).toBeLessThan(0);
});

test('names no place where nothing folds', () => {
  const { foldedPercent, deepestFold } = judgementOf(still);
  expect(foldedPercent).toBe(0);
  expect(deepestFold).toBeUndefined();
});
