import { z } from 'zod';
import {
  add,
  clip,
  concat,
  constantLike,
  divide,
  multiply,
  negate,
  slice,
  sqrt,
  square,
  subtract,
  sum,
  type Tensor,
} from '../graph/index.ts';
import { boxSum, standardised } from '../neighbourhood/windows.ts';
import { gradientMagnitude } from './localContrast.ts';
import { defineSimilarity } from './similarity.ts';

/** Added to variances, in those of the whole volume: above what rounding leaves in flat windows, below anatomy. */
const FLOOR = 1e-4;
/**
 * Added to the variances of both regressors, as a share of them: keeps the fit stable where one nearly repeats the
 * other.
 */
const RIDGE = 1e-3;

const options = z.strictObject({
  /** Edge of the cubic window in voxels, odd. */
  window: z
    .int()
    .min(3)
    .refine((width) => width % 2 === 1, 'must be odd')
    .default(7),
  /** Which of the two volumes is the ultrasound; the other is the MRI. */
  ultrasound: z.enum(['fixed', 'moving']).default('fixed'),
  /** SD in voxels of the Gaussian before the MRI's gradient; 0: none. */
  sigma: z.number().min(0).default(0),
  /** What a window counts by: the variance of its ultrasound, or the SD. */
  weighting: z.enum(['variance', 'sd']).default('variance'),
});

/**
 * LC², linear correlation of linear combinations, negative: for MRI and ultrasound (Wein et al., MICCAI 2013; Fuerst et
 * al., Medical Image Analysis 18(8), 2014). In a cubic window around each voxel the ultrasound u is fitted by least
 * squares from the MRI p and its gradient's magnitude g,
 *
 *     min over a, b, c of Σ (u − a·p − b·g − c)²,   R² = 1 − residual variance / variance of u,
 *
 * since ultrasound shows tissue by its brightness and interfaces by their echo, each with a factor of its own. The loss
 * is −Σ_x v(x)·R²(x) / Σ_x v(x). The weight v is the variance (or SD) of u in the window, times the share of the window
 * that counts. The loss lies between −1, where u is explained everywhere, and 0. It does not change under affine maps
 * of either volume. Windows in which u is constant have no say, nor have voxels without weight.
 *
 * Both volumes [1, 1, D, H, W]. Closed form: the covariances of u, p and g from box sums, the 2×2 normal equations with
 * a ridge of a thousandth.
 */
export const lc2 = defineSimilarity({
  name: 'lc2',
  summary: 'MRI and ultrasound: the share of the ultrasound that MRI and its gradient explain, window by window',
  options,
  smoothness: 1,
  refinementSmoothness: 30,
  build(moved, fixed, { window, ultrasound, sigma, weighting }, _random, weight) {
    const [us, mri] = ultrasound === 'fixed' ? [fixed, moved] : [moved, fixed];
    const counted = weight ?? constantLike(fixed, 1);
    const u = standardised(us, weight);
    const p = standardised(mri, weight);
    const g = standardised(gradientMagnitude(p, sigma, weight), weight);
    const { filled, uu, pp, gg, up, ug, pg } = covariances({ u, p, g }, counted, window);
    const explained = explainedVariance({ pp, gg, up, ug, pg });
    const share = divide(explained, add(uu, FLOOR));
    const importance = weighting === 'variance' ? uu : divide(uu, sqrt(add(uu, FLOOR)));
    const importances = multiply(multiply(importance, filled), counted);
    return negate(divide(sum(multiply(importances, share)), add(sum(importances), 1e-6)));
  },
});

/** (Co)variances over the window around each voxel, [1, 1, D, H, W] each, and the share of the window that counts. */
interface Covariances {
  readonly filled: Tensor;
  readonly uu: Tensor;
  readonly pp: Tensor;
  readonly gg: Tensor;
  readonly up: Tensor;
  readonly ug: Tensor;
  readonly pg: Tensor;
}

function covariances(
  { u, p, g }: { readonly u: Tensor; readonly p: Tensor; readonly g: Tensor },
  counted: Tensor,
  window: number,
): Covariances {
  const [cu, cp, cg] = [u, p, g].map((x) => multiply(x, counted)) as [Tensor, Tensor, Tensor];
  const products = [cu, cp, cg, ...[cu, cp, cg].map((x, k) => multiply(x, [u, p, g][k] as Tensor))];
  const mixed = [multiply(cu, p), multiply(cu, g), multiply(cp, g)];
  const sums = boxSum(concat([counted, ...products, ...mixed], 1), window);
  const channel = (k: number): Tensor => slice(sums, 1, k, k + 1);
  const count = channel(0);
  const perVoxel = divide(1, clip(count, 1, 1e30));
  const mean = (k: number): Tensor => multiply(channel(k), perVoxel);
  const [mu, mp, mg] = [mean(1), mean(2), mean(3)];
  // Rounding can make the variance of a constant window negative.
  const variance = (k: number, m: Tensor): Tensor => clip(subtract(mean(k), square(m)), 0, 1e30);
  return {
    filled: multiply(count, 1 / window ** 3),
    uu: variance(4, mu),
    pp: variance(5, mp),
    gg: variance(6, mg),
    up: subtract(mean(7), multiply(mu, mp)),
    ug: subtract(mean(8), multiply(mu, mg)),
    pg: subtract(mean(9), multiply(mp, mg)),
  };
}

/** cᵀ (A + ridge)⁻¹ c with A the covariance of the regressors and c theirs with u: at most the variance of u. */
function explainedVariance({ pp, gg, up, ug, pg }: Omit<Covariances, 'filled' | 'uu'>): Tensor {
  const scale = (variance: Tensor): Tensor => divide(1, sqrt(add(multiply(variance, 1 + RIDGE), FLOOR)));
  const [sp, sg] = [scale(pp), scale(gg)];
  const [a, b, r] = [multiply(up, sp), multiply(ug, sg), multiply(multiply(pg, sp), sg)];
  const both = subtract(add(square(a), square(b)), multiply(multiply(multiply(a, b), r), 2));
  return divide(both, clip(subtract(1, square(r)), RIDGE, 1));
}
