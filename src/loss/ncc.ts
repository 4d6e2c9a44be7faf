import { z } from 'zod';
import { add, clip, concat, divide, multiply, negate, slice, square, subtract, type Tensor } from '../graph/index.ts';
import { weightedMean } from '../neighbourhood/weightedMean.ts';
import { boxSum } from '../neighbourhood/windows.ts';
import { defineSimilarity } from './similarity.ts';

const options = z.strictObject({
  /** Edge of the cubic window in voxels, odd. */
  window: z
    .int()
    .min(3)
    .refine((width) => width % 2 === 1, 'must be odd')
    .default(9),
  /**
   * Added to the product of variances (VoxelMorph: 1e-5). At 1, rounding in constant parts of z-scored volumes has no
   * say.
   */
  epsilon: z.number().positive().default(1),
});

/**
 * Local normalised cross-correlation, negative: −mean over voxels of cov² / (var · var + ε). Sums are over a cubic
 * window, with zeros outside the volume (VoxelMorph's NCC; Avants et al., Medical Image Analysis 12(1), 2008). Between
 * −1 (alike up to local brightness and contrast, in either sign) and 0. With weights, voxels outside count neither in a
 * window nor in the mean. Not normalised by the window: cov and var are sums over its voxels.
 */
export const ncc = defineSimilarity({
  name: 'ncc',
  summary: 'local normalised cross-correlation in a cubic window',
  options,
  smoothness: 3,
  refinementSmoothness: 12,
  build(moved, fixed, { window, epsilon }, _random, weight) {
    const a = weight ? multiply(moved, weight) : moved;
    const b = weight ? multiply(fixed, weight) : fixed;
    const products = [a, b, multiply(a, moved), multiply(b, fixed), multiply(a, fixed)];
    const stacked = concat(weight ? [...products, weight] : products, 1);
    const sums = boxSum(stacked, window);
    const [i, j, ii, jj, ij, w] = Array.from({ length: stacked.shape[1]! }, (_, k) => slice(sums, 1, k, k + 1)) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor?,
    ];
    // Voxels of the window, or their weights' sum; at least 1, so that empty windows give 0.
    const share = w ? divide(1, clip(w, 1, window ** 3)) : 1 / window ** 3;
    const centred = (product: Tensor, x: Tensor, y: Tensor): Tensor =>
      subtract(product, multiply(multiply(x, y), share));
    const covariance = centred(ij, i, j);
    // Rounding can make the variance of a constant window negative, which must not cancel ε.
    const variance = (product: Tensor, x: Tensor): Tensor => clip(centred(product, x, x), 0, 1e30);
    const variances = multiply(variance(ii, i), variance(jj, j));
    return negate(weightedMean(divide(square(covariance), add(variances, epsilon)), weight));
  },
});
