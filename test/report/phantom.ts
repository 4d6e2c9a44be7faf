import type { Labels, Mat4, Size, Vec3, Volume, Warp } from '../../src/volume/grid.ts';
import { applyToPoint } from '../../src/volume/matrix.ts';

/** 1.5 × 1 × 2 mm voxels, i to the left, j to anterior, k to superior, with the origin in the middle. */
export const size: Size = [16, 20, 12];
export const affine: Mat4 = [-1.5, 0, 0, 12, 0, 1, 0, -10, 0, 0, 2, -12, 0, 0, 0, 1];

/** Calls `at` with every voxel's index and world coordinates (RAS). */
function forEachVoxel(at: (index: number, world: Vec3) => void): void {
  for (let k = 0, index = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++, index++) at(index, applyToPoint(affine, [i, j, k]));
    }
  }
}

/** A bright ball with a darker core around a centre, in front of a slope. */
export function ball(centre: Vec3, radius: number): Volume {
  const data = new Float32Array(size[0] * size[1] * size[2]);
  forEachVoxel((index, [x, y, z]) => {
    const distance = Math.hypot(x - centre[0], y - centre[1], z - centre[2]);
    data[index] = 20 + 2 * y + (distance < radius ? 100 : 0) - (distance < radius / 2 ? 40 : 0);
  });
  return { size, affine, data };
}

/** The ball's two halves as labels 1 (anterior) and 2 (posterior). */
export function halves(centre: Vec3, radius: number): Labels {
  const data = new Int32Array(size[0] * size[1] * size[2]);
  forEachVoxel((index, [x, y, z]) => {
    if (Math.hypot(x - centre[0], y - centre[1], z - centre[2]) < radius) data[index] = y >= centre[1] ? 1 : 2;
  });
  return { size, affine, data };
}

/** A displacement given by a function of the RAS world point, in LPS millimetres. */
export function warp(u: (world: Vec3) => Vec3): Warp {
  const count = size[0] * size[1] * size[2];
  const data = new Float32Array(3 * count);
  forEachVoxel((index, world) => {
    u(world).forEach((value, component) => {
      data[component * count + index] = value;
    });
  });
  return { size, affine, data };
}
