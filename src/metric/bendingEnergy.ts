import type { Warp } from '../volume/grid.ts';
import { invert } from '../volume/matrix.ts';
import { defineMeasure } from './measure.ts';

/** Pairs of axes of a symmetric matrix, and how often each entry occurs in it. */
const ENTRIES = [
  [0, 0, 1],
  [1, 1, 1],
  [2, 2, 1],
  [0, 1, 2],
  [0, 2, 2],
  [1, 2, 2],
] as const;

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
  const steps = [1, nx, nx * ny] as const;
  const firsts = ENTRIES.map(([a]) => steps[a]);
  const seconds = ENTRIES.map(([, b]) => steps[b]);
  const inverse = invert(affine);
  // Column p of the inverse affine: by how many voxels along each axis world axis p leads.
  const along = [0, 1, 2].map((p) => [0, 1, 2].map((axis) => inverse[4 * axis + p]!));
  const hessian = new Float64Array(6);
  let sum = 0;
  for (let k = 1; k < nz - 1; k++)
    for (let j = 1; j < ny - 1; j++)
      for (let i = 1; i < nx - 1; i++)
        for (let c = 0; c < 3; c++) {
          const at = c * count + i + nx * (j + ny * k);
          for (let n = 0; n < ENTRIES.length; n++) {
            const s = firsts[n]!;
            const t = seconds[n]!;
            hessian[n] =
              s === t
                ? data[at + s]! - 2 * data[at]! + data[at - s]!
                : (data[at + s + t]! - data[at + s - t]! - data[at - s + t]! + data[at - s - t]!) / 4;
          }
          sum += squaredInWorld(hessian, along);
        }
  return sum / ((nx - 2) * (ny - 2) * (nz - 2));
}

/**
 * The squared Frobenius norm of a Hessian in voxels (entries as in {@link ENTRIES}) after the change to world
 * coordinates.
 */
function squaredInWorld(hessian: Float64Array, along: readonly (readonly number[])[]): number {
  const xx = hessian[0]!;
  const yy = hessian[1]!;
  const zz = hessian[2]!;
  const xy = hessian[3]!;
  const xz = hessian[4]!;
  const yz = hessian[5]!;
  let squares = 0;
  for (let n = 0; n < ENTRIES.length; n++) {
    const entry = ENTRIES[n]!;
    const a = along[entry[0]]!;
    const b = along[entry[1]]!;
    const times = entry[2];
    const value =
      a[0]! * (xx * b[0]! + xy * b[1]! + xz * b[2]!) +
      a[1]! * (xy * b[0]! + yy * b[1]! + yz * b[2]!) +
      a[2]! * (xz * b[0]! + yz * b[1]! + zz * b[2]!);
    squares += times * value * value;
  }
  return squares;
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
