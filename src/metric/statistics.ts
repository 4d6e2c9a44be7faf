import { percentiles } from '../volume/percentile.ts';

/** The arithmetic mean; NaN without values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sample standard deviation, dividing by n − 1; NaN for fewer than two values. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** The percentile (0 to 100) with linear interpolation, as numpy.percentile; NaN without values. */
export function percentile(values: ArrayLike<number>, percent: number): number {
  return percentiles(values, [percent])[0]!;
}

/** The median; NaN without values. */
export function median(values: ArrayLike<number>): number {
  return percentile(values, 50);
}

/**
 * Pearson's correlation of paired values; 0 where either is constant.
 * @param counts which pairs count, by index; all when left out
 */
export function correlation(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  counts: (index: number) => boolean = () => true,
): number {
  let [n, sumA, sumB, squaresA, squaresB, products] = [0, 0, 0, 0, 0, 0];
  for (let index = 0; index < a.length; index++) {
    if (!counts(index)) continue;
    const [x, y] = [a[index]!, b[index]!];
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

/** The result of a paired test. */
interface PairedTest {
  /** The smaller of the two rank sums, of the positive and of the negative differences. */
  readonly statistic: number;
  /** Two-sided p value; 1 when no pair differs. */
  readonly p: number;
  /** Pairs that differ. */
  readonly n: number;
  readonly method: 'exact' | 'normal';
}

/**
 * Wilcoxon's signed-rank test of paired values (Wilcoxon, Biometrics Bulletin 1(6), 1945), two-sided.
 *
 * Pairs without a difference, or in which a value is NaN, are left out; equal differences share their mean rank. With
 * at most 25 differing pairs and no equal differences p is exact: the rank sums of all 2ⁿ signs are counted. Otherwise
 * p comes from the normal distribution with the tie correction of the variance and a continuity correction of ½, as
 * `scipy.stats.wilcoxon(correction=True, method='approx')` has it.
 * @example const { p } = wilcoxonSignedRank([0.72, 0.75, 0.71], [0.7, 0.73, 0.72])
 */
export function wilcoxonSignedRank(a: readonly number[], b: readonly number[]): PairedTest {
  if (a.length !== b.length) throw new RangeError(`${a.length} and ${b.length} values do not pair up.`);
  const differences = a
    .map((value, i) => value - b[i]!)
    .filter((difference) => difference !== 0 && !Number.isNaN(difference));
  const n = differences.length;
  if (n === 0) return { statistic: 0, p: 1, n, method: 'exact' };
  const { ranks, tieTerm } = rankMagnitudes(differences);
  const positive = ranks.reduce((sum, rank, i) => (differences[i]! > 0 ? sum + rank : sum), 0);
  const total = (n * (n + 1)) / 2;
  const statistic = Math.min(positive, total - positive);
  if (n <= 25 && tieTerm === 0) return { statistic, p: exactP(statistic, n), n, method: 'exact' };
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - tieTerm / 48;
  const z = Math.max(total / 2 - statistic - 0.5, 0) / Math.sqrt(variance);
  return { statistic, p: complementaryError(z / Math.SQRT2), n, method: 'normal' };
}

/** Ranks 1 … n of the magnitudes, equal ones sharing their mean, and Σ (t³ − t) over groups of t equal ones. */
function rankMagnitudes(differences: readonly number[]): { ranks: number[]; tieTerm: number } {
  const magnitudes = differences.map(Math.abs);
  const order = magnitudes.map((_, i) => i).sort((i, j) => magnitudes[i]! - magnitudes[j]!);
  const ranks = new Array<number>(order.length);
  let tieTerm = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && magnitudes[order[to]!] === magnitudes[order[from]!]) to++;
    for (let place = from; place < to; place++) ranks[order[place]!] = (from + 1 + to) / 2;
    const tied = to - from;
    tieTerm += tied ** 3 - tied;
    from = to;
  }
  return { ranks, tieTerm };
}

/** 2 · P(W ≤ statistic) when each rank 1 … n is positive with probability ½. */
function exactP(statistic: number, n: number): number {
  const ways = new Float64Array((n * (n + 1)) / 2 + 1);
  ways[0] = 1;
  for (let rank = 1; rank <= n; rank++) {
    for (let sum = ways.length - 1; sum >= rank; sum--) ways[sum]! += ways[sum - rank]!;
  }
  const tail = ways.subarray(0, statistic + 1).reduce((sum, count) => sum + count, 0);
  return Math.min(1, (2 * tail) / 2 ** n);
}

/** erfc for x ≥ 0 with a relative error below 1.2e-7 (Press et al., Numerical Recipes, 2nd ed., section 6.2, erfcc). */
function complementaryError(x: number): number {
  const t = 1 / (1 + x / 2);
  const coefficients = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
    -1.26551223,
  ];
  const polynomial = coefficients.reduce((sum, coefficient) => sum * t + coefficient, 0);
  return t * Math.exp(polynomial - x * x);
}
