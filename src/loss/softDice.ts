import { abs, add, clip, concat, divide, multiply, subtract, sum, type Tensor } from '../graph/index.ts';

/** Keeps the quotient finite where a label is in neither volume. */
const TRACE = 1e-5;

/** The axes over which voxels lie in [1, L, D, H, W]. */
const SPACE = [2, 3, 4];

/**
 * A map of labels as one volume of zeros and ones a label.
 * @param map [1, 1, D, H, W] of whole numbers: 0 for what is no label, k for the k-th label
 * @returns [1, labels, D, H, W]
 */
export function oneHot(map: Tensor, labels: number): Tensor {
  const each = Array.from({ length: labels }, (_, k) => subtract(1, clip(abs(subtract(map, k + 1)), 0, 1)));
  return concat(each, 1);
}

/**
 * 1 minus the soft Dice of labels: 1 − Σₖ wₖ · 2·Σ m·f / (Σ m + Σ f) / Σₖ wₖ, with inner sums over voxels. It is
 * VoxelMorph's auxiliary loss (Balakrishnan et al., IEEE TMI 38(8), 2019). It is 0 if all weights are 0.
 * @param moved [1, L, D, H, W], how much of each label is at a voxel, from 0 to 1
 * @param fixed the same
 * @param weights [1, L, 1, 1, 1], how much each label counts
 * @returns a scalar (shape [])
 */
export function softDiceLoss(moved: Tensor, fixed: Tensor, weights: Tensor): Tensor {
  const total = add(sum(moved, SPACE, true), sum(fixed, SPACE, true));
  const overlap = divide(multiply(sum(multiply(moved, fixed), SPACE, true), 2), add(total, TRACE));
  return divide(sum(multiply(subtract(1, overlap), weights)), clip(sum(weights), TRACE, Number.MAX_SAFE_INTEGER));
}
