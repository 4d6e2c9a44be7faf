import { type Dataset, openDataset } from '../dataset/dataset.ts';
import { splitCases } from '../dataset/split.ts';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import type { RuntimeOptions } from '../graph/index.ts';
import { generate } from '../synthesis/generator.ts';
import { generators } from '../synthesis/registry.ts';
import { keptWeights } from '../training/checkpoint.ts';
import { trainingConfig } from '../training/configuration.ts';
import type { EpochRecord } from '../training/epochRecord.ts';
import { readCases } from '../training/readCases.ts';
import { assertTrainingRoom } from '../training/room.ts';
import { train } from '../training/trainer.ts';
import { modelRecord, prepareTraining, settled, type TrainingCase } from '../training/trainModel.ts';
import { caseReader } from './caseReader.ts';
import type { Gate } from './gate.ts';
import { KeptRun } from './keptRun.ts';
import { pairShown } from './pairShown.ts';
import type { KeptConfig, TrainingEnd, TrainingEvent, TrainingStart, TrainingTasks } from './trainingProtocol.ts';

/** What a training has from its worker. */
export interface TrainingSurroundings {
  readonly tell: (event: TrainingEvent) => void;
  readonly gate: Gate;
  /** How it is computed. */
  readonly runtime: Pick<RuntimeOptions, 'threads' | 'device'>;
}

/**
 * Trains in a worker as `earthmorph train` does, with the same numbers. The data set and the run lie in the origin's
 * private file system, so a page that was closed continues after its last finished epoch.
 * @throws UserError as training on a disk, and where another page trains the same run
 */
export async function trainKept(
  { run, start }: TrainingTasks['train']['input'],
  surroundings: TrainingSurroundings,
): Promise<TrainingEnd> {
  return navigator.locks.request(`earthmorph-training-${run}`, { ifAvailable: true }, async (lock) => {
    if (!lock) throw new UserError('Another page continues this training; close that page first.');
    const kept = await KeptRun.open(run);
    if (!start) return goOn(kept, await kept.readConfig(), undefined, surroundings);
    const name = await keepData(kept, start, surroundings);
    const { stored, cases } = await begin(kept, name, start, surroundings);
    return goOn(kept, stored, cases, surroundings);
  });
}

/** Brings the data into the run's folder. @returns the name of the data set */
async function keepData(
  { files, dataAt }: KeptRun,
  { data }: TrainingStart,
  { tell }: TrainingSurroundings,
): Promise<string> {
  if ('generator' in data) {
    const generator = generators().get(data.generator);
    if (!generator) throw new UserError(`There is no generator "${data.generator}".`);
    await generate(generator, data.settings, {
      writer: files.writer(dataAt(data.generator)),
      onProgress: (done, total) => tell({ kind: 'data', what: 'made', done, total }),
    });
    return data.generator;
  }
  const [first] = data;
  if (!first) throw new UserError('The folder is empty; pick one that holds scans.');
  for (const [n, { path, file }] of data.entries()) {
    tell({ kind: 'data', what: 'kept', done: n, total: data.length });
    await files.write(dataAt(path), file);
  }
  return first.path.split('/')[0] as string;
}

/** Makes a run of data and settings. */
async function begin(
  kept: KeptRun,
  name: string,
  { settings, title, version }: TrainingStart,
  surroundings: TrainingSurroundings,
): Promise<{ readonly stored: KeptConfig; readonly cases: readonly TrainingCase[] }> {
  const intended = trainingConfig(settings);
  if (intended.affine !== 'none') throw new UserError('Only the command line can align pairs before the network.');
  if (intended.fresh) throw new UserError('Only the command line can make a new pair for each step.');
  const dataset = await openDataset(kept.dataAt(name), kept.files);
  const { seed, splitSeed } = intended;
  const split = splitCases(
    dataset.cases.map(({ id }) => id),
    splitSeed ?? seed,
  );
  const cases = await read(kept, dataset, split, intended, surroundings);
  const { synthetic } = dataset;
  const config = settled(settings, cases);
  const stored: KeptConfig = { version, ...given({ title, synthetic }), data: name, config, split };
  await kept.writeConfig(stored);
  return { stored, cases };
}

async function read(
  kept: KeptRun,
  dataset: Dataset,
  { train: training, validation }: KeptConfig['split'],
  config: KeptConfig['config'],
  { tell, gate, runtime }: TrainingSurroundings,
): Promise<readonly TrainingCase[]> {
  const used = [...training, ...validation];
  await assertTrainingRoom(config, used.length, runtime);
  return readCases(caseReader(kept.files), dataset, used, config, async (done) => {
    tell({ kind: 'data', what: 'read', done, total: used.length });
    await gate.pass();
  });
}

/** Trains a run from its last finished epoch, or its first. */
async function goOn(
  kept: KeptRun,
  stored: KeptConfig,
  known: readonly TrainingCase[] | undefined,
  surroundings: TrainingSurroundings,
): Promise<TrainingEnd> {
  const { tell, gate, runtime } = surroundings;
  const { config, split } = stored;
  const dataset = await openDataset(kept.dataAt(stored.data), kept.files);
  const cases = known ?? (await read(kept, dataset, split, config, surroundings));
  const scans = { ...dataset.shows, synthetic: dataset.synthetic !== undefined };
  const training = await prepareTraining(cases, split, config, { scans });
  const checkpoint = await kept.readCheckpoint(training.specs, config);
  const records: EpochRecord[] = [...(checkpoint?.records ?? [])];
  tell({ kind: 'started', stored, records });
  const { reason } = await train({
    ...training,
    ...given({ resume: checkpoint?.state }),
    runtime: { ...runtime, remedy: 'choose a smaller size' },
    observer: {
      async progress(epoch, done, total, loss) {
        tell({ kind: 'step', epoch, done, total, loss });
        await gate.pass();
      },
      registered: (place, pair, displacement) =>
        place === 0 && tell({ kind: 'pair', pair: pairShown(pair, displacement) }),
      async epochDone(record, state) {
        records.push(record);
        const model = training.modelOf(keptWeights(state), modelRecord(stored, dataset, record));
        await kept.addEpoch(records, state, training.specs, model);
        tell({ kind: 'epoch', record });
      },
    },
  });
  await kept.writeConfig({ ...stored, ended: reason });
  return { reason, records };
}
