import { UserError } from '../errors.ts';
import type { Grid, Size, Volume, Warp } from '../volume/grid.ts';
import { flipRasLps, multiply, translation } from '../volume/matrix.ts';
import { defineMeasure } from './measure.ts';

/** Whether a grid has voxels with neighbours on both sides along every axis, which the Jacobian needs. */
export function hasInterior({ size }: Grid): boolean {
  return Math.min(...size) >= 3;
}

/**
 * The determinant of the Jacobian of φ(p) = p + u(p) by central differences: by how much volume grows, 0 or less where
 * space folds. Derivatives are with respect to world coordinates, so spacing and obliqueness are respected.
 * @returns the interior voxels only: one voxel less on each side of every axis, on the accordingly cropped grid.
 * @throws UserError when an axis has fewer than 3 voxels.
 * @example await writeVolume('jacobian.nii.gz', jacobianDeterminant(field))
 */
export function jacobianDeterminant(warp: Warp): Volume {
  const { size, affine, data } = warp;
  const lps = multiply(flipRasLps, affine);
  const base = [0, 1, 2].map((c) => [lps[4 * c]!, lps[4 * c + 1]!, lps[4 * c + 2]!]);
  return {
    size: [size[0] - 2, size[1] - 2, size[2] - 2],
    affine: multiply(affine, translation([1, 1, 1])),
    data: interiorDeterminants(data, size, base),
  };
}

/**
 * The same for a displacement in voxels, [3, nz, ny, nx], whose components follow the axes of the array: z, y, x.
 * @returns the interior voxels, [nz − 2, ny − 2, nx − 2].
 * @throws UserError when an axis has fewer than 3 voxels.
 */
export function voxelJacobianDeterminant(displacement: Float32Array, size: Size): Float32Array {
  return interiorDeterminants(displacement, size, [
    [0, 0, 1],
    [0, 1, 0],
    [1, 0, 0],
  ]);
}

/**
 * det(base + D) / det(base), where D[c][axis] is the derivative of component c along x, y, z in voxels, and `base`
 * holds the same derivatives of the identity.
 */
function interiorDeterminants(u: Float32Array, size: Size, base: readonly (readonly number[])[]): Float32Array {
  const [nx, ny, nz] = size;
  const count = nx * ny * nz;
  if (u.length !== 3 * count) {
    throw new RangeError(`${u.length} values do not make a displacement field of ${size.join('×')} voxels.`);
  }
  if (Math.min(nx, ny, nz) < 3) {
    const shape = size.join('×');
    throw new UserError(
      `A displacement field of ${shape} voxels has no interior, which the Jacobian needs (3 voxels along every axis); give one of more slices.`,
    );
  }
  const [b00, b01, b02, b10, b11, b12, b20, b21, b22] = base.flat() as Nine;
  const unit = determinant3(b00, b01, b02, b10, b11, b12, b20, b21, b22);
  const [sy, sz] = [nx, nx * ny];
  const half = (at: number, step: number): number => (u[at + step]! - u[at - step]!) / 2;
  const out = new Float32Array((nx - 2) * (ny - 2) * (nz - 2));
  for (let k = 1, n = 0; k < nz - 1; k++) {
    for (let j = 1; j < ny - 1; j++) {
      for (let i = 1; i < nx - 1; i++, n++) {
        const p = i + sy * j + sz * k;
        const q = p + count;
        const r = q + count;
        const det = determinant3(
          b00 + half(p, 1),
          b01 + half(p, sy),
          b02 + half(p, sz),
          b10 + half(q, 1),
          b11 + half(q, sy),
          b12 + half(q, sz),
          b20 + half(r, 1),
          b21 + half(r, sy),
          b22 + half(r, sz),
        );
        out[n] = det / unit;
      }
    }
  }
  return out;
}

type Nine = [number, number, number, number, number, number, number, number, number];

function determinant3(
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  g: number,
  h: number,
  i: number,
): number {
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

/**
 * The share of determinants that are 0 or less, in percent: where the deformation folds.
 * @example const folded = foldedPercent(jacobianDeterminant(field).data)
 */
export function foldedPercent(determinants: ArrayLike<number>): number {
  let folded = 0;
  for (let i = 0; i < determinants.length; i++) if (!(determinants[i]! > 0)) folded++;
  return (100 * folded) / determinants.length;
}

/**
 * The standard deviation (dividing by n) of the natural logarithm of the determinants. They are first clipped to
 * `[1e-9, 1e9]`. It is 0 if volume grows by the same factor everywhere. Learn2Reg's evaluation code adds 3 to the
 * determinant before it clips; its numbers are therefore smaller and not comparable.
 * @example const sd = sdLogJacobian(jacobianDeterminant(field).data)
 */
export function sdLogJacobian(determinants: ArrayLike<number>): number {
  const logs = new Float64Array(determinants.length);
  let sum = 0;
  for (let i = 0; i < logs.length; i++) {
    logs[i] = Math.log(Math.min(Math.max(determinants[i]!, 1e-9), 1e9));
    sum += logs[i]!;
  }
  const mean = sum / logs.length;
  let squares = 0;
  for (const value of logs) squares += (value - mean) ** 2;
  return Math.sqrt(squares / logs.length);
}

/** {@link foldedPercent} as a measure. */
export const foldedShare = defineMeasure({
  key: 'foldedPercent',
  name: 'folded',
  title: 'folded voxels',
  summary: 'share of voxels where the deformation folds',
  unit: '%',
  digits: 3,
  better: 'less',
  watched: true,
  needs: 'warp',
  of: ({ determinants }) => foldedPercent(determinants),
});

/** {@link sdLogJacobian} as a measure. */
export const roughness = defineMeasure({
  key: 'sdLogJacobian',
  name: 'SD log J',
  title: 'SD of log Jacobian',
  summary: 'standard deviation of the logarithm of the Jacobian determinants',
  digits: 4,
  needs: 'warp',
  of: ({ determinants }) => sdLogJacobian(determinants),
});
