import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import type { RuntimeOptions } from '../graph/index.ts';
import { chooseSimilarity } from '../loss/registry.ts';
import { decodeModel } from '../network/model.ts';
import { judgementSentences } from '../outcome/judgementText.ts';
import { onePairReport, provenanceOfPlan } from '../outcome/onePairReport.ts';
import { centreOf } from '../preparation/preprocessing.ts';
import { FittingRegistrar, startOfModel } from '../registration/fitting.ts';
import { judged, type RegisteredPair } from '../registration/judged.ts';
import { type Judgement, judgement } from '../registration/judgement.ts';
import { levelsDone, type Plan, type PlanChoices, planPair, planSentence } from '../registration/plan.ts';
import { maskedPair, PlannedRegistrar } from '../registration/planned.ts';
import { REFINE_DEFAULTS } from '../registration/refine.ts';
import { Registrar, type Registration } from '../registration/register.ts';
import { makePhantomCase } from '../synthesis/phantom/phantom.ts';
import { makePhantomAtlas } from '../synthesis/phantom/phantomAtlas.ts';
import { assertSameGrid } from '../volume/checks.ts';
import { decodeImage } from '../volume/decodeImage.ts';
import type { Warp } from '../volume/grid.ts';
import { imageFormat } from '../volume/imageFormat.ts';
import { invertWarp, unwarpPoints } from '../volume/invertWarp.ts';
import { encodeItkTransform } from '../volume/itkTransform.ts';
import { decodeLandmarkCsv } from '../volume/landmarkCsv.ts';
import { applyToPoints, invert } from '../volume/matrix.ts';
import { encodeNifti } from '../volume/nifti.ts';
import { decodeTag } from '../volume/tagFile.ts';
import { applyWarp } from '../volume/warp.ts';
import { deformationOf } from './deformation.ts';
import type {
  Deformation,
  FileToRead,
  MadePair,
  PairToRegister,
  ReadImage,
  RegistrationEvent,
  ReportText,
  ResultFile,
  TaskName,
  Tasks,
  WorkerRegistration,
  WorkerSettings,
} from './protocol.ts';
import { readImageOf } from './readImage.ts';
import type { TrainingTasks } from './trainingProtocol.ts';

/** How a registration reports its progress. */
type Tell = (event: RegistrationEvent) => void;

type Work = {
  readonly [Name in Exclude<TaskName, keyof TrainingTasks>]: (
    input: Tasks[Name]['input'],
    tell: Tell,
  ) => Promise<Tasks[Name]['output']>;
};

/** Loss of a refinement that names none, as on the command line. */
const REFINE_LOSS = 'ncc';

interface LastRegistration extends RegisteredPair {
  readonly notes: readonly string[];
  readonly judgement: Judgement;
}

/** What there is to do in a worker. The last registration is kept for the files that may be asked for. */
export class Workshop implements Work {
  #last: LastRegistration | undefined;
  #settings: Pick<WorkerSettings, 'threads' | 'device'> = {};

  /** How it is computed; a device is for networks alone. */
  use(settings: Pick<WorkerSettings, 'threads' | 'device'>): void {
    this.#settings = settings;
  }

  /** Reads an image; a file of another kind, or a damaged one, is refused in a sentence. */
  async read({ name, bytes, others = {} }: FileToRead): Promise<ReadImage> {
    const format = imageFormat(name);
    if (format === undefined || format === 'itk')
      throw new UserError(
        `${name} has a format that cannot be read here; give .nii, .nii.gz, .nrrd, .mha, .mhd, .mgh or .mgz.`,
      );
    return readImageOf(await decodeImage(format, { bytes, name, files: dropped(others) }));
  }

  /** Reads landmarks, RAS mm. */
  async landmarks({ name, bytes }: FileToRead): Promise<Tasks['landmarks']['output']> {
    const text = new TextDecoder().decode(bytes);
    return name.toLowerCase().endsWith('.tag') ? decodeTag(text, name) : decodeLandmarkCsv(text, name);
  }

  /** Two phantoms of one seed, with all that is known of them. */
  async demo({ seed }: { readonly seed: number }): Promise<MadePair> {
    const atlas = makePhantomAtlas(seed);
    const [fixed, moving] = [0, 1].map((index) => makePhantomCase({ seed, index, atlas, size: DEMO_SIZE }));
    return {
      fixed: fixed!.image,
      moving: moving!.image,
      fixedLabels: fixed!.labels,
      movingLabels: moving!.labels,
      landmarks: {
        names: fixed!.landmarks.map((_, n) => String(n + 1)),
        fixed: fixed!.landmarks,
        moving: moving!.landmarks,
      },
      names: { fixed: `${fixed!.id}.nii.gz`, moving: `${moving!.id}.nii.gz` },
    };
  }

  async plan({ pair, choices }: Tasks['plan']['input']): Promise<Tasks['plan']['output']> {
    const plan = planPair(maskedPair(pair), choices);
    return { plan, sentence: planSentence(plan) };
  }

  /** Registers a pair by the plan for it, and judges it. */
  async register(input: Tasks['register']['input'], tell: Tell): Promise<WorkerRegistration> {
    const { pair } = input;
    const begun = performance.now();
    this.#last = undefined;
    assertLabels(pair);
    const notes: string[] = [];
    const { registrar, start } = this.#opened(input, tell, notes);
    try {
      const registration = await registrar.register(pair, start);
      notes.push(...(registration.done?.notes ?? []), ...(registration.warnings ?? []));
      return this.#judge(registration, pair, notes, () => (performance.now() - begun) / 1000);
    } finally {
      await registrar.release();
    }
  }

  /** Measures the last registration by labels and landmarks that came later. */
  async measure(pair: PairToRegister): Promise<WorkerRegistration> {
    assertLabels(pair);
    const { last } = this;
    return this.#judge(last, pair, last.notes, () => last.seconds);
  }

  #judge(
    registration: Registration,
    pair: PairToRegister,
    notes: readonly string[],
    seconds: () => number,
  ): WorkerRegistration {
    const last = judged(registration, pair);
    const { before, moved, startLabels, movedLabels, alignment, assessment, landmarks } = last;
    const result = {
      notes,
      before: copied(before),
      moved: copied(moved),
      ...given({
        startLabels: startLabels && copied(startLabels),
        movedLabels: movedLabels && copied(movedLabels),
        alignment,
        done: registration.done,
      }),
      ...(landmarks
        ? {
            points: {
              start: applyToPoints(invert(last.start), landmarks.moving),
              moved: unwarpPoints(last.warp, landmarks.moving),
            },
          }
        : {}),
      judgement: judgement(last),
      assessment,
      seconds: seconds(),
    };
    this.#last = { ...last, notes, judgement: result.judgement, seconds: result.seconds };
    return result;
  }

  /** @throws UserError where nothing was registered */
  get last(): LastRegistration {
    if (!this.#last) throw new UserError('There is no result yet; register a pair first.');
    return this.#last;
  }

  /** What registers: a model where there is one that fits the pair, else a plan. */
  #opened({ pair, choices, model }: Tasks['register']['input'], tell: Tell, notes: string[]) {
    if (!model) return { registrar: this.#planned(pair, choices, tell), start: undefined };
    const decoded = decodeModel(model.bytes, model.name);
    const loss = chooseSimilarity(choices.loss?.name ?? REFINE_LOSS);
    const { alignment = 'none' } = choices;
    const steps = model.refine ?? 0;
    const byModel = new Registrar(decoded, {
      runtime: { ...this.#runtime, ...given({ device: this.#settings.device }) },
      ...(alignment === 'none' ? {} : { alignment: { kind: alignment } }),
      ...(steps === 0 ? {} : { refine: { ...REFINE_DEFAULTS, loss, steps } }),
      onRefine: (step, all, value) => tell({ kind: 'step', level: 0, step, steps: all, loss: value, done: step / all }),
    });
    const parts = [
      ...(alignment === 'none' ? [] : [`${alignment} alignment`]),
      `one pass through the model ${model.name}`,
      ...(steps === 0 ? [] : [`${steps} steps of refinement by ${loss.similarity.name.toUpperCase()}`]),
    ];
    tell({ kind: 'plan', sentence: `By a model: ${parts.join(', then ')}.`, steps: steps === 0 ? [] : [steps] });
    const say = (sentence: string): void => {
      notes.push(`${sentence} It was registered without the model.`);
    };
    const registrar = new FittingRegistrar(byModel, say, this.#planned(pair, {}, tell));
    return { registrar, start: startOfModel(decoded) };
  }

  get #runtime(): RuntimeOptions {
    return { ...given({ threads: this.#settings.threads }), remedy: 'choose coarser levels, or use the command line' };
  }

  #planned({ moving }: PairToRegister, choices: PlanChoices, tell: Tell): PlannedRegistrar {
    let plan: Plan | undefined;
    return new PlannedRegistrar({
      choices,
      runtime: this.#runtime,
      onPlan(made) {
        plan = made;
        tell({ kind: 'plan', plan, sentence: planSentence(made), steps: made.levels.map(({ steps }) => steps) });
      },
      onWarp: (at, warp) => tell({ kind: 'warp', at, moved: applyWarp(warp, moving) }),
      onProgress: (level, step, steps, loss) =>
        tell({ kind: 'step', level, step, steps, loss, done: levelsDone(plan as Plan, level, step) }),
    });
  }

  async report({ names, provenance, note }: ReportText): Promise<Uint8Array> {
    const { last } = this;
    const origin = { ...provenance, ...provenanceOfPlan(last.done), 'Synthetic data': note };
    return new TextEncoder().encode(
      onePairReport(last, names, origin, { ...given({ note }), remarks: judgementSentences(last.judgement) }),
    );
  }

  async deformation(): Promise<Deformation> {
    return deformationOf(this.last.warp, this.last.start);
  }

  async warp(): Promise<Warp> {
    return copied(this.last.warp);
  }

  /** A file of the last registration. */
  async file(which: ResultFile): Promise<Uint8Array> {
    const { last } = this;
    const gzip = { gzip: true };
    switch (which) {
      case 'moved':
        return encodeNifti(last.moved, gzip);
      case 'warp':
        return encodeNifti(last.warp, gzip);
      case 'inverseWarp':
        return encodeNifti(invertWarp(last.warp, last.moving, last.inverse).warp, gzip);
      case 'movedLabels':
        if (!last.movedLabels) throw new UserError('Moved labels need the labels of the moving scan.');
        return encodeNifti(last.movedLabels, gzip);
      case 'transform':
        if (!last.alignment) throw new UserError('No transform was found: the plan had no alignment.');
        return new TextEncoder().encode(encodeItkTransform(last.alignment, centreOf(last.fixed)));
    }
  }
}

/** What is given away, so that the worker keeps its own. */
function copied<T extends { readonly data: Float32Array | Int32Array }>(image: T): T {
  return { ...image, data: image.data.slice() };
}

/** Voxels of the phantoms. */
const DEMO_SIZE = [56, 64, 48] as const;

/** @throws UserError where labels lie on another grid than their scan */
function assertLabels({ fixed, moving, fixedLabels, movingLabels }: PairToRegister): void {
  if (fixedLabels) assertSameGrid(fixed, fixedLabels, 'The fixed scan', 'its labels');
  if (movingLabels) assertSameGrid(moving, movingLabels, 'The moving scan', 'its labels');
}

/** Files that were dropped together, which a header may name. */
function dropped(others: Readonly<Record<string, Uint8Array>>) {
  return {
    exists: async (path: string): Promise<boolean> => path in others,
    read: async (path: string): Promise<Uint8Array> => {
      const bytes = others[path];
      if (!bytes) throw new UserError(`${path} is missing; drop it together with its header.`);
      return bytes;
    },
  };
}
