import type { RegisteredPair } from './registerFiles.ts';

/** Below this correlation of registered intensities, their difference tells nothing. */
const LEAST_CORRELATION = 0.4;

/**
 * Whether the two images of a pair show different things: whether their intensities, where both have data and as well as they are
 * registered, rise together (Pearson's correlation). Images without anything in common count as two modalities.
 */
export function areTwoModalities({
  fixed,
  moved,
  before,
}: Pick<RegisteredPair, 'fixed' | 'moved' | 'before'>): boolean {
  return Math.max(correlation(fixed.data, moved.data), correlation(fixed.data, before.data)) < LEAST_CORRELATION;
}

/** Pearson's correlation over the voxels in which neither is 0; 0 where one of them is even. */
function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [n, sumA, sumB, squaresA, squaresB, products] = [0, 0, 0, 0, 0, 0];
  for (let index = 0; index < a.length; index++) {
    const [x, y] = [a[index]!, b[index]!];
    if (x === 0 || y === 0 || !Number.isFinite(x) || !Number.isFinite(y)) continue;
    n++;
    sumA += x;
    sumB += y;
    squaresA += x * x;
    squaresB += y * y;
    products += x * y;
  }
  const spread = (n * squaresA - sumA ** 2) * (n * squaresB - sumB ** 2);
  return spread > 0 ? (n * products - sumA * sumB) / Math.sqrt(spread) : 0;
}
