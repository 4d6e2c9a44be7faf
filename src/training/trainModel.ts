import { type Dataset, isPaired } from '../dataset/dataset.ts';
import { PAPER_SPLIT, type Split, type SplitFractions, splitCases } from '../dataset/split.ts';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import type { RuntimeOptions } from '../graph/index.ts';
import { assertFits, chooseSimilarity } from '../loss/registry.ts';
import { measures, valueIn } from '../metric/measures.ts';
import { median } from '../metric/statistics.ts';
import { type ModelStage, type RegistrationModel, stagesBefore } from '../network/model.ts';
import type { ParameterSpec } from '../network/parameters.ts';
import { networkParameters } from '../network/registry.ts';
import {
  type InitialAlignment,
  type PreparedVolume,
  type Preprocessing,
  prepareCase,
  preprocessingSchema,
  type ReadCase,
} from '../preparation/preprocessing.ts';
import { trainedOn } from '../preparation/trainedOn.ts';
import type { Volume } from '../volume/grid.ts';
import { voxelEdge } from '../volume/matrix.ts';
import { keptWeights } from './checkpoint.ts';
import { networkOf, type TrainingConfig, trainingConfig } from './configuration.ts';
import {
  bestSoFar,
  checkData,
  type EpochRecord,
  type StopReason,
  type TrainingData,
  type TrainingObserver,
  train,
} from './trainer.ts';

/**
 * One scan to train on, or the two of a pair of modalities (all cases have two, or none). Labels and landmarks are only
 * measured, unless the crop needs labels.
 */
export interface TrainingCase extends ReadCase {
  readonly id: string;
}

/** Options of {@link trainModel}. */
export interface TrainModelOptions {
  /** Settings that differ from the defaults: see `trainingSchema`. */
  readonly settings?: Partial<TrainingConfig>;
  readonly split?: SplitFractions;
  /** A trained model that aligns each pair first; the new one refines it. */
  readonly first?: RegistrationModel;
  /** What the scans are, in words, for the model's file. */
  readonly scans?: { readonly modality?: string; readonly anatomy?: string; readonly synthetic: boolean };
  readonly runtime?: RuntimeOptions;
  readonly onProgress?: TrainingObserver['progress'];
  readonly onEpoch?: (record: EpochRecord) => void;
  readonly signal?: AbortSignal;
}

/** What training gives. */
export interface TrainedModel {
  /** The weights with the best validation loss, ready for `register` and `encodeModel`. */
  readonly model: RegistrationModel;
  readonly records: readonly EpochRecord[];
  readonly reason: StopReason;
}

/** The images of cases, both of each pair. */
export function imagesOf(cases: readonly TrainingCase[]): readonly Volume[] {
  return cases.flatMap(({ image, moving }) => (moving ? [image, moving.image] : [image]));
}

/** The part of a configuration that says how volumes are prepared. */
export function preprocessingOf(config: TrainingConfig): Preprocessing {
  const keys = Object.keys(preprocessingSchema.shape) as (keyof Preprocessing)[];
  return preprocessingSchema.parse(Object.fromEntries(keys.map((key) => [key, config[key]])));
}

/** How the images of a pair of modalities start. */
export function startOf({ init }: TrainingConfig): InitialAlignment {
  return init ?? 'world';
}

/** What a training is made of: its volumes, its network, and the model that each of its states is. */
export interface PreparedTraining {
  readonly config: TrainingConfig;
  readonly data: TrainingData;
  /** Networks that register before the trained one. */
  readonly before: readonly ModelStage[];
  /** The weights of the network, by which checkpoints name them. */
  readonly specs: readonly ParameterSpec[];
  /** @param record what the model's file says of its training, in words */
  modelOf(parameters: Float32Array, record: RegistrationModel['record']): RegistrationModel;
}

/**
 * Prepares the volumes of cases, and checks that the loss fits them.
 * @param first a trained model that aligns each pair first
 * @param scans what the scans are, in words
 * @param pause awaited before each case
 * @throws UserError for too few cases, volumes that do not fit, or a first model that does not
 */
export async function prepareTraining(
  cases: readonly TrainingCase[],
  split: Pick<StoredSplit, 'train' | 'validation'>,
  config: TrainingConfig,
  { first, scans, pause }: Pick<TrainModelOptions, 'first' | 'scans'> & { readonly pause?: () => Promise<void> } = {},
): Promise<PreparedTraining> {
  const preprocessing = preprocessingOf(config);
  const prepared = new Map<string, PreparedVolume>();
  for (const each of cases) {
    await pause?.();
    prepared.set(each.id, prepareCase(each.id, each, preprocessing, startOf(config)));
  }
  const pick = (ids: readonly string[]): PreparedVolume[] => ids.flatMap((id) => prepared.get(id) ?? []);
  const data: TrainingData = { train: pick(split.train), validation: pick(split.validation) };
  const before = first ? stagesBefore(first, preprocessing) : [];
  assertFits(chooseSimilarity(config.loss, config.lossOptions), checkData(data).extent);
  const network = networkOf(config);
  const seen = scans && trainedOn(imagesOf(cases), scans);
  return {
    config,
    data,
    before,
    specs: networkParameters(network),
    modelOf: (parameters, record) => ({
      stages: [...before, { network, reduction: 1, parameters }],
      preprocessing,
      record,
      ...given({ trainedOn: seen }),
    }),
  };
}

/** A split as it is stored. */
type StoredSplit = { readonly [Part in keyof Split]: readonly string[] };

/** What a model's file says of its training, in words. */
export function modelRecord(
  {
    version,
    config,
    split,
  }: { readonly version: string; readonly config: TrainingConfig; readonly split: StoredSplit },
  dataset: Dataset,
  record: EpochRecord,
): Record<string, string> {
  return {
    earthmorph: version,
    data: dataset.name,
    cases: `${split.train.length} training, ${split.validation.length} validation, ${split.test.length} test`,
    loss: config.loss,
    smoothness: String(config.smoothness ?? 'default'),
    seed: String(config.seed),
    epoch: String(record.epoch),
    validationLoss: String(record.validationLoss),
    ...Object.fromEntries(
      [...measures().values()]
        .filter(({ key, headline }) => headline && Number.isFinite(valueIn(record, key)))
        .map(({ key }) => [`validation${key.charAt(0).toUpperCase()}${key.slice(1)}`, String(valueIn(record, key))]),
    ),
    ...(isPaired(dataset) ? { init: startOf(config), affine: config.affine } : {}),
  };
}

/** Settings with the voxel size of the data where none is given. */
export function settled(settings: Readonly<Record<string, unknown>>, loaded: readonly TrainingCase[]): TrainingConfig {
  if (settings.spacing !== undefined) return trainingConfig(settings);
  const edges = loaded.map(({ image }) => voxelEdge(image.affine));
  return trainingConfig({ ...settings, spacing: Number(median(edges).toPrecision(4)) });
}

/**
 * Trains a registration network on scans in memory, in Node or in a browser.
 * @throws UserError for a wrong setting, too few cases, volumes that do not fit, or a loss that diverges
 * @example const { model } = await trainModel(cases, { settings: { loss: 'ncc', size: 32, epochs: 10 } })
 */
export async function trainModel(
  cases: readonly TrainingCase[],
  options: TrainModelOptions = {},
): Promise<TrainedModel> {
  const config = trainingConfig(options.settings ?? {});
  if (config.affine !== 'none' && cases.some(({ aligned }) => !aligned))
    throw new UserError(
      'The setting "affine" is for data on disk; align cases with alignPair and give them as "aligned".',
    );
  const ids = cases.map(({ id }) => id);
  const split = splitCases(ids, config.splitSeed ?? config.seed, options.split ?? PAPER_SPLIT);
  const training = await prepareTraining(cases, split, config, options);
  const records: EpochRecord[] = [];
  let best: Float32Array | undefined;
  const { state, reason } = await train({
    ...training,
    ...given({ runtime: options.runtime, signal: options.signal }),
    observer: {
      ...given({ progress: options.onProgress }),
      epochDone(record, current) {
        records.push(record);
        if (record.best) best = keptWeights(current).slice();
        options.onEpoch?.(record);
      },
    },
  });
  const model = training.modelOf(best ?? keptWeights(state), {
    loss: config.loss,
    seed: String(config.seed),
    epoch: String(bestSoFar(state, config).bestEpoch),
  });
  return { model, records, reason };
}
