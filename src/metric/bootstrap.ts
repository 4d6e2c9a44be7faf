import { randomStream } from '../random.ts';
import { percentiles } from '../volume/percentile.ts';

/** A value that belongs to two cases, as the difference of two methods on a pair does. */
export interface PairValue {
  readonly fixed: string;
  readonly moving: string;
  readonly value: number;
}

/** A mean with what resampling says of it. */
export interface BootstrapMean {
  readonly mean: number;
  /** The 2.5th and the 97.5th percentile of the resampled means. */
  readonly low: number;
  readonly high: number;
  /** Two-sided: twice the smaller share of resampled means on either side of 0, at least 2 / (resamples + 1). */
  readonly p: number;
}

/**
 * Bootstrap of the mean over pairs in which cases recur (the pigeonhole bootstrap: Owen, Annals of Applied Statistics
 * 1(2), 2007). Cases are drawn with replacement, not pairs. A pair counts as often as one of its cases was drawn times
 * the other. It is somewhat conservative. A signed-rank test of the pairs takes them for
 * independent, and its p is too small. Randomness: the stream (`seed`, 'bootstrap').
 * @example
 * const { low, high, p } = pigeonholeBootstrap([
 *   { fixed: 'a', moving: 'b', value: 0.02 },
 *   { fixed: 'b', moving: 'c', value: 0.01 },
 * ])
 */
export function pigeonholeBootstrap(pairs: readonly PairValue[], seed = 1, resamples = 10_000): BootstrapMean {
  const ids = [...new Set(pairs.flatMap(({ fixed, moving }) => [fixed, moving]))].sort();
  const places = new Map(ids.map((id, place) => [id, place]));
  const indexed = pairs.map(({ fixed, moving, value }) => ({
    fixed: places.get(fixed)!,
    moving: places.get(moving)!,
    value,
  }));
  const random = randomStream(seed, 'bootstrap');
  const drawn = new Float64Array(ids.length);
  const means: number[] = [];
  for (let n = 0; n < resamples; n++) {
    drawn.fill(0);
    for (let i = 0; i < ids.length; i++) drawn[random.integer(ids.length)]! += 1;
    let sum = 0;
    let weight = 0;
    for (const { fixed, moving, value } of indexed) {
      // A pair of one case's own images counts as often as the case.
      const times = fixed === moving ? drawn[fixed]! : drawn[fixed]! * drawn[moving]!;
      sum += times * value;
      weight += times;
    }
    if (weight > 0) means.push(sum / weight);
  }
  const [low, high] = percentiles(means, [2.5, 97.5]) as [number, number];
  const share = (holds: (value: number) => boolean): number => (means.filter(holds).length + 1) / (means.length + 1);
  return {
    mean: pairs.reduce((sum, { value }) => sum + value, 0) / pairs.length,
    low,
    high,
    p: Math.min(
      1,
      2 *
        Math.min(
          share((value) => value <= 0),
          share((value) => value >= 0),
        ),
    ),
  };
}

/**
 * p values made larger for their number: Holm, Scandinavian Journal of Statistics 6(2), 1979. In the order given.
 * @example const corrected = holm([0.01, 0.04, 0.03])
 */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, index) => index).sort((a, b) => ps[a]! - ps[b]!);
  const out = new Array<number>(ps.length);
  let least = 0;
  order.forEach((index, rank) => {
    least = Math.max(least, Math.min(1, ps[index]! * (ps.length - rank)));
    out[index] = least;
  });
  return out;
}
