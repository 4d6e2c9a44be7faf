import {
  add,
  clip,
  concat,
  constantLike,
  divide,
  multiply,
  slice,
  sqrt,
  square,
  subtract,
  type Tensor,
} from '../graph/index.ts';
import { boxSum, gaussianSum, shifted } from '../neighbourhood/windows.ts';

/** Added to a local SD, in SDs of the z-scored volume: noise in flat parts stays small. */
const SOFTENING = 0.1;

/**
 * (x − m) / √(v + 0.1²). m and v are mean and variance over a cubic window around each voxel, of the voxels that lie
 * inside the volume and count. Apart from the 0.1, slow changes of brightness and contrast do not change it.
 */
export function locallyStandardised(x: Tensor, window: number, weight?: Tensor): Tensor {
  const counted = weight ?? constantLike(x, 1);
  const stacked = concat([multiply(x, counted), multiply(square(x), counted)], 1);
  const share = divide(1, clip(boxSum(counted, window), 1, 1e30));
  const means = multiply(boxSum(stacked, window), share);
  const m = slice(means, 1, 0, 1);
  // Rounding can make the variance of a constant window negative.
  const variance = clip(subtract(slice(means, 1, 1, 2), square(m)), 0, 1e30);
  return divide(subtract(x, m), sqrt(add(variance, SOFTENING ** 2)));
}

/** √(|∇(G_σ ∗ x)|² + 0.01²), intensity per voxel: smooth where it is 0. */
export function gradientMagnitude(x: Tensor, sigma: number, weight?: Tensor): Tensor {
  return sqrt(add(squaredGradient(x, sigma, weight), 1e-4));
}

/** |∇(G_σ ∗ x)|² from central differences, one-sided at the border of what counts; G_σ averages what counts. */
export function squaredGradient(x: Tensor, sigma: number, weight?: Tensor): Tensor {
  const counted = weight ?? constantLike(x, 1);
  const smooth =
    sigma > 0 ? divide(gaussianSum(multiply(x, counted), sigma), add(gaussianSum(counted, sigma), 1e-6)) : x;
  return [2, 3, 4].map((axis) => square(slope(smooth, axis, counted))).reduce(add);
}

/** Mean of the differences to both neighbours along an axis, of those that count. */
function slope(x: Tensor, axis: number, counted: Tensor): Tensor {
  const [forward, backward] = ([1, -1] as const).map((step) => {
    const counts = multiply(counted, shifted(counted, axis, step, 'zeros'));
    const difference = multiply(subtract(shifted(x, axis, step, 'zeros'), x), step);
    return { counts, sum: multiply(counts, difference) };
  }) as [{ counts: Tensor; sum: Tensor }, { counts: Tensor; sum: Tensor }];
  return divide(add(forward.sum, backward.sum), add(add(forward.counts, backward.counts), 1e-6));
}
