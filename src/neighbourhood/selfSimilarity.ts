import {
  add,
  clip,
  concat,
  divide,
  exp,
  less,
  mean,
  multiply,
  split,
  square,
  subtract,
  type Tensor,
  where,
} from '../graph/index.ts';
import { weightedMean } from './weightedMean.ts';
import { boxMean, shifted } from './windows.ts';

/** Which patches are compared. */
export interface SelfSimilarityOptions {
  /** Patches that are compared reach so many voxels from their centre: (2 · radius + 1)³ voxels. */
  readonly radius: number;
  /** Voxels from the voxel described to the centres of the patches around it. */
  readonly dilation: number;
}

/**
 * Limits of the local variance, as multiples of its mean over the volume: noise in flat parts is not blown up to
 * structure.
 */
const VARIANCE_LIMITS = [1e-3, 1e3] as const;

/**
 * Self-similarity context, the descriptor of MIND-SSC. Around a voxel x lie six patches, at x ± dilation along each
 * axis. Twelve pairs (p, q) of them are next to each other, √2 · dilation apart. Each pair is described by the
 * similarity of its patches:
 *
 *   D_pq(x) = mean over a patch of (I(p + o) − I(q + o))²,   d_pq(x) = exp(−(D_pq(x) − min D(x)) / V(x)),
 *
 * V(x) the mean of the twelve D, limited to [0.001, 1000] times its own mean over the volume. Between 0 and 1, and the
 * most alike pair has 1. Intensities only enter as differences of a volume with itself, relative to V: a · I + b has
 * the same descriptors for any a ≠ 0. Beyond the volume its border goes on.
 *
 * @param volume [1, 1, D, H, W]
 * @param weight [1, 1, D, H, W], voxels that count in the mean of V
 * @returns [1, 12, D, H, W]
 */
export function selfSimilarityContext(
  volume: Tensor,
  { radius, dilation }: SelfSimilarityOptions,
  weight?: Tensor,
): Tensor {
  const neighbours = [2, 3, 4].map((axis) => [-dilation, dilation].map((by) => shifted(volume, axis, by, 'edge')));
  const differences = neighbours.flatMap((along, axis) =>
    neighbours.slice(axis + 1).flatMap((across) => along.flatMap((p) => across.map((q) => subtract(p, q)))),
  );
  const distances = boxMean(square(concat(differences, 1)), 2 * radius + 1);
  const variance = mean(distances, [1], true);
  const usual = weightedMean(variance, weight);
  // The last term is for a constant volume, where all of this is 0.
  const limited = add(multiply(clip(divide(variance, add(usual, TINY)), ...VARIANCE_LIMITS), usual), TINY);
  return exp(multiply(subtract(distances, smallestChannel(distances)), divide(-1, limited)));
}

const TINY = 1e-12;

/** Smallest of twelve channels: halves against each other, then the last three one by one. */
function smallestChannel(x: Tensor): Tensor {
  const halves = (y: Tensor): Tensor => {
    const half = y.shape[1]! / 2;
    return minimum(...(split(y, 1, [half, half]) as [Tensor, Tensor]));
  };
  return split(halves(halves(x)), 1, [1, 1, 1]).reduce(minimum);
}

function minimum(a: Tensor, b: Tensor): Tensor {
  return where(less(a, b), a, b);
}
