import { given } from '../../given.ts';
import { readMetrics } from '../../run/runFolder.ts';
import type { ExperimentFolder } from '../folder/experimentFolder.ts';
import { validationScore } from '../protocol/results.ts';
import { epochsOf } from '../protocol/trials.ts';

/** Where a trial stands. */
export interface TrialStatus {
  readonly id: string;
  readonly state: 'waiting' | 'begun' | 'running' | 'finished' | 'failed';
  readonly epochsDone: number;
  readonly epochsAtMost: number;
  /** Of a finished trial: mean Dice of the validation pairs, measured as tables give it, in the fixed scan's own grid; null without labels. */
  readonly dice: number | null;
  /** Of a finished trial with landmarks, in place of that: their mean distance in mm. */
  readonly tre?: number;
  readonly seconds: number;
  readonly failure?: string;
  /** On a queue: who works on it or finished it, and how often it was begun. */
  readonly worker?: string;
  readonly starts?: number;
}

/** Where every trial of an experiment's folder stands. `begun` says that it has a checkpoint; whether a process is at it cannot be seen. */
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
        ...scoreOf(result && validationScore(result, rule)),
        seconds: last?.seconds ?? 0,
        ...given({ failure }),
      };
    }),
  );
}

/** A trial's score as its status has it. */
export function scoreOf(score: ReturnType<typeof validationScore> | undefined): Pick<TrialStatus, 'dice' | 'tre'> {
  if (!score) return { dice: null };
  return score.measure === 'dice' ? { dice: score.value } : { dice: null, tre: score.value };
}
