import { expect, test } from 'vitest';
import {
  foldedPercent,
  jacobianDeterminant,
  sdLogJacobian,
  voxelJacobianDeterminant,
} from '../../src/metric/jacobian.ts';
import type { Mat4, Size, Vec3, Warp } from '../../src/volume/grid.ts';
import { applyToPoint, determinant, flipRasLps, identity, multiply } from '../../src/volume/matrix.ts';

const oblique: Mat4 = [0, -1.5, 0.2, 8, 1.2, 0.1, 0, -3, 0.1, 0, -2, 1, 0, 0, 0, 1];

/** The warp, in LPS, of a map of LPS points. */
function warpOf(size: Size, affine: Mat4, map: (p: Vec3) => Vec3): Warp {
  const count = size[0] * size[1] * size[2];
  const lps = multiply(flipRasLps, affine);
  const data = new Float32Array(3 * count);
  for (let n = 0; n < count; n++) {
    const p = applyToPoint(lps, [n % size[0], Math.floor(n / size[0]) % size[1], Math.floor(n / (size[0] * size[1]))]);
    for (const [c, value] of map(p).entries()) data[c * count + n] = value - p[c]!;
  }
  return { size, affine, data };
}

test('an affine map has its determinant everywhere, on any grid', () => {
  const map: Mat4 = [1.1, 0.2, 0, 4, -0.1, 0.8, 0.3, 5, 0.2, 0, 1.3, 6, 0, 0, 0, 1];
  for (const affine of [identity, oblique]) {
    const { data, size } = jacobianDeterminant(warpOf([5, 4, 6], affine, (p) => applyToPoint(map, p)));
    expect(size).toEqual([3, 2, 4]);
    expect(data.length).toBe(24);
    for (const det of data) expect(det).toBeCloseTo(determinant(map), 4);
    expect(sdLogJacobian(data)).toBeCloseTo(0, 4);
  }
});

test('a quadratic map has its analytic determinant at the voxels of the interior grid', () => {
  // Central differences are exact for quadratics: det = (1 + 0.02 x)(1 − 0.04 z).
  const warp = warpOf([6, 5, 4], oblique, ([x, y, z]) => [x + 0.01 * x * x, y + 0.3 * z, z - 0.02 * z * z]);
  const map = jacobianDeterminant(warp);
  const lps = multiply(flipRasLps, map.affine);
  for (const [n, det] of map.data.entries()) {
    const [x, , z] = applyToPoint(lps, [n % 4, Math.floor(n / 4) % 3, Math.floor(n / 12)]);
    expect(det).toBeCloseTo((1 + 0.02 * x) * (1 - 0.04 * z), 4);
  }
});

test('a displacement in voxels has components in the order of the array: z, y, x', () => {
  const size: Size = [5, 4, 3];
  const count = 60;
  const u = new Float32Array(3 * count);
  for (let n = 0; n < count; n++) {
    const [x, y, z] = [n % 5, Math.floor(n / 5) % 4, Math.floor(n / 20)];
    u[n] = 0.5 * z;
    u[count + n] = 0.25 * y + 0.7 * x;
    u[2 * count + n] = -0.2 * x;
  }
  const det = voxelJacobianDeterminant(u, size);
  expect(det.length).toBe(3 * 2 * 1);
  for (const value of det) expect(value).toBeCloseTo(1.5 * 1.25 * 0.8, 5);
});

test('folds are counted, a determinant of 0 among them', () => {
  expect(foldedPercent([1, -0.1, 0, 2])).toBe(50);
  const mirrored = warpOf([4, 4, 4], identity, ([x, y, z]) => [-x, y, z]);
  expect(foldedPercent(jacobianDeterminant(mirrored).data)).toBe(100);
  expect(foldedPercent(jacobianDeterminant(warpOf([4, 4, 4], oblique, (p) => p)).data)).toBe(0);
});

test('the spread of log determinants is that of the logarithms, with folds clipped', () => {
  expect(sdLogJacobian([Math.E, 1 / Math.E])).toBeCloseTo(1, 12);
  expect(sdLogJacobian([-5, 1e-9])).toBe(0);
});

test('a field without interior is refused', () => {
  const flat = { size: [4, 4, 2] as const, affine: identity, data: new Float32Array(96) };
  expect(() => jacobianDeterminant(flat)).toThrow('A displacement field of 4×4×2 voxels has no interior');
  expect(() => voxelJacobianDeterminant(new Float32Array(5), [3, 3, 3])).toThrow('do not make a displacement field');
});
