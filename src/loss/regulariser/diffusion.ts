import { z } from 'zod';
import { add, mean, multiply, slice, square, subtract, type Tensor } from '../../graph/index.ts';
import { AXES } from './differences.ts';
import { defineRegulariser } from './regulariser.ts';

/**
 * Smoothness of a field: the mean over the three axes of the mean squared forward difference (VoxelMorph's
 * `Grad('l2')`), which is 0 along an axis of one voxel.
 *
 * @param field [1, 3, D, H, W] in voxels, which makes the result free of units
 * @example const penalty = graph.multiply(smoothness(flow), 3)
 */
export function smoothness(field: Tensor): Tensor {
  const axes = AXES.filter((axis) => field.shape[axis]! > 1);
  const terms = axes.map((axis) => {
    const extent = field.shape[axis]!;
    return mean(square(subtract(slice(field, axis, 1, extent), slice(field, axis, 0, extent - 1))));
  });
  return terms.length > 0 ? multiply(terms.reduce(add), 1 / 3) : field.graph.scalar(0);
}

/** {@link smoothness} of the flow: the regulariser of VoxelMorph and of the paper. */
export const diffusion = defineRegulariser({
  name: 'diffusion',
  summary: 'mean squared gradient of the flow, as VoxelMorph and the paper have it',
  options: z.strictObject({}),
  weight: 1,
  build: ({ flow }) => smoothness(flow),
});
