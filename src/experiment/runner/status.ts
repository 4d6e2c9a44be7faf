import { given } from '../../given.ts';
import { readMetrics } from '../../workflow/runFolder.ts';
import type { ExperimentFolder } from '../folder/experimentFolder.ts';
import { validationScore } from '../protocol/results.ts';
import { epochsOf } from '../protocol/trials.ts';

/** Where a trial stands. */
export interface TrialStatus {
  readonly id: string;
  readonly state: 'waiting' | 'begun' | 'running' | 'finished' | 'failed';
  readonly epochsDone: number;
  readonly epochsAtMost: number;
  /**
   * Of a finished trial: what it is ranked by, over its validation pairs, measured as tables give it, in the fixed
   * scan's own grid.
   */
  readonly score?: Exclude<ReturnType<typeof validationScore>, null>;
  readonly seconds: number;
  readonly failure?: string;
  /** On a queue: who works on it or finished it, and how often it was begun. */
  readonly worker?: string;
  readonly starts?: number;
}

/**
 * Where every trial of an experiment's folder stands. `begun` says that it has a checkpoint; whether a process is at it
 * cannot be seen.
 */
export async function folderStatus(folder: ExperimentFolder): Promise<readonly TrialStatus[]> {
  const [rule = 'absolute'] = folder.config.stopping;
  return Promise.all(
    folder.trials().map(async (trial): Promise<TrialStatus> => {
      const result = await folder.result(trial.id);
      const records = result?.records ?? (await readMetrics(folder.runOf(trial.id)));
      const failure = await folder.failure(trial.id);
      const last = records.at(-1);
      return {
        id: trial.id,
        state: result ? 'finished' : failure !== undefined ? 'failed' : last ? 'begun' : 'waiting',
        epochsDone: last?.epoch ?? 0,
        epochsAtMost: epochsOf(trial),
        ...given({ score: (result && validationScore(result, rule)) ?? undefined }),
        seconds: last?.seconds ?? 0,
        ...given({ failure }),
      };
    }),
  );
}
