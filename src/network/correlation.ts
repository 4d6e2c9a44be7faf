import { add, concat, divide, mean, multiply, sqrt, square, subtract, type Tensor } from '../graph/index.ts';
import { shiftedCopies } from './costVolume.ts';

/** Keeps features that are all alike finite. */
const TRACE = 1e-4;

/**
 * The correlation of two volumes' features over the channels, from −1 to 1. It is computed at each voxel for each shift
 * of the second volume by whole voxels. This is the cost volume of PWC-Net (Sun et al., CVPR 2018) in 3-D.
 * @param own [1, C, D, H, W]
 * @param other the same
 * @param reach longest shift along each axis, in voxels
 * @returns [1, (2·reach + 1)³, D, H, W], shifts in the order z, y, x
 */
export function correlation(own: Tensor, other: Tensor, reach: number): Tensor {
  const a = standardised(own);
  const shifted = shiftedCopies(standardised(other), reach);
  return concat(
    shifted.map((moved) => mean(multiply(a, moved), [1], true)),
    1,
  );
}

/** Features of zero mean and unit deviation over the channels of each voxel. */
function standardised(features: Tensor): Tensor {
  const centred = subtract(features, mean(features, [1], true));
  return divide(centred, sqrt(add(mean(square(centred), [1], true), TRACE)));
}
