import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dataset, isPaired, openDataset } from '../dataset/dataset.ts';
import { fixedPairs, ownPairs, type Pair } from '../dataset/pairs.ts';
import { UserError } from '../errors.ts';
import { nodeFiles } from '../file/nodeFiles.ts';
import { given } from '../given.ts';
import { pairFigure } from '../outcome/onePairReport.ts';
import { Registrar } from '../registration/register.ts';
import type { TrainingConfig } from '../training/configuration.ts';
import type { EpochRecord } from '../training/epochRecord.ts';
import { casesOf } from '../training/readCases.ts';
import { startOf } from '../training/trainModel.ts';
import { caseAlignmentOf, registerAligned } from './caseAlignments.ts';
import { MODEL_FILE, readModel } from './modelFile.ts';
import { filesOfPair } from './registerPairs.ts';
import { ALIGNMENTS, RunFolder, readMetrics, type StoredConfig } from './runFolder.ts';

/** A training run as the page that follows it is told of it. */
export interface ServedRun {
  readonly id: number;
  /** Its folder, as it was given. */
  readonly name: string;
  /** Undefined while its scans are read. */
  readonly stored?: {
    readonly data: string;
    readonly isMade: boolean;
    readonly config: TrainingConfig;
    /** How many cases each part has. */
    readonly cases: { readonly train: number; readonly validation: number; readonly test: number };
  };
  readonly records: readonly EpochRecord[];
  /** Whether it has come to its end, as far as its records say. */
  readonly isFinished: boolean;
  /** Seconds since its last epoch was done. */
  readonly quiet?: number;
  /** What is damaged of it, in a sentence. */
  readonly damage?: string;
}

/** Runs that a page follows: one a folder, or all that lie in it, as the trials of an experiment do. */
export class ServedRuns {
  /** Paths by the ids that the page has for them. */
  readonly #paths: string[] = [];
  /** Pictures by what they show, and the registration under way: one at a time. */
  readonly #pictures = new Map<string, string>();
  #registering: Promise<unknown> = Promise.resolve();

  constructor(private readonly folders: readonly string[]) {}

  /** All runs that there are now. */
  async list(): Promise<readonly ServedRun[]> {
    for (const folder of this.folders)
      for (const path of await runsIn(folder)) if (!this.#paths.includes(path)) this.#paths.push(path);
    return Promise.all(this.#paths.map((path, id) => servedRun(path, id)));
  }

  /**
   * A validation pair, registered with the best model so far, as SVG.
   * @throws UserError where there is no such pair, no model yet, or the scans are no longer there
   */
  async picture(id: number, place: number): Promise<string> {
    const path = this.#paths[id];
    if (path === undefined) throw new UserError('There is no such run; load the page again.');
    const file = join(path, MODEL_FILE);
    const model = await stat(file).catch(() => undefined);
    if (!model) throw new UserError('There is no model yet; wait until the first epoch is done.');
    const key = [id, place, model.mtimeMs].join();
    const next = this.#registering.then(async () => {
      const known = this.#pictures.get(key) ?? (await pictureOf(path, place));
      this.#pictures.clear();
      this.#pictures.set(key, known);
      return known;
    });
    this.#registering = next.catch(() => undefined);
    return next;
  }
}

/** Whether a path is a run, or a folder in which there are some. */
export async function holdsRuns(path: string): Promise<boolean> {
  return (await runsIn(path)).length > 0;
}

async function runsIn(folder: string): Promise<readonly string[]> {
  if (isRun(folder)) return [folder];
  const within = existsSync(join(folder, 'trials')) ? join(folder, 'trials') : folder;
  const names = await readdir(within).catch((): string[] => []);
  return names
    .sort()
    .map((name) => join(within, name))
    .filter(isRun);
}

function isRun(folder: string): boolean {
  return existsSync(join(folder, 'config.json')) && !existsSync(join(folder, 'dataset.json'));
}

async function servedRun(path: string, id: number): Promise<ServedRun> {
  try {
    const stored = await new RunFolder(path).readConfig();
    const records = await readMetrics(path);
    const { data, config, split, synthetic } = stored;
    const { train, validation, test } = split;
    const changed = await stat(join(path, 'metrics.jsonl')).catch(() => undefined);
    return {
      id,
      name: path,
      stored: {
        data,
        isMade: synthetic !== undefined,
        config,
        cases: { train: train.length, validation: validation.length, test: test.length },
      },
      records,
      isFinished: isFinished(records, config),
      ...given({ quiet: changed && (Date.now() - changed.mtimeMs) / 1000 }),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { id, name: path, records: [], isFinished: false, damage: error.message };
  }
}

/** The last of one rule of early stopping is told by the records; that of several is not. */
function isFinished(records: readonly EpochRecord[], { epochs, patience, stopping }: TrainingConfig): boolean {
  const best = records.findLast((record) => record.best)?.epoch ?? 0;
  return records.length >= epochs || (stopping.length === 1 && records.length - best >= patience);
}

/** The validation pairs of a run. */
function pairsOf({ config, split }: StoredConfig, paired: boolean): readonly Pair[] {
  return paired
    ? ownPairs(split.validation)
    : fixedPairs(split.validation, config.splitSeed ?? config.seed, 'validation');
}

/** Where the transforms lie that align the pairs of a run first: in its folder, or in that of its experiment. */
function alignmentsOf(path: string): string {
  const folders = [join(path, ALIGNMENTS), join(path, '..', '..', ALIGNMENTS)];
  const found = folders.find((folder) => existsSync(folder));
  if (found === undefined)
    throw new UserError(`${path} lacks the transforms that align its pairs first; put ${ALIGNMENTS} back.`);
  return found;
}

async function pictureOf(path: string, place: number): Promise<string> {
  const stored = await new RunFolder(path).readConfig();
  const { config } = stored;
  const dataset = await openDataset(stored.data, nodeFiles());
  const paired = isPaired(dataset);
  const pair = pairsOf(stored, paired)[place];
  if (!pair) throw new UserError('There is no such validation pair; choose another one.');
  const model = await readModel(path);
  const registrar = new Registrar(model);
  try {
    const [fixed, moving] = casesOf(dataset, [pair.fixed, pair.moving]) as [Dataset['cases'][0], Dataset['cases'][0]];
    const files = await filesOfPair({ dataset, pairs: [] }, { fixed, moving });
    const alignment = caseAlignmentOf(config);
    const registered = await registerAligned(registrar, files, fixed, alignment, {
      folder: alignment ? alignmentsOf(path) : path,
      start: paired ? startOf(config) : 'center',
    });
    const { epoch = '?' } = model.record;
    const title = `${pair.moving === pair.fixed ? pair.fixed : `${pair.moving} onto ${pair.fixed}`}, epoch ${epoch}`;
    const { labelNames, synthetic, imageNames } = dataset;
    return pairFigure(registered, title, {
      labelNames,
      ...given({ note: synthetic?.description, names: imageNames }),
      ...(paired && { isTwoModalities: true }),
    });
  } finally {
    await registrar.release();
  }
}
