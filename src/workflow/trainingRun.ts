import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { type Dataset, isPaired, type OpenOptions, openDataset } from '../dataset/dataset.ts';
import { PAPER_SPLIT, type Split, type SplitFractions, splitCases } from '../dataset/split.ts';
import { UserError } from '../errors.ts';
import { nodeFiles } from '../file/nodeFiles.ts';
import { given } from '../given.ts';
import type { RuntimeOptions } from '../graph/index.ts';
import { weightsFor } from '../network/model.ts';
import { keptWeights, type TrainingState } from '../training/checkpoint.ts';
import { networkOf, type TrainingConfig, trainingConfig } from '../training/configuration.ts';
import { improvesLast, type StoppingRule } from '../training/earlyStopping.ts';
import { casesOf, readCases } from '../training/readCases.ts';
import { assertTrainingRoom } from '../training/room.ts';
import { type EpochRecord, type StopReason, train } from '../training/trainer.ts';
import { modelRecord, prepareTraining, settled, type TrainingCase } from '../training/trainModel.ts';
import type { Mat4 } from '../volume/grid.ts';
import { caseAlignmentOf, caseAlignments } from './caseAlignments.ts';
import { freshPairs } from './freshPairs.ts';
import { readModel } from './modelFile.ts';
import { assertSameScans, type Origin, otherThreads, scansOf, sharedScans, threadsOf } from './origin.ts';
import { DISK } from './readImage.ts';
import { ALIGNMENTS, RunFolder, type StoredConfig } from './runFolder.ts';

/** What a training run on disk is asked to do. */
interface TrainingRunOptions {
  /** Folder of the run. */
  readonly out: string;
  /** Folder of scans; with `resume`, the one stored in the run unless given. */
  readonly data?: string;
  /** Which images of a data set are used, where it leaves a choice. */
  readonly open?: OpenOptions;
  /** Settings that differ from the defaults; with `resume`, only `epochs` and `patience` may differ from the run's. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly split?: SplitFractions;
  /** The cases by what they are used for, in place of a random split. */
  readonly cases?: Split;
  /**
   * Folder of the transforms that align pairs first, where the settings ask for them; `alignments/` in the run's when
   * left out.
   */
  readonly alignments?: string;
  /** A run's folder or model file that aligns each pair first; copied into the new run. */
  readonly first?: string;
  /**
   * A run's folder or model file with the same network, whose weights training begins with; copied into the new run.
   */
  readonly weights?: string;
  /** What the scans' files must be, where that is known: size and hash by path, as an {@link Origin} has them. */
  readonly scans?: Origin['scans'];
  readonly resume: boolean;
  readonly version: string;
  readonly runtime?: RuntimeOptions;
  readonly signal?: AbortSignal;
  readonly observer?: TrainingRunObserver;
}

/** What the caller shows. */
export interface TrainingRunObserver {
  loading?(done: number, total: number): void;
  aligning?(done: number, total: number): void;
  /** What is to be known of the data, or is not as it was when the run was left, in a sentence. */
  note?(sentence: string): void;
  /** Before the first epoch, with the settings as they are used. */
  started?(stored: StoredConfig, state: TrainingState | undefined): void;
  progress?(epoch: number, done: number, total: number, loss: number): void;
  /** The epoch's checkpoint is written; training goes on when this is done. */
  epochDone?(record: EpochRecord): void | Promise<void>;
}

/** How a run ended. */
interface TrainingRunResult {
  readonly reason: StopReason;
  readonly records: readonly EpochRecord[];
  readonly stored: StoredConfig;
  /** Validation loss before training and after each epoch. */
  readonly losses: readonly number[];
}

const CHANGEABLE = ['epochs', 'patience'];

/**
 * Trains from a folder of scans into a run's folder, from the start or from its last checkpoint.
 * @example
 * await trainingRun({ out: 'runs/first', data: 'scans', settings: { loss: 'ncc' }, resume: false, version: '0.1.0' })
 */
export async function trainingRun(options: TrainingRunOptions): Promise<TrainingRunResult> {
  const folder = new RunFolder(options.out);
  const previous = options.resume ? await folder.readConfig() : undefined;
  if (!previous) await folder.assertUnused();
  await folder.removeTemporaries();
  const data = options.data ?? previous?.data;
  if (data === undefined) throw new UserError('Give the folder of scans with --data.');
  const dataset = await openDataset(data, nodeFiles(), options.open);
  const split =
    previous?.split ??
    options.cases ??
    splitCases(
      dataset.cases.map(({ id }) => id),
      seedOf(options.settings),
      options.split ?? PAPER_SPLIT,
    );
  const used = [...split.train, ...split.validation];
  const runtime = { ...options.runtime };
  const threads = runtime.threads ?? previous?.origin?.threads ?? undefined;
  if (threads !== undefined) runtime.threads = threads;
  const scans = await scansOf(dataset, casesOf(dataset, used), options.signal);
  const origin: Origin = { ...threadsOf(threads), scans };
  const before = previous?.origin;
  if (before) assertSameScans(before.scans, scans, `the run in ${options.out}`);
  if (options.scans) assertSameScans(sharedScans(options.scans, scans), scans, `the experiment of ${options.out}`);
  const other = before && otherThreads(before, origin);
  if (other !== undefined) options.observer?.note?.(other);
  // Ctrl-C is only heard between two cases.
  const pause = async (): Promise<void> => {
    await turn();
    options.signal?.throwIfAborted();
  };
  const intended = previous ? continued(previous.config, options.settings) : trainingConfig({ ...options.settings });
  await assertTrainingRoom(intended, used.length * (isPaired(dataset) ? 2 : 1), runtime);
  const read = await readCases(DISK, dataset, used, intended, async (done) => {
    if (done > 0) options.observer?.loading?.(done, used.length);
    await pause();
  });
  options.observer?.loading?.(used.length, used.length);
  const config = previous ? continued(previous.config, options.settings) : settled(options.settings, read);
  const loaded = await alignCases(dataset, read, config, options);

  const first = previous
    ? await folder.readFirst(previous)
    : options.first
      ? await readModel(options.first)
      : undefined;
  const training = await prepareTraining(loaded, split, config, {
    ...given({ first }),
    scans: { ...dataset.shows, synthetic: dataset.synthetic !== undefined },
    pause,
  });
  const { specs } = training;
  const state = previous && (await folder.readState(specs, config, (sentence) => options.observer?.note?.(sentence)));
  const start = previous
    ? await folder.readStart(previous, state !== undefined)
    : options.weights && (await readModel(options.weights));
  const initial = start ? weightsFor(start, networkOf(config)) : undefined;
  const hasFirst = first !== undefined;
  const hasStart = start !== undefined || (previous?.hasStart ?? false);
  const { version } = options;
  const { synthetic } = dataset;
  const stored: StoredConfig = {
    version,
    data,
    ...given({ synthetic }),
    config,
    split,
    origin,
    hasFirst,
    ...(hasStart && { hasStart }),
  };
  // A run that has its settings has its first model too.
  if (first && !previous) await folder.writeFirst(first);
  if (start && !previous) await folder.writeStart(start);
  await folder.writeConfig(stored);
  if (synthetic) options.observer?.note?.(synthetic.description);
  options.observer?.started?.(stored, state);

  const { reason, state: last } = await train({
    ...training,
    ...given({ resume: state, initial, fresh: config.fresh ? await freshPairs(dataset, config) : undefined }),
    runtime,
    ...given({ signal: options.signal }),
    observer: {
      progress: (epoch, done, total, loss) => options.observer?.progress?.(epoch, done, total, loss),
      async epochDone(record, current) {
        const model = training.modelOf(keptWeights(current), modelRecord(stored, dataset, record));
        await folder.addEpoch(record, current, specs, model, improvedRules(current.losses, config));
        await options.observer?.epochDone?.(record);
      },
    },
  });
  return { reason, records: folder.records, stored, losses: last.losses };
}

function seedOf(settings: Readonly<Record<string, unknown>>): number {
  const { seed, splitSeed } = trainingConfig({ ...settings });
  return splitSeed ?? seed;
}

/** A run's settings, with the few that may change. */
function continued(config: TrainingConfig, settings: Readonly<Record<string, unknown>>): TrainingConfig {
  for (const [key, value] of Object.entries(settings)) {
    const own = config[key as keyof TrainingConfig];
    if (!CHANGEABLE.includes(key) && JSON.stringify(own) !== JSON.stringify(value))
      throw new UserError(
        `The run was started with ${key} = ${JSON.stringify(own)}, so it cannot continue with ${JSON.stringify(value)}; leave that option out, or start another run.`,
      );
  }
  return trainingConfig({ ...config, ...settings });
}

/** The cases with the transforms that align them first, where the settings ask for it. */
async function alignCases(
  { cases }: Dataset,
  read: readonly TrainingCase[],
  config: TrainingConfig,
  { alignments, out, runtime, observer }: TrainingRunOptions,
): Promise<readonly TrainingCase[]> {
  const alignment = caseAlignmentOf(config);
  if (!alignment) return read;
  const ids = new Set(read.map(({ id }) => id));
  const found = await caseAlignments(
    cases.filter(({ id }) => ids.has(id)),
    alignment,
    { folder: alignments ?? join(out, ALIGNMENTS), ...given({ runtime }) },
    (done, total) => observer?.aligning?.(done, total),
  );
  return read.map((each) => ({ ...each, aligned: found.get(each.id) as Mat4 }));
}

/** The rules of early stopping after the first by which the last epoch is the best so far. */
function improvedRules(losses: readonly number[], config: TrainingConfig): readonly StoppingRule[] {
  return config.stopping.slice(1).filter((rule) => improvesLast(losses, rule, config));
}
