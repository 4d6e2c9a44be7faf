import type { Assessment } from '../registration/assess.ts';
import type { Judgement } from '../registration/judgement.ts';
import type { Plan, PlanChoices } from '../registration/plan.ts';
import type { WarpStage } from '../registration/planned.ts';
import type { PlanDone } from '../registration/register.ts';
import type { Labels, Mat4, Vec3, Volume, Warp } from '../volume/grid.ts';
import type { Landmark, PointPairs } from '../volume/landmarks.ts';
import type { TrainingEvent, TrainingTasks } from './trainingProtocol.ts';

/** How the worker computes. */
export interface WorkerSettings {
  /** Threads of WebAssembly; 1 where the page is not isolated from other origins. */
  readonly threads?: number;
  /** Set where the graphics card computes networks; the runtime's WebAssembly must know it. */
  readonly device?: 'webgpu';
  /** Addresses of ONNX Runtime's module and of its WebAssembly; where its package lies when left out. */
  readonly runtime?: { readonly mjs: string; readonly wasm: string };
}

/** A file with those that its header may name. */
export interface FileToRead {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly others?: Readonly<Record<string, Uint8Array>>;
}

/** What a file turned out to hold. */
export interface ReadImage {
  readonly volume: Volume;
  /** The same as labels, where its values can be some. */
  readonly labels?: Labels;
}

/** A pair with what it can be measured by. */
export interface PairToRegister {
  readonly fixed: Volume;
  readonly moving: Volume;
  readonly fixedLabels?: Labels;
  readonly movingLabels?: Labels;
  readonly landmarks?: PointPairs;
}

/** A pair that the phantom's generator made. */
export interface MadePair extends Required<PairToRegister> {
  /** How its images are called. */
  readonly names: { readonly fixed: string; readonly moving: string };
}

/** A model to register by, in place of a plan. */
interface ModelToUse {
  readonly name: string;
  /** Those of a `model.onnx`. */
  readonly bytes: Uint8Array;
  /** Steps by which the pair is optimised after it. */
  readonly refine?: number;
}

/** A registration as it comes back from the worker. */
export interface WorkerRegistration {
  /** The plan as it was carried out; none where a model registered. */
  readonly done?: PlanDone;
  /** What is to be known of it, a sentence each. */
  readonly notes: readonly string[];
  /** The moving scan on the fixed scan's grid, at the start and in the end. */
  readonly before: Volume;
  readonly moved: Volume;
  readonly startLabels?: Labels;
  readonly movedLabels?: Labels;
  /** The moving scan's landmarks in the fixed scan's space, as the start and the registration bring them there. */
  readonly points?: { readonly start: readonly Vec3[]; readonly moved: readonly Vec3[] };
  /** The transform that came first, RAS mm. */
  readonly alignment?: Mat4;
  readonly judgement: Judgement;
  readonly assessment: Assessment;
  readonly seconds: number;
}

/** What a warp does, to be looked at. */
export interface Deformation {
  /**
   * log2 of the change of volume on the fixed scan's grid; NaN where space folds, infinite at the border, where it is
   * not known.
   */
  readonly change: Volume;
  /** The displacement beyond the start, one vector in some voxels, LPS mm. */
  readonly displacement: Warp;
}

/** What a report says beside the registration. */
export interface ReportText {
  /** How the scans are called. */
  readonly names: { readonly fixed: string; readonly moving: string };
  /** Where its numbers come from, by name. */
  readonly provenance: Readonly<Record<string, string>>;
  /** That the scans were made, where they were. */
  readonly note?: string;
}

/** What a registration reports on its way. */
export type RegistrationEvent =
  | {
      readonly kind: 'plan';
      /** None where a model registers. */
      readonly plan?: Plan;
      readonly sentence: string;
      /** Steps of each level at most. */
      readonly steps: readonly number[];
    }
  | { readonly kind: 'warp'; readonly at: WarpStage; readonly moved: Volume }
  | {
      readonly kind: 'step';
      readonly level: number;
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      /** Share of all levels that is done, 0 to 1. */
      readonly done: number;
    };

/** Files that are made of the last registration, the same as `earthmorph register` writes. */
export const RESULT_FILES = {
  moved: 'moved.nii.gz',
  warp: 'warp.nii.gz',
  inverseWarp: 'inverse-warp.nii.gz',
  transform: 'transform.tfm',
  movedLabels: 'moved-labels.nii.gz',
} as const;
export type ResultFile = keyof typeof RESULT_FILES;

/** What the worker can be asked, and what it answers. */
export interface Tasks extends TrainingTasks {
  read: { readonly input: FileToRead; readonly output: ReadImage };
  landmarks: { readonly input: FileToRead; readonly output: readonly Landmark[] };
  demo: { readonly input: { readonly seed: number }; readonly output: MadePair };
  plan: {
    readonly input: { readonly pair: PairToRegister; readonly choices: PlanChoices };
    readonly output: { readonly plan: Plan; readonly sentence: string };
  };
  register: {
    readonly input: { readonly pair: PairToRegister; readonly choices: PlanChoices; readonly model?: ModelToUse };
    readonly output: WorkerRegistration;
  };
  /** Measures the last registration anew, by labels and landmarks that came later. */
  measure: { readonly input: PairToRegister; readonly output: WorkerRegistration };
  /** What the last registration's warp does. */
  deformation: { readonly input: object; readonly output: Deformation };
  /** The last registration's warp: fixed scan's grid, LPS mm, fixed point → moving point. */
  warp: { readonly input: object; readonly output: Warp };
  file: { readonly input: ResultFile; readonly output: Uint8Array };
  /** The HTML report of the last registration, the same as `earthmorph register` writes. */
  report: { readonly input: ReportText; readonly output: Uint8Array };
}
export type TaskName = keyof Tasks;

/** What a task reports on its way. */
export type EventOf<Name extends TaskName> = Name extends keyof TrainingTasks ? TrainingEvent : RegistrationEvent;

/** To the worker. */
export type Request =
  | { readonly kind: 'settings'; readonly settings: WorkerSettings }
  | { readonly kind: 'task'; readonly id: number; readonly name: TaskName; readonly input: unknown }
  /** Holds a training after the step under way, or lets it go on. */
  | { readonly kind: 'hold'; readonly isHeld: boolean };

/** From the worker. */
export type Answer =
  | { readonly id: number; readonly kind: 'event'; readonly event: RegistrationEvent | TrainingEvent }
  | { readonly id: number; readonly kind: 'done'; readonly output: unknown }
  /** `isMistake`: a sentence for the user; otherwise a defect, or the device's own trouble. */
  | { readonly id: number; readonly kind: 'failed'; readonly message: string; readonly isMistake: boolean };
