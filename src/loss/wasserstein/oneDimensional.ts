import {
  abs,
  add,
  clip,
  concat,
  gemm,
  type Matrix,
  matrix,
  multiply,
  scatterLast,
  sortLast,
  square,
  subtract,
  sum,
  type Tensor,
} from '../../graph/index.ts';

/** Exponent p of the ground cost |x − y|ᵖ. */
export type Order = 1 | 2;

/**
 * Distance of point sets on lines, closed form: Σ over ranks |sort(x) − sort(y)|ᵖ / n = W_pᵖ.
 *
 * The fixed points are sorted and put into the order of the moved points. So the loss needs one sort per side. Its
 * gradient needs none, because the matching does not change between ties. At a tie this is one of the optimal
 * matchings, and |·| has slope 0 at 0.
 *
 * @param moved,fixed [lines, n]
 * @returns [lines]
 */
export function sortedDistance(moved: Tensor, fixed: Tensor, order: Order): Tensor {
  const n = moved.shape[1]!;
  const { order: ranks } = sortLast(moved);
  const target = scatterLast(ranks, sortLast(fixed).values);
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
 * W2² of measures on a line from their distribution functions, without sorting. For a convex cost h it counts the mass
 * that must cross from below x to above y or back: W_h = ∬_{x<y} h″(y − x) · ((F(x) − G(y))₊ + (G(x) − F(y))₊) dx dy.
 * With h = |·|² and steps of `width` it is 2 w² Σ_{i<j} (…) + w² Σ_i |F_i − G_i|.
 *
 * @param moved,fixed distribution functions, [measures, bins − 1]
 * @param crossings of {@link crossingsOf} for as many distribution values
 * @returns sum over measures, a scalar
 */
export function binnedW2(moved: Tensor, fixed: Tensor, width: number, crossings: Matrix): Tensor {
  const near = sum(abs(subtract(moved, fixed)));
  if (crossings.columns === 0) return multiply(near, width ** 2);
  const map = moved.graph.constant(crossings.values, [crossings.rows, crossings.columns]);
  const across = clip(gemm(concat([moved, fixed], 1), map), 0, 1e30);
  return multiply(add(multiply(sum(across), 2), near), width ** 2);
}

/** The map from [F, G] to all F_i − G_j and G_i − F_j with i < j, in turn: [2 · cuts, cuts · (cuts − 1)]. */
export function crossingsOf(cuts: number): Matrix {
  const pairs = Array.from({ length: cuts }, (_, i) =>
    Array.from({ length: cuts - 1 - i }, (_, k) => [i, i + 1 + k] as const),
  ).flat();
  return matrix(2 * cuts, 2 * pairs.length, (row, column) => {
    const [i, j] = pairs[column >> 1] as readonly [number, number];
    const back = column & 1;
    if (row === i + back * cuts) return 1;
    return row === j + (1 - back) * cuts ? -1 : 0;
  });
}
