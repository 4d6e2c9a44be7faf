import { expect, test } from 'vitest';
import { squaredDistances } from '../../src/metric/distanceTransform.ts';
import { hd95 } from '../../src/metric/hausdorff.ts';
import { percentile } from '../../src/metric/statistics.ts';
import { randomStream } from '../../src/random.ts';
import type { Mat4, Size, Vec3 } from '../../src/volume/grid.ts';
import { applyToPoint, fromColumns, scaling, spacingOf } from '../../src/volume/matrix.ts';

function points(mask: ArrayLike<number>, [nx, ny, nz]: Size, space: Vec3 | Mat4): Vec3[] {
  const affine = space.length === 3 ? scaling(space as Vec3) : space;
  const out: Vec3[] = [];
  for (let n = 0; n < nx * ny * nz; n++)
    if (mask[n]) out.push(applyToPoint(affine, [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))]));
  return out;
}

const distance = (p: Vec3, q: Vec3) => Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);

/** The definition, written out: surfaces by neighbours, all pairs of distances. */
function bruteForce(a: Int32Array, b: Int32Array, size: Size, spacing: Vec3 | Mat4, label: number): number {
  const [nx, ny, nz] = size;
  const surface = (data: Int32Array) => {
    const has = (i: number, j: number, k: number) =>
      i >= 0 && j >= 0 && k >= 0 && i < nx && j < ny && k < nz && data[i + nx * (j + ny * k)] === label;
    const mask = data.map((_, n) => {
      const [i, j, k] = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))] as const;
      if (!has(i, j, k)) return 0;
      const inner = has(i - 1, j, k) && has(i + 1, j, k) && has(i, j - 1, k) && has(i, j + 1, k);
      return inner && has(i, j, k - 1) && has(i, j, k + 1) ? 0 : 1;
    });
    return points(mask, size, spacing);
  };
  const [pa, pb] = [surface(a), surface(b)];
  const directed = (from: Vec3[], to: Vec3[]) =>
    percentile(
      from.map((p) => Math.min(...to.map((q) => distance(p, q)))),
      95,
    );
  return Math.max(directed(pa, pb), directed(pb, pa));
}

test('the distance transform equals the smallest of all distances', () => {
  const random = randomStream(7, 'edt');
  for (const [size, spacing] of [
    [
      [7, 6, 5],
      [1, 1, 1],
    ],
    [
      [5, 8, 6],
      [0.7, 2.5, 1.1],
    ],
    [
      [1, 9, 1],
      [1, 3, 1],
    ],
  ] as [Size, Vec3][]) {
    const mask = Uint8Array.from({ length: size[0] * size[1] * size[2] }, () => (random.uniform() < 0.05 ? 1 : 0));
    mask[0] = 1;
    const marked = points(mask, size, spacing);
    const everywhere = points(
      mask.map(() => 1),
      size,
      spacing,
    );
    const result = squaredDistances(mask, size, spacing);
    for (const [n, p] of everywhere.entries()) {
      expect(Math.sqrt(result[n]!)).toBeCloseTo(Math.min(...marked.map((q) => distance(p, q))), 10);
    }
  }
});

test('without marked voxels every distance is infinite', () => {
  expect(squaredDistances(new Uint8Array(8), [2, 2, 2], [1, 1, 1]).every((d) => d === Number.POSITIVE_INFINITY)).toBe(
    true,
  );
});

const BLOBS: Size = [14, 12, 10];

/** A function that makes rough balls of label 3 in label 1. */
function blobs(seed: number): () => Int32Array {
  const random = randomStream(seed, 'hd95');
  return () => {
    const centre = [4 + 5 * random.uniform(), 4 + 4 * random.uniform(), 3 + 3 * random.uniform()] as const;
    const radius = 2.5 + 2 * random.uniform();
    return Int32Array.from({ length: 14 * 12 * 10 }, (_, n) => {
      const p: Vec3 = [n % 14, Math.floor(n / 14) % 12, Math.floor(n / 168)];
      return distance(p, centre) < radius && random.uniform() < 0.95 ? 3 : 1;
    });
  };
}

test('HD95 equals its definition on random blobs with anisotropic voxels', () => {
  const blob = blobs(8);
  const size = BLOBS;
  for (let trial = 0; trial < 6; trial++) {
    const [a, b] = [blob(), blob()];
    const spacing: Vec3 = [0.8, 1.3, 2.1];
    for (const label of [1, 3]) {
      expect(hd95(a, b, size, spacing, label)).toBeCloseTo(bruteForce(a, b, size, spacing, label), 9);
      expect(hd95(b, a, size, spacing, label)).toBe(hd95(a, b, size, spacing, label));
    }
  }
});

test('equal regions are 0 apart, a shifted voxel its shift in mm, and an absent label has no distance', () => {
  const size: Size = [8, 1, 1];
  const a = Int32Array.of(0, 1, 0, 0, 0, 0, 0, 2);
  const b = Int32Array.of(0, 0, 0, 0, 1, 0, 0, 0);
  expect(hd95(a, a, size, [2, 1, 1], 1)).toBe(0);
  expect(hd95(a, b, size, [2, 1, 1], 1)).toBe(6);
  expect(hd95(a, b, size, [2, 1, 1], 2)).toBeNaN();
  expect(() => hd95(a, b, [2, 2, 1], [1, 1, 1], 1)).toThrow('do not fill a grid of 2×2×1');
});

const tilt = Math.tan((20 * Math.PI) / 180);

test.each<[string, Mat4]>([
  ['a gantry tilted by 20°', fromColumns([0.8, 0, 0], [0, 0.8, 0], [0, 2.5 * tilt, 2.5], [5, -60, 9])],
  ['a shear within the slices', fromColumns([1, 0, 0], [0.6, 1.1, 0], [0, 0, 2], [0, 0, 0])],
  ['shears along all axes, left-handed', fromColumns([-1, 0.2, 0.1], [0.4, 1.3, -0.3], [0.5, 0.7, 1.9], [1, 2, 3])],
])('HD95 is in world millimetres with %s', (_, affine) => {
  const blob = blobs(11);
  for (let trial = 0; trial < 3; trial++) {
    const [a, b] = [blob(), blob()];
    for (const label of [1, 3])
      expect(hd95(a, b, BLOBS, affine, label)).toBeCloseTo(bruteForce(a, b, BLOBS, affine, label), 9);
  }
});

test.each<[string, Mat4]>([
  ['along the axes', fromColumns([0.8, 0, 0], [0, 1.3, 0], [0, 0, 2.1], [5, 6, 7])],
  ['flipped and exchanged', fromColumns([0, -0.8, 0], [0, 0, 1.3], [2.1, 0, 0], [5, 6, 7])],
  // What a header in 32-bit floats leaves of right angles.
  ['with rounded axes', fromColumns([0.8, 1e-7, 0], [0, 1.3, -1e-7], [0, 0, 2.1], [0, 0, 0])],
])('HD95 of a grid at right angles is that of its spacing to the last digit: %s', (_, affine) => {
  const blob = blobs(12);
  const [a, b] = [blob(), blob()];
  for (const label of [1, 3])
    expect(hd95(a, b, BLOBS, affine, label)).toBe(hd95(a, b, BLOBS, spacingOf(affine), label));
});
