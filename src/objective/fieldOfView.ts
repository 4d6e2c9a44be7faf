import { multiply, type Tensor } from '../graph/index.ts';
import { warpMask } from '../network/spatialTransformer.ts';

/**
 * What counts in a similarity: 1 where both volumes have data under a displacement, else 0. It has no gradient.
 *
 * @param fixedMask [1, 1, D, H, W] of zeros and ones
 * @param movingMask the same on the moving volume's grid
 * @param displacement [1, 3, D, H, W] in voxels of the moving volume
 */
export function fieldOfView(fixedMask: Tensor, movingMask: Tensor, displacement: Tensor): Tensor {
  return multiply(fixedMask, warpMask(movingMask, displacement));
}

/** The same with masks on the fixed volume's grid that are fed: the inputs `fixed_mask` and `moving_mask`. */
export function fedFieldOfView({ graph, shape }: Tensor, displacement: Tensor): Tensor {
  return fieldOfView(graph.input('fixed_mask', shape), graph.input('moving_mask', shape), displacement);
}
