/**
 * Percentiles (0 to 100) with linear interpolation between the sorted values, as numpy.percentile computes them.
 * @returns one number for each of `percents`; NaN without values.
 */
export function percentiles(values: ArrayLike<number>, percents: readonly number[]): number[] {
  const sorted = new Float64Array(values).sort();
  return percents.map((percent) => {
    if (sorted.length === 0) return Number.NaN;
    const position = (percent / 100) * (sorted.length - 1);
    const below = Math.floor(position);
    const low = sorted[below]!;
    const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
    return low + (position - below) * (high - low);
  });
}
