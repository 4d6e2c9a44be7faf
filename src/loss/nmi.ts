import { z } from 'zod';
import {
  add,
  divide,
  exp,
  gemm,
  log,
  multiply,
  negate,
  reshape,
  sigmoid,
  sqrt,
  square,
  subtract,
  sum,
  type Tensor,
} from '../graph/index.ts';
import { weightedMean } from '../neighbourhood/weightedMean.ts';
import { defineSimilarity } from './similarity.ts';

const options = z.strictObject({
  /** Bins of each intensity axis of the joint histogram. */
  bins: z.int().min(8).max(256).default(32),
});

/** Keeps logarithms and quotients finite where a bin is empty. */
const TRACE = 1e-10;
/** The logistic function of 1.702 t is the normal distribution function of t to within 0.01. */
const NORMAL = 1.702;
/** 1 / (2 σ²) of a window whose variance is that of a cubic B-spline, a third of a squared bin. */
const SHARPNESS = 1.5;

/**
 * Normalised mutual information, as 2 − (H(a) + H(b)) / H(a, b) (Studholme et al., Pattern Recognition 32(1), 1999). It
 * is 1 for independent volumes and smallest for volumes that determine one another. There it would be 0, but the
 * windows' width leaves about 0.5 with 32 bins. It asks only that equal tissue has equal intensity within each volume,
 * so the two may come from different devices.
 *
 * Entropies are those of a joint histogram of Parzen windows (Mattes et al., IEEE TMI 22(1), 2003; Thévenaz & Unser,
 * IEEE TIP 9(12), 2000): P[i, j] ∝ Σ over voxels w · k(a − i) · k(b − j). The window k is a Gaussian with the variance
 * of a cubic B-spline. Intensities are mapped to the bins by the normal distribution function with their weighted mean
 * and SD. Mutual information does not depend on such a map. Outliers need no clipping, and skewed intensities, such as
 * those of ultrasound, still fill most bins. No randomness.
 */
export const nmi = defineSimilarity({
  name: 'nmi',
  summary: 'normalised mutual information, for scans of different modality',
  options,
  // Neither weight was tuned.
  smoothness: 0.5,
  refinementSmoothness: 2,
  build(moved, fixed, { bins }, _random, weight) {
    const a = windows(moved, bins, weight);
    const b = windows(fixed, bins, weight);
    const counted = weight ? multiply(a, reshape(weight, [1, weight.count])) : a;
    const counts = gemm(counted, b, { transposeB: true });
    const joint = divide(counts, add(sum(counts), TRACE));
    const marginals = add(entropy(sum(joint, [1])), entropy(sum(joint, [0])));
    return subtract(2, divide(add(marginals, TRACE), add(entropy(joint), TRACE)));
  },
});

/** How much each voxel belongs to each bin: [1, 1, D, H, W] → [bins, D · H · W]. */
function windows(x: Tensor, bins: number, weight: Tensor | undefined): Tensor {
  const mean = weightedMean(x, weight);
  const centred = subtract(x, mean);
  const sd = sqrt(add(weightedMean(square(centred), weight), TRACE));
  const share = sigmoid(multiply(divide(centred, sd), NORMAL));
  // One bin is left free at either end, so that windows there are not cut.
  const position = add(multiply(share, bins - 3), 1);
  const centres = x.graph.constant(
    Array.from({ length: bins }, (_, bin) => bin),
    [bins, 1],
  );
  return exp(multiply(square(subtract(reshape(position, [1, x.count]), centres)), -SHARPNESS));
}

/** −Σ p log p. */
function entropy(p: Tensor): Tensor {
  return negate(sum(multiply(p, log(add(p, TRACE)))));
}
