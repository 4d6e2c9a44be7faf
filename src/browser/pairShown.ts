import type { PreparedPair } from '../training/augmentation.ts';
import { linearRow } from '../volume/interpolate.ts';
import type { PairShown } from './trainingProtocol.ts';

/**
 * A pair as the network sees it, and its moving volume moved.
 * @param displacement [3, nz, ny, nx] in voxels, components z, y, x
 */
export function pairShown({ fixed, moving }: PreparedPair, displacement: Float32Array): PairShown {
  const { size } = fixed.grid;
  const [nx, ny, nz] = size;
  const count = nx * ny * nz;
  const moved = new Float32Array(count);
  const row = new Float64Array(3 * nx);
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++, n += nx) {
      for (let i = 0; i < nx; i++) {
        row[3 * i] = i + displacement[n + i + 2 * count]!;
        row[3 * i + 1] = j + displacement[n + i + count]!;
        row[3 * i + 2] = k + displacement[n + i]!;
      }
      linearRow(moving.values, 0, size, row, 'edge', moved, n);
    }
  // What is told goes over to the page: the training keeps its own.
  return { size, fixed: fixed.values.slice(), moving: moving.values.slice(), moved };
}
