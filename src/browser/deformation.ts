import { hasInterior, jacobianDeterminant } from '../metric/jacobian.ts';
import type { Mat4, Volume, Warp } from '../volume/grid.ts';
import { multiply, scaling } from '../volume/matrix.ts';
import { linearWarp } from '../volume/warp.ts';
import type { Deformation } from './protocol.ts';

/** Vectors along an axis at most. */
const MOST = 48;

/**
 * What a warp does, in a form that is quickly drawn.
 * @param start what of it is only the start: RAS mm, fixed point → moving point
 */
export function deformationOf(warp: Warp, start: Mat4): Deformation {
  return { change: changeOf(warp), displacement: thinned(warp, start) };
}

function changeOf(warp: Warp): Volume {
  const { size, affine } = warp;
  const [nx, ny, nz] = size;
  const data = new Float32Array(nx * ny * nz).fill(Number.POSITIVE_INFINITY);
  if (!hasInterior(warp)) return { size, affine, data };
  const { data: determinants } = jacobianDeterminant(warp);
  for (let k = 1, from = 0; k < nz - 1; k++)
    for (let j = 1; j < ny - 1; j++)
      for (let i = 1; i < nx - 1; i++, from++) {
        const value = determinants[from]!;
        data[i + nx * (j + ny * k)] = value > 0 ? Math.log2(value) : Number.NaN;
      }
  return { size, affine, data };
}

/** The displacement beyond the start at one voxel in some. */
function thinned({ size, affine, data }: Warp, start: Mat4): Warp {
  const every = Math.ceil(Math.max(...size) / MOST);
  const [nx, ny, nz] = [Math.ceil(size[0] / every), Math.ceil(size[1] / every), Math.ceil(size[2] / every)];
  const voxels = size[0] * size[1] * size[2];
  const thin = linearWarp({ size: [nx, ny, nz], affine: multiply(affine, scaling([every, every, every])) }, start);
  for (let c = 0, to = 0; c < 3; c++)
    for (let k = 0; k < nz; k++)
      for (let j = 0; j < ny; j++)
        for (let i = 0; i < nx; i++) {
          const from = c * voxels + every * (i + size[0] * (j + size[1] * k));
          thin.data[to] = data[from]! - thin.data[to]!;
          to++;
        }
  return thin;
}
