import type { Order } from './oneDimensional.ts';

/**
 * W_pᵖ of two measures on the same evenly spaced bins, by moving mass from bin to bin from left to right (the optimal
 * way on a line).
 *
 * @param moved,fixed distribution functions at all bins but the last, where both are 1
 * @param width distance of neighbouring bins
 */
export function transportCost(moved: ArrayLike<number>, fixed: ArrayLike<number>, width: number, order: Order): number {
  const cuts = moved.length;
  let cost = 0;
  let carried = 0;
  for (let i = 0, j = 0; i <= cuts && j <= cuts; ) {
    const endOfMoved = i < cuts ? moved[i]! : 1;
    const endOfFixed = j < cuts ? fixed[j]! : 1;
    const end = Math.min(endOfMoved, endOfFixed);
    // Rounding may let a distribution function fall a little.
    if (end > carried) {
      cost += (end - carried) * Math.abs((i - j) * width) ** order;
      carried = end;
    }
    if (endOfMoved <= endOfFixed) i++;
    if (endOfFixed <= endOfMoved) j++;
  }
  return cost;
}
