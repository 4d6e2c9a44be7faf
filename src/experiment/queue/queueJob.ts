import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { measures } from '../../metric/measures.ts';
import { requirement } from '../../schema.ts';
import { type EpochRecord, epochRecordSchema } from '../../training/epochRecord.ts';
import type { ExperimentFile } from '../folder/experimentFile.ts';
import type { StoredExperiment } from '../folder/experimentFolder.ts';
import { experimentConfig } from '../protocol/configuration.ts';
import { generatorOf } from '../protocol/madeData.ts';
import type { validationScore } from '../protocol/results.ts';
import { allTrials, epochsOf, type Trial } from '../protocol/trials.ts';
import { shortLine } from '../runner/shortLine.ts';
import { experimentKey, jobId } from './queueConnection.ts';

/** Largest size of a job's data in bytes. */
export const DATA_LIMIT = 16 * 2 ** 20;

/** The form of a job's id: the key of an experiment and the id of a trial. Redis's own keys never have it. */
export const JOB_ID = /^[0-9a-f]{12}\.[a-z0-9][a-z0-9._-]{0,239}$/;

/** A trial as a job. It names no folder: where the scans are is each worker's own matter. */
export interface TrialJob {
  /** {@link experimentKey} of its experiment. */
  readonly sweep: string;
  readonly trial: string;
  readonly epochsAtMost: number;
  readonly experiment: Pick<StoredExperiment, 'version' | 'values' | 'caseIds'>;
  /** Whether the experiment's data are those that it makes by itself. */
  readonly made: boolean;
}

const jobSchema = z.object({
  sweep: z.string().regex(/^[0-9a-f]{12}$/),
  trial: z.string().max(240),
  epochsAtMost: z.int().positive(),
  experiment: z.object({
    version: z.string().max(64),
    values: z.record(z.string(), z.unknown()),
    caseIds: z.array(z.string().min(1).max(255)).min(1).max(100_000),
  }),
  made: z.boolean().default(true),
});

const progressSchema = z.object({
  epoch: z.int().positive(),
  worker: z.string().max(300),
  record: epochRecordSchema,
  score: z.object({ measure: z.string().refine((key) => measures().has(key)), value: z.number() }).nullish(),
});

/** What a worker tells about a job, an epoch at a time. */
export interface TrialJobProgress {
  readonly epoch: number;
  readonly worker: string;
  readonly record: EpochRecord;
  /** Once the trial is finished: what its validation pairs come to; null without labels and landmarks. */
  readonly score?: ReturnType<typeof validationScore>;
}

/** A job that was found to be a trial of the experiment that it holds. */
export interface ReadJob extends TrialJob {
  readonly file: ExperimentFile;
  readonly task: Trial;
}

/** The job of a trial. */
export function jobOf(stored: StoredExperiment, trial: Trial, made: boolean): TrialJob {
  const { version, values, caseIds } = stored;
  return {
    sweep: experimentKey(stored),
    trial: trial.id,
    epochsAtMost: epochsOf(trial),
    experiment: { version, values, caseIds },
    made,
  };
}

/**
 * Checks what a job holds, since anybody may have written it. Its form and bounds are checked, then the experiment, as
 * in a file. Id, key and number of epochs must be those of this experiment.
 * @throws UserError that says what is wrong
 */
export function readJob(data: unknown, id: string): ReadJob {
  const parsed = jobSchema.safeParse(data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    throw new UserError(`its ${shortLine(issue.path.join('.')) || 'data'} ${shortLine(requirement(issue))}`);
  }
  const { sweep, trial, epochsAtMost, experiment, made } = parsed.data;
  if (experimentKey(experiment) !== sweep || jobId(sweep, trial) !== id)
    throw new UserError('its id is not that of its experiment and trial');
  const config = experimentConfig(experiment.values);
  const task = allTrials(config).find((each) => each.id === trial);
  if (!task) throw new UserError('its experiment has no such trial');
  if (epochsOf(task) !== epochsAtMost) throw new UserError('its number of epochs is not that of its experiment');
  const file = { values: experiment.values, config, caseIds: experiment.caseIds };
  return { ...parsed.data, made: made && generatorOf(config.data) !== undefined, file, task };
}

/** The number of epochs that a job names; 0 where it names none. */
export function epochsAtMostOf(data: string): number {
  try {
    return z.object({ epochsAtMost: z.int().positive() }).parse(JSON.parse(data)).epochsAtMost;
  } catch {
    return 0;
  }
}

/** The progress of a job; undefined where there is none or it has another form. */
export function readProgress(text: string): TrialJobProgress | undefined {
  try {
    const parsed = progressSchema.safeParse(JSON.parse(text));
    const isWhole = parsed.success && parsed.data.record.epoch === parsed.data.epoch;
    return isWhole ? (parsed.data as TrialJobProgress) : undefined;
  } catch {
    return undefined;
  }
}
