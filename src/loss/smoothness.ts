import { add, mean, multiply, slice, square, subtract, type Tensor } from '../graph/index.ts';

/**
 * Smoothness of a field: the mean over the three axes of the mean squared forward difference (VoxelMorph's `Grad('l2')`).
 *
 * @param field [1, 3, D, H, W] in voxels, which makes the result free of units
 */
export function smoothness(field: Tensor): Tensor {
  const terms = [2, 3, 4].map((axis) => {
    const extent = field.shape[axis] as number;
    return mean(square(subtract(slice(field, axis, 1, extent), slice(field, axis, 0, extent - 1))));
  });
  return multiply(terms.reduce(add), 1 / 3);
}
