import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dataset, isPaired, openDataset } from '../../dataset/dataset.ts';
import type { Pair } from '../../dataset/pairs.ts';
import { UserError } from '../../errors.ts';
import { nodeFiles } from '../../file/nodeFiles.ts';
import { given } from '../../given.ts';
import type { RuntimeOptions } from '../../graph/index.ts';
import { storable } from '../../metric/measures.ts';
import type { RegistrationModel } from '../../network/model.ts';
import type { RegisteredPair } from '../../registration/judged.ts';
import { Registrar } from '../../registration/register.ts';
import { trainingConfig } from '../../training/configuration.ts';
import { followStopping, type StoppingRule } from '../../training/earlyStopping.ts';
import { startOf } from '../../training/trainModel.ts';
import { caseAlignmentOf, registerAligned } from '../../workflow/caseAlignments.ts';
import { MODEL_FILE, modelFileOf, readModel } from '../../workflow/modelFile.ts';
import { filesOfPair, type PairList } from '../../workflow/registerPairs.ts';
import { type TrainingRunObserver, trainingRun } from '../../workflow/trainingRun.ts';
import type { ExperimentFolder } from '../folder/experimentFolder.ts';
import type { PairScore, RuleResult, TestResult, TrialResult } from '../protocol/results.ts';
import { casesOf, pairsOf, type Trial } from '../protocol/trials.ts';

/** How a trial is run. */
export interface TrialOptions {
  readonly runtime: RuntimeOptions;
  readonly signal: AbortSignal;
  readonly observer?: TrainingRunObserver;
}

/**
 * Runs a trial of an experiment to its end, from where an earlier process left it: training, then the validation pairs
 * by each rule of early stopping. A finished trial is returned as it is.
 * @returns undefined when it was stopped before its end
 */
export async function runTrial(
  folder: ExperimentFolder,
  id: string,
  options: TrialOptions,
): Promise<TrialResult | undefined> {
  const known = await folder.result(id);
  if (known) return known;
  const trial = folder.trial(id);
  const out = folder.runOf(id);
  const cases = casesOf(folder.config, folder.stored.caseIds, trial.fold);
  const resume = existsSync(join(out, 'config.json'));
  if (!resume) await rm(out, { recursive: true, force: true });
  const scans = await folder.scans();
  const run = await trainingRun({
    out,
    ...given({ scans }),
    data: folder.stored.data,
    open: { mri: folder.config.mri },
    alignments: folder.alignments,
    settings: trial.settings,
    cases,
    resume,
    version: folder.stored.version,
    runtime: options.runtime,
    signal: options.signal,
    ...given({ observer: options.observer }),
  });
  if (run.reason === 'aborted') return undefined;
  const { config } = run.stored;
  const rules: Partial<Record<StoppingRule, RuleResult>> = {};
  const pairs = pairsOf(folder.config, cases, folder.stored.paired ?? false).validation;
  const scores = new Map<number, readonly PairScore[]>();
  for (const rule of config.stopping) {
    const { bestEpoch, endEpoch } = followStopping(run.losses, rule, config);
    const last = endEpoch ?? run.records.length;
    const validation = scores.get(bestEpoch) ?? (await scorePairs(folder, trial, rule, pairs, options));
    scores.set(bestEpoch, validation);
    rules[rule] = {
      bestEpoch,
      endEpoch: last,
      stopped: endEpoch !== undefined,
      seconds: run.records[last - 1]?.seconds ?? Number.NaN,
      validation,
    };
  }
  const result: TrialResult = { trial, ended: run.reason, losses: run.losses, records: run.records, rules };
  await folder.finish(result);
  return folder.result(id);
}

/** Registers the test pairs of a finished trial by each rule. */
export async function testTrial(folder: ExperimentFolder, id: string, options: TrialOptions): Promise<TestResult> {
  const known = await folder.test(id);
  if (known) return known;
  const result = await folder.result(id);
  if (!result) throw new UserError(`The trial "${id}" is not finished, so it cannot be tested; run it first.`);
  const cases = casesOf(folder.config, folder.stored.caseIds, result.trial.fold);
  const pairs = pairsOf(folder.config, cases, folder.stored.paired ?? false).test;
  const scores = new Map<number, readonly PairScore[]>();
  const test: Partial<Record<StoppingRule, readonly PairScore[]>> = {};
  for (const rule of folder.config.stopping) {
    const epoch = result.rules[rule]?.bestEpoch ?? 0;
    const measured = scores.get(epoch) ?? (await scorePairs(folder, result.trial, rule, pairs, options));
    scores.set(epoch, measured);
    test[rule] = measured;
  }
  await folder.finishTest(id, test);
  return test;
}

/** The model of a trial that a rule of early stopping kept. */
export function modelPath(folder: ExperimentFolder, id: string, rule: StoppingRule): string {
  const isFirst = rule === folder.config.stopping[0];
  return join(folder.runOf(id), isFirst ? MODEL_FILE : modelFileOf(rule));
}

/**
 * Reads the model of a trial.
 * @throws UserError when it is missing or damaged
 */
export async function trialModel(folder: ExperimentFolder, id: string, rule: StoppingRule): Promise<RegistrationModel> {
  try {
    return await readModel(modelPath(folder, id, rule));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      `The model of the trial "${id}" is missing or damaged (${error.message.split(';')[0]}); remove ${folder.runOf(id)}, and "earthmorph experiment run" trains it again.`,
    );
  }
}

async function scorePairs(
  folder: ExperimentFolder,
  trial: Trial,
  rule: StoppingRule,
  pairs: readonly Pair[],
  { runtime, signal }: TrialOptions,
): Promise<readonly PairScore[]> {
  const registrar = new Registrar(await trialModel(folder, trial.id, rule), { runtime });
  try {
    const dataset = await openDataset(folder.stored.data, nodeFiles(), { mri: folder.config.mri });
    await folder.assertSameScans(
      dataset,
      pairs.flatMap(({ fixed, moving }) => [fixed, moving]),
    );
    const scores: PairScore[] = [];
    for (const pair of pairs) {
      signal.throwIfAborted();
      scores.push(scoreOf(pair, await registerCases(registrar, dataset, pair, trial, folder)));
    }
    return scores;
  } finally {
    await registrar.release();
  }
}

/** Registers two cases of a dataset as a trial was trained on them, with labels and landmarks where it has them. */
export async function registerCases(
  registrar: Registrar,
  dataset: Dataset,
  pair: Pair,
  trial: Trial,
  folder: ExperimentFolder,
): Promise<RegisteredPair> {
  const caseOf = (id: string): Dataset['cases'][number] => {
    const found = dataset.cases.find((entry) => entry.id === id);
    if (!found) throw new UserError(`The case "${id}" is no longer in ${dataset.root}; put it back.`);
    return found;
  };
  const list: PairList = { dataset, pairs: [{ fixed: caseOf(pair.fixed), moving: caseOf(pair.moving) }] };
  const files = await filesOfPair(list, list.pairs[0] as PairList['pairs'][number]);
  const config = trainingConfig(trial.settings);
  const start = isPaired(dataset) ? startOf(config) : 'center';
  const alignment = caseAlignmentOf(config);
  return registerAligned(registrar, files, caseOf(pair.fixed), alignment, { folder: folder.alignments, start });
}

/** A registered pair as it is stored: every measure that it can be judged by. */
export function scoreOf(pair: Pair, { assessment }: Pick<RegisteredPair, 'assessment'>): PairScore {
  const { before, aligned, after, deformation } = assessment;
  return {
    ...storable(deformation),
    ...pair,
    before: storable(before),
    ...(aligned ? { aligned: storable(aligned) } : {}),
    after: storable(after),
  };
}
