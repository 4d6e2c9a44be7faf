import {
  abs,
  add,
  clip,
  concat,
  gemm,
  matrix,
  multiply,
  scatterLast,
  sortLast,
  square,
  stopGradient,
  subtract,
  sum,
  type Tensor,
} from '../../graph/index.ts';

/** Exponent p of the ground cost |x − y|ᵖ. */
export type Order = 1 | 2;

/**
 * Distance of point sets on lines, closed form: Σ over ranks |sort(x) − sort(y)|ᵖ / n = W_pᵖ.
 *
 * The fixed points are sorted and put where the moved point of their rank stands, so the loss needs one sort a side and its gradient none:
 * between ties the matching does not change. At a tie this is one of the optimal matchings, and |·| has slope 0 at 0.
 *
 * @param moved,fixed [lines, n]
 * @returns [lines]
 */
export function sortedDistance(moved: Tensor, fixed: Tensor, order: Order): Tensor {
  const n = moved.shape[1] as number;
  const { order: ranks } = sortLast(moved);
  const target = stopGradient(scatterLast(ranks, sortLast(fixed).values));
  const difference = subtract(moved, target);
  return multiply(sum(order === 1 ? abs(difference) : square(difference), [1]), 1 / n);
}

/**
 * W1 of measures on a line from their distribution functions on evenly spaced bins: Σ |F − G| · width.
 *
 * @param difference F − G, any shape whose last axis counts bins
 * @returns sum over everything, a scalar
 */
export function binnedW1(difference: Tensor, width: number): Tensor {
  return multiply(sum(abs(difference)), width);
}

/**
 * W2² of measures on a line from their distribution functions, without sorting: for a convex cost h,
 * W_h = ∬_{x<y} h″(y − x) · ((F(x) − G(y))₊ + (G(x) − F(y))₊) dx dy, the mass that must cross from below x to above y or back.
 * With h = |·|² and steps of `width` it is 2 w² Σ_{i<j} (…) + w² Σ_i |F_i − G_i|.
 *
 * @param moved,fixed distribution functions, [measures, bins − 1]
 * @returns sum over measures, a scalar
 */
export function binnedW2(moved: Tensor, fixed: Tensor, width: number): Tensor {
  const cuts = moved.shape[1] as number;
  const pairs = Array.from({ length: cuts }, (_, i) =>
    Array.from({ length: cuts - 1 - i }, (_, k) => [i, i + 1 + k] as const),
  ).flat();
  const near = sum(abs(subtract(moved, fixed)));
  if (pairs.length === 0) return multiply(near, width ** 2);
  // Column 2k: F_i − G_j; column 2k + 1: G_i − F_j.
  const crossings = matrix(2 * cuts, 2 * pairs.length, (row, column) => {
    const [i, j] = pairs[column >> 1] as readonly [number, number];
    const back = column & 1;
    if (row === i + back * cuts) return 1;
    return row === j + (1 - back) * cuts ? -1 : 0;
  });
  const both = concat([moved, fixed], 1);
  const map = moved.graph.constant(crossings.values, [crossings.rows, crossings.columns]);
  const across = clip(gemm(both, map), 0, 1e30);
  return multiply(add(multiply(sum(across), 2), near), width ** 2);
}
