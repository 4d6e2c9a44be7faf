import { mean } from '../metric/statistics.ts';

/** What is known of a training that is not finished, or was not begun. */
export interface Pending {
  readonly method: string;
  readonly epochsDone: number;
  readonly epochsAtMost: number;
}

/** What is known of a finished training. */
export interface Finished {
  readonly method: string;
  readonly epochs: number;
  readonly seconds: number;
}

/** Seconds until all trainings are done, and what it takes when none of them stops early. */
export interface Forecast {
  readonly expected: number;
  readonly atMost: number;
}

/**
 * Time left for a number of trainings that share some processes. An epoch takes as long as the method's epochs so far, or as those of all;
 * a training is expected to end after as many epochs as the finished ones, or at its last epoch where none is finished.
 * @param epochSeconds seconds of epochs so far, by method
 * @returns undefined before the first epoch
 */
export function forecast(
  pending: readonly Pending[],
  finished: readonly Finished[],
  epochSeconds: ReadonlyMap<string, readonly number[]>,
  processes: number,
): Forecast | undefined {
  const all = [...epochSeconds.values()].flat();
  if (all.length === 0) return undefined;
  const usual = finished.length > 0 ? mean(finished.map(({ epochs }) => epochs)) : Number.POSITIVE_INFINITY;
  const sum = (epochsOf: (training: Pending) => number): number =>
    pending.reduce((total, training) => {
      const own = epochSeconds.get(training.method) ?? all;
      return total + mean(own.length > 0 ? own : all) * Math.max(0, epochsOf(training) - training.epochsDone);
    }, 0) / Math.max(1, Math.min(processes, pending.length));
  return {
    expected: sum(({ epochsAtMost, epochsDone }) => Math.min(epochsAtMost, Math.max(usual, epochsDone + 1))),
    atMost: sum(({ epochsAtMost }) => epochsAtMost),
  };
}
