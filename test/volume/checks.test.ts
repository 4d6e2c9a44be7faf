import { expect, test } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { assertFinite, assertSameGrid, looksLikeLabels, sameGrid } from '../../src/volume/checks.ts';
import { identity, multiply, scaling, translation } from '../../src/volume/matrix.ts';

const grid = { size: [4, 5, 6] as const, affine: identity };

test('grids are the same up to a hundredth of a voxel at every corner', () => {
  expect(sameGrid(grid, { ...grid, affine: translation([0.005, 0, 0]) })).toBe(true);
  expect(sameGrid(grid, { ...grid, affine: translation([0.02, 0, 0]) })).toBe(false);
  // A small error of the voxel size grows towards the far corner.
  expect(sameGrid(grid, { ...grid, affine: scaling([1, 1, 1.003]) })).toBe(false);
  expect(sameGrid(grid, { ...grid, size: [4, 5, 7] })).toBe(false);
});

test('differing grids are told apart in a sentence', () => {
  expect(() => assertSameGrid(grid, grid, 'a', 'b')).not.toThrow();
  expect(() => assertSameGrid(grid, { ...grid, size: [4, 5, 7] }, 'a.nii', 'b.nii')).toThrow(
    "a.nii and b.nii differ in size (4×5×6 and 4×5×7 voxels); resample one onto the other's grid.",
  );
  const moved = { ...grid, affine: multiply(translation([1, 0, 0]), identity) };
  expect(() => assertSameGrid(grid, moved, 'a.nii', 'b.nii')).toThrow(
    'have the same size but lie differently in space',
  );
});

test('numbers that are not finite are counted', () => {
  expect(() => assertFinite([1, 2], 'a')).not.toThrow();
  expect(() => assertFinite([1, Number.NaN], 'a')).toThrow('a has 1 voxel that is not a finite number');
});

test('a segmentation given as an image is noticed, an image is not taken for one', () => {
  const random = randomStream(4, 'labels');
  const looks = (f: (i: number) => number) =>
    looksLikeLabels({ size: [64, 8, 8], affine: identity, data: Float32Array.from({ length: 4096 }, (_, i) => f(i)) });
  expect(looks((i) => (i % 64 > 30 ? 1 : 0))).toBe(true);
  expect(looks((i) => Math.floor(i / 8))).toBe(true);
  expect(looks(() => random.integer(256))).toBe(false);
  expect(looks((i) => (i % 64 > 30 ? 0.5 : 0))).toBe(false);
  expect(looks((i) => (i % 64 > 30 ? -1 : 0))).toBe(false);
  expect(looks(() => 0)).toBe(false);
});
