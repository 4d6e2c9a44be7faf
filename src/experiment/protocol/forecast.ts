import { mean } from '../../metric/statistics.ts';

/** What is known of a training that is not finished, or was not begun. */
interface Pending {
  readonly method: string;
  readonly epochsDone: number;
  readonly epochsAtMost: number;
}

/** Seconds of epochs, by method. */
type EpochSeconds = ReadonlyMap<string, readonly number[]>;

/** How long epochs took. */
export interface EpochTimes {
  /** In earlier runs, perhaps on another machine or beside other work. */
  readonly earlier: EpochSeconds;
  /** In this run. */
  readonly now: EpochSeconds;
}

/** Seconds until all trainings are done, and what it takes when none of them stops early. */
export interface Forecast {
  readonly expected: number;
  readonly atMost: number;
}

/**
 * Time left for a number of trainings that share some processes. An epoch takes as long as the method's epochs in this
 * run. If it has none, it takes as long as in earlier runs, times the ratio by which other epochs of this run differ
 * from earlier ones. If there are none either, it takes as long as any. A training is expected to end after as many
 * epochs as the finished ones, or at its last epoch where none is finished.
 * @param finished epochs of each finished training
 * @returns undefined before the first epoch
 */
export function forecast(
  pending: readonly Pending[],
  finished: readonly number[],
  { earlier, now }: EpochTimes,
  processes: number,
): Forecast | undefined {
  const all = [...(now.size > 0 ? now : earlier).values()].flat();
  if (all.length === 0) return undefined;
  const pace = paceOf({ earlier, now });
  const secondsOf = (method: string): number => {
    const known = now.get(method);
    if (known) return mean(known);
    const before = earlier.get(method);
    return before ? pace * mean(before) : mean(all);
  };
  const usual = finished.length > 0 ? mean(finished) : Number.POSITIVE_INFINITY;
  const sum = (epochsOf: (training: Pending) => number): number =>
    pending.reduce(
      (total, training) => total + secondsOf(training.method) * Math.max(0, epochsOf(training) - training.epochsDone),
      0,
    ) / Math.max(1, Math.min(processes, pending.length));
  return {
    expected: sum(({ epochsAtMost, epochsDone }) => Math.min(epochsAtMost, Math.max(usual, epochsDone + 1))),
    atMost: sum(({ epochsAtMost }) => epochsAtMost),
  };
}

/** The time of this run's epochs, as a share of earlier ones of the same methods; 1 if no method has both. */
function paceOf({ earlier, now }: EpochTimes): number {
  const shares = [...now].flatMap(([method, seconds]) => {
    const before = earlier.get(method);
    return before ? [mean(seconds) / mean(before)] : [];
  });
  return shares.length > 0 ? mean(shares) : 1;
}
