import {
  add,
  clip,
  concat,
  divide,
  exp,
  mean,
  multiply,
  reshape,
  smallest,
  square,
  subtract,
  type Tensor,
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
  const extent = volume.shape.slice(2);
  const neighbours = [2, 3, 4].map((axis) =>
    concat(
      [-dilation, dilation].map((by) => shifted(volume, axis, by, 'edge')),
      1,
    ),
  );
  // Both neighbours along one axis less both along another: four pairs at once.
  const fourPairs = (along: Tensor, across: Tensor): Tensor => {
    const each = subtract(reshape(along, [1, 2, 1, ...extent]), reshape(across, [1, 1, 2, ...extent]));
    return reshape(each, [1, 4, ...extent]);
  };
  const differences = neighbours.flatMap((along, axis) =>
    neighbours.slice(axis + 1).map((across) => fourPairs(along, across)),
  );
  const distances = boxMean(square(concat(differences, 1)), 2 * radius + 1);
  const variance = mean(distances, [1], true);
  const usual = weightedMean(variance, weight);
  // The last term is for a constant volume, where all of this is 0.
  const limited = add(multiply(clip(divide(variance, add(usual, TINY)), ...VARIANCE_LIMITS), usual), TINY);
  return exp(multiply(subtract(distances, smallest(distances, 1)), divide(-1, limited)));
}

const TINY = 1e-12;
