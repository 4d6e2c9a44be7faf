import {
  add,
  concat,
  divide,
  mean,
  multiply,
  pad,
  slice,
  sqrt,
  square,
  subtract,
  type Tensor,
} from '../graph/index.ts';
import { extentOf } from './displacement.ts';

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
  const extent = extentOf(own);
  const rim = [0, 0, reach, reach, reach];
  const [a, b] = [standardised(own), pad(standardised(other), rim, rim)];
  const shifts = Array.from({ length: 2 * reach + 1 }, (_, n) => n);
  const alongAxis = (field: Tensor, axis: 0 | 1 | 2): Tensor[] =>
    shifts.map((shift) => slice(field, axis + 2, shift, shift + extent[axis]));
  const shifted = alongAxis(b, 0).flatMap((z) => alongAxis(z, 1).flatMap((y) => alongAxis(y, 2)));
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
