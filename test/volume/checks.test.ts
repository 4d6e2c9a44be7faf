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

/** The three ways in which the axes of a grid of 24×20×16 can be exchanged in turn. */
const orders = [
  [0, 1, 2],
  [1, 2, 0],
  [2, 0, 1],
] as const;

/** Whether an image looks like labels, asked in three orientations. */
function looksInAllOrientations(f: (x: number, y: number, z: number) => number): boolean[] {
  const size = [24, 20, 16] as const;
  return orders.map((order) => {
    const turned = [size[order[0]], size[order[1]], size[order[2]]] as const;
    const data = Float32Array.from({ length: 24 * 20 * 16 }, (_, n) => {
      const at = [n % turned[0], Math.floor(n / turned[0]) % turned[1], Math.floor(n / (turned[0] * turned[1]))];
      const place = [0, 1, 2].map((axis) => at[order.indexOf(axis as 0)]!);
      return f(place[0]!, place[1]!, place[2]!);
    });
    return looksLikeLabels({ size: turned, affine: identity, data });
  });
}

test('labels are told from intensities whichever way the axes run', () => {
  const random = randomStream(5, 'labels');
  const labels: Record<string, (x: number, y: number, z: number) => number> = {
    'twenty landmarks of one voxel': (x, y, z) => (y % 5 === 2 && x % 5 === 2 && z === 7 ? 1 + x + y : 0),
    'landmarks of which some touch': (x, y, z) => (y % 4 === 2 && x % 5 < 2 && z === 7 ? 1 + x + 24 * y : 0),
    'a line of three voxels each': (x, y, z) => (y % 4 === 2 && z % 4 === 2 && x < 3 ? 1 + y + z : 0),
    'layers of one voxel': (x) => 1 + x,
    'layers of one voxel in a part of the volume': (x, y, z) => (x > 2 && y > 6 && z > 9 ? x : 0),
    'many blocks': (x, y, z) => 1 + Math.floor(x / 3) + 8 * Math.floor(y / 3) + 56 * Math.floor(z / 3),
  };
  for (const [name, f] of Object.entries(labels))
    expect([name, looksInAllOrientations(f)]).toEqual([name, Array(3).fill(true)]);

  const inside = (x: number, y: number, z: number) => (x - 12) ** 2 + (y - 10) ** 2 + (z - 8) ** 2 < 49;
  const images: Record<string, (x: number, y: number, z: number) => number> = {
    noise: () => random.integer(256),
    'a shifted CT of a body in even air': (x, y, z) => (inside(x, y, z) ? 1000 + random.integer(80) : 24),
    'a brain without skull': (x, y, z) => (inside(x, y, z) ? 40 + Math.round(9 * x) + random.integer(12) : 0),
    'a smooth slope': (x, y, z) => 3 * x + 5 * y + 2 * z,
    'half of the voxels saturated': (x, _y, z) => (x > 11 ? 4095 : 100 + random.integer(900) + z),
  };
  for (const [name, f] of Object.entries(images))
    expect([name, looksInAllOrientations(f)]).toEqual([name, Array(3).fill(false)]);
});

test('rows of one voxel in a single slice are labels along both axes', () => {
  const rows = (alongX: boolean) => ({
    size: [20, 60, 1] as const,
    affine: identity,
    data: Float32Array.from({ length: 1200 }, (_, n) => 1 + (alongX ? n % 20 : Math.floor(n / 20))),
  });
  expect([looksLikeLabels(rows(true)), looksLikeLabels(rows(false))]).toEqual([true, true]);
});
