import { PAPER_SPLIT, type SplitFractions, splitCases } from '../dataset/split.ts';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import type { RuntimeOptions } from '../graph/index.ts';
import { median } from '../metric/statistics.ts';
import { type RegistrationModel, stagesBefore } from '../network/model.ts';
import {
  type InitialAlignment,
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
import { bestSoFar, type EpochRecord, type StopReason, type TrainingObserver, train } from './trainer.ts';

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
  const preprocessing = preprocessingOf(config);
  if (config.affine !== 'none' && cases.some(({ aligned }) => !aligned))
    throw new UserError(
      'The setting "affine" is for data on disk; align cases with alignPair and give them as "aligned".',
    );
  const ids = cases.map(({ id }) => id);
  const split = splitCases(ids, config.splitSeed ?? config.seed, options.split ?? PAPER_SPLIT);
  const prepared = new Map(cases.map((each) => [each.id, prepareCase(each.id, each, preprocessing, startOf(config))]));
  const pick = (chosen: readonly string[]) => chosen.flatMap((id) => prepared.get(id) ?? []);
  const before = options.first ? stagesBefore(options.first, preprocessing) : [];
  const records: EpochRecord[] = [];
  let best = new Float32Array(0);
  const { state, reason } = await train({
    config,
    before,
    data: { train: pick(split.train), validation: pick(split.validation) },
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
  const model: RegistrationModel = {
    stages: [
      ...before,
      { network: networkOf(config), reduction: 1, parameters: best.length > 0 ? best : keptWeights(state) },
    ],
    preprocessing,
    record: { loss: config.loss, seed: String(config.seed), epoch: String(bestSoFar(state, config).bestEpoch) },
    ...(options.scans && { trainedOn: trainedOn(imagesOf(cases), options.scans) }),
  };
  return { model, records, reason };
}
