import type { Split } from '../dataset/split.ts';
import type { Synthetic } from '../dataset/synthetic.ts';
import type { Values } from '../metric/measures.ts';
import type { TrainingConfig } from '../training/configuration.ts';
import type { EpochRecord } from '../training/epochRecord.ts';
import type { StopReason } from '../training/trainer.ts';
import type { Size } from '../volume/grid.ts';

/** A file of a folder that was picked. */
export interface PickedFile {
  /** With the names of its folders, the picked one first: `scans/imagesTr/a.nii.gz`. */
  readonly path: string;
  readonly file: Blob;
}

/** Data that are made: by which generator, with which settings. */
export interface DataToMake {
  readonly generator: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A training that begins. */
export interface TrainingStart {
  /** A picked folder, or what is to be made. */
  readonly data: readonly PickedFile[] | DataToMake;
  /** Settings that differ from the defaults: see `trainingSchema`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What it is called in the page. */
  readonly title?: string;
  /** Of the program, for the model's file. */
  readonly version: string;
}

/** What is kept of a training beside its numbers: what `config.json` of a run on disk holds. */
export interface KeptConfig {
  readonly version: string;
  readonly title?: string;
  /** Name of the data set. */
  readonly data: string;
  readonly synthetic?: Synthetic;
  readonly config: TrainingConfig;
  readonly split: { readonly [Part in keyof Split]: readonly string[] };
  /** Why it ended, when it did. */
  readonly ended?: StopReason;
}

/** One validation pair as the network sees it now: values on its grid, x fastest. */
export interface PairShown {
  readonly size: Size;
  readonly fixed: Float32Array;
  readonly moving: Float32Array;
  readonly moved: Float32Array;
}

/** What a training reports on its way. */
export type TrainingEvent =
  | {
      readonly kind: 'data';
      readonly what: 'kept' | 'made' | 'read' | 'tested';
      readonly done: number;
      readonly total: number;
    }
  | {
      readonly kind: 'started';
      readonly stored: KeptConfig;
      readonly records: readonly EpochRecord[];
    }
  | {
      readonly kind: 'step';
      readonly epoch: number;
      /** Pairs of this epoch, training and validation together. */
      readonly done: number;
      readonly total: number;
      readonly loss: number;
    }
  | { readonly kind: 'pair'; readonly pair: PairShown }
  | { readonly kind: 'epoch'; readonly record: EpochRecord };

/** How a training ended. */
export interface TrainingEnd {
  readonly reason: StopReason;
  readonly records: readonly EpochRecord[];
}

/** The test pairs of a training, by means over them. */
export interface TestResult {
  readonly pairs: number;
  readonly before: Values;
  readonly after: Values;
}

/** What a worker can be asked of trainings. */
export interface TrainingTasks {
  /** Trains until it is over: from the start where that is given, or on from the last finished epoch. */
  train: {
    readonly input: {
      /** Name of its folder among those that are kept. */
      readonly run: string;
      readonly start?: TrainingStart;
    };
    readonly output: TrainingEnd;
  };
  /** Registers the test pairs of a kept training with its best model. */
  test: { readonly input: string; readonly output: TestResult };
  /** The best model of a kept training, as a file. */
  trainedModel: { readonly input: string; readonly output: Uint8Array };
  /** Removes a kept training with its scans. */
  forgetTraining: { readonly input: string; readonly output: undefined };
}
