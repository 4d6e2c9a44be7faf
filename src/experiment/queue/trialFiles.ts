import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { elementCount } from '../../graph/index.ts';
import { decodeModel } from '../../network/model.ts';
import { networkParameters } from '../../network/registry.ts';
import { chooseOptimiser } from '../../optimise/registry.ts';
import { requirement } from '../../schema.ts';
import { decodeCheckpoint } from '../../training/checkpoint.ts';
import { networkOf, type TrainingConfig, trainingConfig } from '../../training/configuration.ts';
import { epochRecordSchema } from '../../training/epochRecord.ts';
import { MODEL_FILE, modelFileOf } from '../../workflow/modelFile.ts';
import type { ExperimentFolder } from '../folder/experimentFolder.ts';
import { pairKey, type TrialResult, trialResultSchema } from '../protocol/results.ts';
import { casesOf, epochsOf, pairsOf, type Trial } from '../protocol/trials.ts';
import { shortLine } from '../runner/shortLine.ts';

/** Files of a trial's run by their names. */
export type TrialFiles = ReadonlyMap<string, Uint8Array>;

const CONFIG = 'config.json';
const METRICS = 'metrics.jsonl';
const RESULT = 'trial.json';
const LAST = 'last.safetensors';

/** What is needed only to go on with a training, not to use it. */
export const CHECKPOINTS: readonly string[] = [LAST];

/** The files of a trial's run that travel; there are no others. */
export const TRIAL_FILES: readonly string[] = [
  CONFIG,
  METRICS,
  ...CHECKPOINTS,
  MODEL_FILE,
  modelFileOf('absolute'),
  modelFileOf('relative'),
  // The last: where it is, the trial is finished.
  RESULT,
];

/** Largest size in bytes that a file of a trial can have: generous for its weights, epochs and validation pairs. */
export function fileLimit(trial: Trial, folder: ExperimentFolder): number {
  const config = trainingConfig(trial.settings);
  const weights = networkParameters(networkOf(config)).reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return 8 * 2 ** 20 + 16 * weights + 2048 * (config.epochs + folder.stored.caseIds.length);
}

/**
 * Checks files that came from elsewhere: that each is what its name says, and that settings, cases and pairs are those
 * of the trial.
 * @returns the files, to be written as they are; they name the scans' folder on this machine
 * @throws UserError that says what is wrong
 */
export function checkedFiles(files: TrialFiles, trial: Trial, folder: ExperimentFolder): TrialFiles {
  try {
    return checked(files, trial, folder);
  } catch (error) {
    // What reads a file may stumble over one that was made for that.
    throw error instanceof UserError ? error : new UserError('a file of it cannot be read');
  }
}

function checked(files: TrialFiles, trial: Trial, folder: ExperimentFolder): TrialFiles {
  const cases = casesOf(folder.config, folder.stored.caseIds, trial.fold);
  const stored = parsed(text(files, CONFIG), CONFIG, configSchema);
  const config = sameSettings(stored.config, trial);
  if (JSON.stringify(stored.split) !== JSON.stringify(cases)) throw new UserError(`${CONFIG} belongs to other cases`);
  const lines = text(files, METRICS)
    .split('\n')
    .filter((line) => line !== '');
  const records = lines.map((line) => parsed(line, METRICS, epochRecordSchema));
  if (records.length > epochsOf(trial) || records.some(({ epoch }, n) => epoch !== n + 1))
    throw new UserError(`${METRICS} holds other epochs than the trial has`);

  const specs = networkParameters(networkOf(config));
  const last = files.get(LAST);
  if (last) {
    const { state } = decodeCheckpoint(last, specs, chooseOptimiser(config.optimiser), LAST, config.averaging > 0);
    if (state.epoch !== records.length || state.losses.length !== records.length + 1)
      throw new UserError(`${LAST} belongs to another epoch`);
  }
  for (const name of [MODEL_FILE, modelFileOf('absolute'), modelFileOf('relative')]) {
    const model = files.get(name);
    if (model) decodeModel(model, name);
  }
  if (files.has(RESULT)) checkResult(files, trial, folder, cases);
  else if (!last) throw new UserError(`${LAST} is missing`);
  const own = { ...stored, data: folder.stored.data };
  return new Map([...files, [CONFIG, Buffer.from(`${JSON.stringify(own, null, 2)}\n`)]]);
}

/** Whether a trial's files are those of a finished one. */
export function isFinished(files: TrialFiles): boolean {
  return files.has(RESULT);
}

const ids = z.array(z.string());
const configSchema = z.looseObject({
  version: z.string().max(64),
  data: z.string(),
  config: z.record(z.string(), z.unknown()),
  split: z.object({ train: ids, validation: ids, test: ids }),
});

/** The settings of a run, which may differ from the trial's in what the data decide alone. */
function sameSettings(values: Readonly<Record<string, unknown>>, { settings }: Trial): TrainingConfig {
  const config = trainingConfig(values);
  const own = trainingConfig({ spacing: config.spacing, ...settings });
  if (JSON.stringify(config) !== JSON.stringify(own)) throw new UserError(`${CONFIG} has other settings`);
  return config;
}

function checkResult(
  files: TrialFiles,
  trial: Trial,
  { config, stored }: ExperimentFolder,
  cases: ReturnType<typeof casesOf>,
): void {
  const result = parsed(text(files, RESULT), RESULT, trialResultSchema) as unknown as TrialResult;
  if (JSON.stringify(result.trial) !== JSON.stringify(trial)) throw new UserError(`${RESULT} belongs to another trial`);
  const count = result.records.length;
  if (
    count > epochsOf(trial) ||
    result.losses.length !== count + 1 ||
    result.records.some(({ epoch }, n) => epoch !== n + 1)
  )
    throw new UserError(`${RESULT} holds other epochs than the trial has`);
  const pairs = pairsOf(config, cases, stored.paired ?? false).validation.map(pairKey);
  for (const [rank, rule] of config.stopping.entries()) {
    const found = result.rules[rule];
    if (!found || found.endEpoch > count || found.bestEpoch > found.endEpoch)
      throw new UserError(`${RESULT} lacks the result of the rule "${rule}"`);
    if (found.validation.map(pairKey).join('\n') !== pairs.join('\n'))
      throw new UserError(`${RESULT} holds other validation pairs`);
    const model = rank === 0 ? MODEL_FILE : modelFileOf(rule);
    if (!files.has(model)) throw new UserError(`${model} is missing`);
  }
}

function text(files: TrialFiles, name: string): string {
  const bytes = files.get(name);
  if (!bytes) throw new UserError(`${name} is missing`);
  return Buffer.from(bytes).toString('utf8');
}

function parsed<T>(content: string, name: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw new UserError(`${name} is not JSON`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0] as z.core.$ZodIssue;
  throw new UserError(`${name}: ${shortLine(`${issue.path.join('.')} ${requirement(issue)}`)}`);
}
