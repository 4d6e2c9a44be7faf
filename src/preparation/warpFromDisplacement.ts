import type { Grid, Warp } from '../volume/grid.ts';
import { applyToPoint, column, invert, multiply } from '../volume/matrix.ts';
import { clampTo, sampleVector } from '../volume/warp.ts';

/** A displacement between two network grids. */
export interface GridDisplacement {
  /**
   * [3, nz, ny, nx], voxels, components z, y, x: voxel v of `fixedGrid` corresponds to voxel v + u(v) of `movingGrid`.
   */
  readonly displacement: Float32Array;
  readonly fixedGrid: Grid;
  readonly movingGrid: Grid;
}

/**
 * The one place where network displacements become millimetres: the warp on the fixed image's own grid, LPS,
 * fixed point → moving point. It contains the start alignment, which lies in the difference of the two network grids.
 * Between network voxels the displacement is interpolated linearly; outside the network's grid its border value holds.
 */
export function warpFromDisplacement({ displacement, fixedGrid, movingGrid }: GridDisplacement, fixed: Grid): Warp {
  const [nx, ny, nz] = fixed.size;
  const count = nx * ny * nz;
  const data = new Float32Array(3 * count);
  const toGrid = multiply(invert(fixedGrid.affine), fixed.affine);
  const stepGrid = column(toGrid, 0);
  const stepWorld = column(fixed.affine, 0);
  const m = movingGrid.affine as number[];
  const u: [number, number, number] = [0, 0, 0];
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      const start = applyToPoint(toGrid, [0, j, k]);
      const world = applyToPoint(fixed.affine, [0, j, k]);
      for (let i = 0; i < nx; i++, n++) {
        const gx = start[0] + i * stepGrid[0];
        const gy = start[1] + i * stepGrid[1];
        const gz = start[2] + i * stepGrid[2];
        // Components lie in the order of the array's axes: z, y, x.
        sampleVector(displacement, fixedGrid.size, clampTo(fixedGrid.size, [gx, gy, gz]), u);
        const x = gx + u[2];
        const y = gy + u[1];
        const z = gz + u[0];
        const mx = m[0]! * x + m[1]! * y + m[2]! * z + m[3]!;
        const my = m[4]! * x + m[5]! * y + m[6]! * z + m[7]!;
        const mz = m[8]! * x + m[9]! * y + m[10]! * z + m[11]!;
        // RAS to LPS: the first two components change sign.
        data[n] = world[0] + i * stepWorld[0] - mx;
        data[n + count] = world[1] + i * stepWorld[1] - my;
        data[n + 2 * count] = mz - (world[2] + i * stepWorld[2]);
      }
    }
  return { size: fixed.size, affine: fixed.affine, data };
}
