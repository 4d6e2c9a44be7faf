import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Dataset, isPaired, openDataset } from '../../dataset/dataset.ts';
import { type Synthetic, syntheticSchema } from '../../dataset/synthetic.ts';
import { UserError } from '../../errors.ts';
import { removeTemporaries, writeAtomically, writeOnce } from '../../file/atomic.ts';
import { readJsonFile, readTextFile } from '../../file/jsonFile.ts';
import { nodeFiles } from '../../file/nodeFiles.ts';
import { makeDataset } from '../../workflow/makeDataset.ts';
import {
  assertSameScans,
  type Origin,
  otherThreads,
  readOrigin,
  scansOf,
  sharedScans,
  threadsOf,
  writeOrigin,
} from '../../workflow/origin.ts';
import { type ExperimentConfig, experimentConfig } from '../protocol/configuration.ts';
import { generatorOf, madeSettings } from '../protocol/madeData.ts';
import { type TestResult, type TrialResult, testResultSchema, trialResultSchema } from '../protocol/results.ts';
import { casesOf, methodsOf, type Trial, trialsOf } from '../protocol/trials.ts';
import type { ExperimentFile } from './experimentFile.ts';

/** What `experiment.json` holds: all that a process needs to run a trial of it. */
export interface StoredExperiment {
  readonly version: string;
  readonly values: unknown;
  /** The cases that are split, in ascending order. */
  readonly caseIds: readonly string[];
  /** Folder of the scans. */
  readonly data: string;
  /** Whether each case holds the two images of a pair. */
  readonly paired?: boolean;
  /** How the data are made; null if they are not; undefined in experiments that were begun before this was kept. */
  readonly synthetic?: Synthetic | null;
  /** What earlier versions kept of simulated data. */
  readonly simulated?: string;
}

/** What a stored experiment must be; its values are checked as those of any experiment. */
const storedSchema = z.looseObject({
  version: z.string(),
  values: z.unknown(),
  caseIds: z.array(z.string()),
  data: z.string(),
  paired: z.boolean().optional(),
  synthetic: syntheticSchema.nullable().optional(),
  simulated: z.string().optional(),
});

const EXPERIMENT = 'experiment.json';
const TRIAL = 'trial.json';
const TEST = 'test.json';
const FAILURE = 'failure.txt';
/**
 * What an experiment's folder holds beside {@link EXPERIMENT}. A killed process may have left half-made data, under a
 * name that begins with a dot.
 */
const OURS = /^(trials|data|alignments|figures|origin\.json|(tables|sweep)\.\w+|table\d.*\.csv|\..*)$/;

/**
 * The folder of an experiment. It holds `experiment.json`, tables and figures, and `data/` and `alignments/` if it made
 * them. `trials/<id>/` holds a training run, with `trial.json` once it is finished and `test.json` once it was tested.
 * A trial that ended in a mistake holds `failure.txt`.
 */
export class ExperimentFolder {
  readonly config: ExperimentConfig;

  private constructor(
    readonly path: string,
    readonly stored: StoredExperiment,
  ) {
    this.config = experimentConfig(stored.values, join(path, EXPERIMENT));
  }

  /**
   * Sets up the folder of an experiment, or opens it as an earlier call left it. Makes the data if the experiment uses
   * a generator.
   * @throws UserError when the data are not there, lack cases that the experiment names, or `path` holds something else
   */
  static async prepare(
    path: string,
    { values, config, caseIds: named }: ExperimentFile,
    version: string,
    data = config.data,
  ): Promise<ExperimentFolder> {
    // Everything that can be wrong is found before anything is written.
    methodsOf(config);
    const entries = await readdir(path).catch((): string[] => []);
    if (!entries.includes(EXPERIMENT) && !entries.every((name) => OURS.test(name)))
      throw new UserError(`${path} holds other files; give another --out.`);
    const before = entries.includes(EXPERIMENT) ? await ExperimentFolder.open(path) : undefined;
    if (before) assertSame(path, before.config, config);
    const own = generatorOf(data);
    const folder = own ? join(path, 'data') : data;
    const made = own && madeSettings(own, config.made);
    if (own && made) assertEnough(config, made.cases, own.paired);
    if (data === config.data && !own && !existsSync(folder))
      throw new UserError(
        `The experiment names the folder '${folder}', which does not exist; give the folder of the scans with --data.`,
      );
    if (own && made && !existsSync(folder)) await makeDataset(folder, own, made);
    await removeLeftovers(path);
    const dataset = await openDataset(folder, nodeFiles(), { mri: config.mri });
    const paired = isPaired(dataset);
    const all = dataset.cases.map(({ id }) => id);
    const missing = named?.find((id) => !all.includes(id));
    if (missing !== undefined)
      throw new UserError(`The experiment names the case "${missing}", which is not in ${folder}; complete the data.`);
    const caseIds = [...(named ?? all)].sort();
    assertEnough(config, caseIds.length, paired);
    const stored: StoredExperiment = {
      version,
      values,
      caseIds,
      data: folder,
      paired,
      synthetic: dataset.synthetic ?? null,
    };
    if (before && before.stored.caseIds.join() !== caseIds.join())
      throw new UserError(
        `${path} holds an experiment on other cases (${before.stored.caseIds.length}, now ${caseIds.length}); give another --out, or the same data.`,
      );
    const scans = await scansOf(
      dataset,
      dataset.cases.filter(({ id }) => caseIds.includes(id)),
    );
    const origin = await readOrigin(path);
    if (origin) assertSameScans(origin.scans, scans, `the experiment in ${path}`);
    await writeAtomically(join(path, EXPERIMENT), `${JSON.stringify(stored, null, 2)}\n`);
    await writeOrigin(path, { ...origin, scans });
    return new ExperimentFolder(path, stored);
  }

  /** @throws UserError when there is no experiment in the folder */
  static async open(path: string): Promise<ExperimentFolder> {
    const file = join(path, EXPERIMENT);
    const wayOn = 'remove it, and run the experiment with the same --out again';
    const stored = await readJsonFile<StoredExperiment>(file, storedSchema, wayOn);
    if (!stored)
      throw new UserError(
        `${path} holds no experiment (no ${EXPERIMENT}); give the --out of "earthmorph experiment run".`,
      );
    try {
      return new ExperimentFolder(path, stored);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(`${file} is damaged (${error.message.replace(/\.$/, '')}); ${wayOn}.`);
    }
  }

  /** Where the data are made, how. */
  get synthetic(): Synthetic | undefined {
    const { synthetic, simulated } = this.stored;
    if (synthetic !== undefined) return synthetic ?? undefined;
    if (simulated !== undefined) return { kind: 'simulated', description: simulated };
    const own = generatorOf(this.config.data);
    return own?.synthetic(madeSettings(own, this.config.made) as never);
  }

  /** Every trial that the experiment can come to, chosen or not. */
  trials(): readonly Trial[] {
    const methods = methodsOf(this.config);
    return trialsOf(
      this.config,
      methods.flatMap((method) => method.variants.map((variant) => ({ method, variant }))),
    );
  }

  /** @throws UserError when the experiment has no such trial */
  trial(id: string): Trial {
    const found = this.trials().find((trial) => trial.id === id);
    if (!found)
      throw new UserError(
        `The experiment in ${this.path} has no trial "${id}"; "earthmorph sweep status" lists its trials.`,
      );
    return found;
  }

  /** Folder of a trial's training run. */
  runOf(id: string): string {
    return join(this.path, 'trials', id);
  }

  /** Folder of the transforms that align pairs before the networks. */
  get alignments(): string {
    return join(this.path, 'alignments');
  }

  /** The scans that the experiment began with; undefined in experiments that were begun before that was kept. */
  async scans(): Promise<Origin['scans'] | undefined> {
    return (await readOrigin(this.path))?.scans;
  }

  /** @throws UserError when a scan of the cases is another than those that the experiment began with */
  async assertSameScans(dataset: Dataset, ids: readonly string[]): Promise<void> {
    const before = await this.scans();
    if (!before) return;
    const cases = dataset.cases.filter(({ id }) => ids.includes(id));
    const scans = await scansOf(dataset, cases);
    assertSameScans(sharedScans(before, scans), scans, `the experiment in ${this.path}`);
  }

  /**
   * Keeps the threads of each training.
   * @returns what to say where earlier ones had others
   */
  async keepThreads(threads: number): Promise<string | undefined> {
    const before = await readOrigin(this.path);
    if (!before) return undefined;
    const now = { ...before, ...threadsOf(threads) };
    await writeOrigin(this.path, now);
    return otherThreads(before, now);
  }

  /**
   * The result of a finished trial.
   * @throws UserError when it is damaged, or another trial's
   */
  async result(id: string): Promise<TrialResult | undefined> {
    const file = join(this.runOf(id), TRIAL);
    const wayOn = 'remove it, and the same command makes it again';
    const result = await readJsonFile<TrialResult>(file, trialResultSchema, wayOn);
    if (!result) return undefined;
    if (result.trial.id !== id)
      throw new UserError(`${file} holds the result of the trial "${result.trial.id}", not of "${id}"; ${wayOn}.`);
    const lacking = this.config.stopping.find((rule) => !result.rules[rule]);
    if (lacking !== undefined)
      throw new UserError(
        `${file} has no result for the stopping rule "${lacking}", which was added later; give the experiment another --out.`,
      );
    return result;
  }

  /** Stores a finished trial, once. */
  async finish(result: TrialResult): Promise<boolean> {
    await rm(join(this.runOf(result.trial.id), FAILURE), { force: true });
    return writeOnce(join(this.runOf(result.trial.id), TRIAL), `${JSON.stringify(result, null, 1)}\n`);
  }

  async test(id: string): Promise<TestResult | undefined> {
    const file = join(this.runOf(id), TEST);
    const wayOn = 'remove it, and the same command makes it again';
    const test = await readJsonFile<TestResult>(file, testResultSchema, wayOn);
    const lacking = test && this.config.stopping.find((rule) => !test[rule]);
    if (lacking !== undefined)
      throw new UserError(`${file} has no result for the stopping rule "${lacking}"; ${wayOn}.`);
    return test;
  }

  async finishTest(id: string, result: TestResult): Promise<void> {
    await writeAtomically(join(this.runOf(id), TEST), `${JSON.stringify(result, null, 1)}\n`);
  }

  /** What a trial that cannot be finished said. */
  async failure(id: string): Promise<string | undefined> {
    const text = (await readTextFile(join(this.runOf(id), FAILURE)))?.trim();
    return text === '' ? 'its reason was not kept' : text;
  }

  async fail(id: string, message: string): Promise<void> {
    await writeAtomically(join(this.runOf(id), FAILURE), `${message}\n`);
  }
}

/**
 * Removes what killed processes left: half-written files, and data that were made half when they were made again since.
 */
async function removeLeftovers(path: string): Promise<void> {
  await removeTemporaries(path);
  const halves = (await readdir(path).catch((): string[] => [])).filter((name) => /^\.data-\w{6}$/.test(name));
  await Promise.all(halves.map((name) => rm(join(path, name), { recursive: true, force: true })));
}

/** What makes results comparable: with another value the folder's results would not belong together. */
function comparable({
  name,
  made,
  split,
  splitSeed,
  folds,
  testPairs,
  mri,
}: ExperimentConfig): Record<string, unknown> {
  return { name, ...made, split, splitSeed, folds, testPairs, mri };
}

/** Losses, seeds and grids may be added to an experiment; its data may not change. */
function assertSame(path: string, before: ExperimentConfig, now: ExperimentConfig): void {
  const [old, values] = [comparable(before), comparable(now)];
  const changed = Object.keys(values).find((key) => JSON.stringify(old[key]) !== JSON.stringify(values[key]));
  if (changed !== undefined)
    throw new UserError(
      `${path} holds the experiment "${before.name}" with ${changed} = ${JSON.stringify(old[changed])}, not ${JSON.stringify(values[changed])}; give another --out.`,
    );
}

/** Every part of the split must be able to make pairs. */
function assertEnough(config: ExperimentConfig, count: number, paired: boolean): void {
  const ids = Array.from({ length: count }, (_, n) => String(n));
  const parts = casesOf(config, ids, config.folds === undefined ? undefined : 0);
  const least = paired ? 1 : 2;
  const small = (['train', 'validation', 'test'] as const).find((part) => parts[part].length < least);
  if (small !== undefined)
    throw new UserError(
      `${count} cases are too few: the ${small} part gets ${parts[small].length}, and a pair needs ${least}; add cases or change the split.`,
    );
}
