import type { Warp } from '../volume/grid.ts';
import { invert } from '../volume/matrix.ts';
import { defineMeasure } from './measure.ts';

/**
 * Bending energy of a warp (Rueckert et al., IEEE TMI 18(8), 1999): the mean over the interior voxels of Σ (∂²u_c /
 * ∂p_a ∂p_b)², in 1/mm². Derivatives are central differences, taken to world coordinates by the grid's affine. 0 for an
 * affine warp.
 * @returns NaN where an axis has fewer than three voxels
 */
export function bendingEnergy({ size, affine, data }: Warp): number {
  const [nx, ny, nz] = size;
  if (Math.min(...size) < 3) return Number.NaN;
  const count = nx * ny * nz;
  const [x, y, z] = [1, nx, nx * ny];
  // Let A be the linear part of the inverse affine and H the Hessian in voxels. Then Aᵀ H A is the Hessian in mm. The
  // sum of its squares is the trace of (H G)² with G = A Aᵀ.
  const inverse = invert(affine);
  const g = (a: number, b: number): number =>
    [0, 1, 2].reduce((sum, p) => sum + inverse[4 * a + p]! * inverse[4 * b + p]!, 0);
  const [gxx, gyy, gzz, gxy, gxz, gyz] = [g(0, 0), g(1, 1), g(2, 2), g(0, 1), g(0, 2), g(1, 2)];
  const mixed = (at: number, s: number, t: number): number =>
    (data[at + s + t]! - data[at + s - t]! - data[at - s + t]! + data[at - s - t]!) / 4;
  let sum = 0;
  for (let c = 0; c < 3; c++)
    for (let k = 1; k < nz - 1; k++)
      for (let j = 1; j < ny - 1; j++)
        for (let i = 1, at = c * count + 1 + y * j + z * k; i < nx - 1; i++, at++) {
          const twice = 2 * data[at]!;
          const hxx = data[at + x]! - twice + data[at - x]!;
          const hyy = data[at + y]! - twice + data[at - y]!;
          const hzz = data[at + z]! - twice + data[at - z]!;
          const hxy = mixed(at, x, y);
          const hxz = mixed(at, x, z);
          const hyz = mixed(at, y, z);
          const xx = hxx * gxx + hxy * gxy + hxz * gxz;
          const xy = hxx * gxy + hxy * gyy + hxz * gyz;
          const xz = hxx * gxz + hxy * gyz + hxz * gzz;
          const yx = hxy * gxx + hyy * gxy + hyz * gxz;
          const yy = hxy * gxy + hyy * gyy + hyz * gyz;
          const yz = hxy * gxz + hyy * gyz + hyz * gzz;
          const zx = hxz * gxx + hyz * gxy + hzz * gxz;
          const zy = hxz * gxy + hyz * gyy + hzz * gyz;
          const zz = hxz * gxz + hyz * gyz + hzz * gzz;
          sum += xx * xx + yy * yy + zz * zz + 2 * (xy * yx + xz * zx + yz * zy);
        }
  return sum / ((nx - 2) * (ny - 2) * (nz - 2));
}

/** {@link bendingEnergy} as a measure. */
export const bending = defineMeasure({
  key: 'bendingEnergy',
  name: 'bending energy',
  summary: 'mean squared second derivatives of the deformation',
  unit: '1/mm²',
  digits: 4,
  better: 'less',
  needs: 'warp',
  of: ({ warp }) => bendingEnergy(warp()),
});
