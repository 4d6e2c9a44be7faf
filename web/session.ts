import type {
  Deformation,
  PairToRegister,
  RegistrationEvent,
  ResultFile,
  WorkerRegistration,
} from '../src/browser/protocol.ts';
import { Cancelled } from '../src/browser/workerClient.ts';
import { UserError } from '../src/errors.ts';
import { given } from '../src/given.ts';
import type { Plan, PlanChoices } from '../src/registration/plan.ts';
import type { PointPairs } from '../src/volume/landmarks.ts';
import { commandOf } from './command.ts';
import { engineText, startEngine } from './engine.ts';
import type { Model } from './models.ts';
import type { LabelFile, Scan } from './scan.ts';
import { Topics } from './topics.ts';
import { version } from './version.ts';

/** What is said of pairs that the page made. */
const MADE = 'Synthetic phantoms, made in the page; no patient data.';

/** What of a session can change. */
export type Topic = 'scans' | 'plan' | 'progress' | 'preview' | 'result' | 'deformation' | 'message' | 'reading';

/** What is being done, step by step. */
export interface Progress {
  readonly begun: number;
  /** When the first level began. */
  readonly levelsBegun?: number;
  readonly losses: readonly { readonly level: number; readonly loss: number }[];
  /** Share of the levels that is done. */
  readonly done: number;
  readonly stage: string;
}

/** The moving scan on the fixed scan's grid, as far as it is. */
export interface Preview {
  readonly at: 'start' | 'aligned' | number;
  readonly moved: WorkerRegistration['moved'];
}

/** A message to the user: a mistake, or something to know. */
export interface Message {
  readonly kind: 'mistake' | 'note' | 'defect';
  readonly text: string;
}

/** What a page works on: a pair, how it is registered, and what came of it. */
export class Session extends Topics<Topic> {
  fixed: Scan | undefined;
  moving: Scan | undefined;
  fixedLabels: LabelFile | undefined;
  movingLabels: LabelFile | undefined;
  landmarks: { readonly name: string; readonly files: number; readonly pairs: PointPairs } | undefined;
  /** That the pair was made and not measured. */
  isMade = false;
  choices: PlanChoices = {};
  plan: { readonly plan?: Plan; readonly sentence: string; readonly steps: readonly number[] } | undefined;
  /** What registers in place of a plan. */
  model: Model | undefined;
  /** Steps of refinement after it. */
  refine = 0;
  progress: Progress | undefined;
  before: Preview['moved'] | undefined;
  preview: Preview | undefined;
  result: WorkerRegistration | undefined;
  /** What the result's warp does, once it was asked for. */
  deformation: Deformation | undefined;
  message: Message | undefined;
  /** The file that is being read. */
  reading: string | undefined;
  readonly engine = startEngine((text) => this.say({ kind: 'note', text }));
  #isDeformationAsked = false;

  get isRunning(): boolean {
    return this.progress !== undefined && this.result === undefined;
  }

  /** Everything that is known of the pair; undefined before both scans are there. */
  get pair(): PairToRegister | undefined {
    const { fixed, moving, fixedLabels, movingLabels, landmarks } = this;
    if (!fixed || !moving) return undefined;
    return {
      fixed: fixed.volume,
      moving: moving.volume,
      ...given({
        fixedLabels: fixedLabels?.labels,
        movingLabels: movingLabels?.labels,
        landmarks: landmarks?.pairs,
      }),
    };
  }

  /** Puts a scan in its place; what belonged to the one before is dropped. */
  setScan(place: 'fixed' | 'moving', scan: Scan): void {
    this.stop();
    this[place] = scan;
    this[place === 'fixed' ? 'fixedLabels' : 'movingLabels'] = undefined;
    this.landmarks = undefined;
    this.isMade = false;
    this.#forgetResult();
    this.tell('scans');
  }

  /** Both scans and what belongs to them change places. */
  swap(): void {
    this.stop();
    [this.fixed, this.moving] = [this.moving, this.fixed];
    [this.fixedLabels, this.movingLabels] = [this.movingLabels, this.fixedLabels];
    if (this.landmarks) {
      const { pairs } = this.landmarks;
      this.landmarks = { ...this.landmarks, pairs: { ...pairs, fixed: pairs.moving, moving: pairs.fixed } };
    }
    this.#forgetResult();
    this.tell('scans');
    void this.register();
  }

  /** Takes everything away. */
  clear(): void {
    this.stop();
    this.fixed = this.moving = this.fixedLabels = this.movingLabels = this.landmarks = undefined;
    this.isMade = false;
    this.#forgetResult();
    this.tell('scans');
  }

  /** Makes a pair of phantoms and registers it. */
  async tryBuiltIn(): Promise<void> {
    await this.attempt('a pair of phantoms', async () => {
      const { names, ...made } = await this.engine.ask('demo', { seed: 7 });
      this.stop();
      this.fixed = { name: names.fixed, volume: made.fixed };
      this.moving = { name: names.moving, volume: made.moving };
      this.fixedLabels = { name: 'true labels', labels: made.fixedLabels };
      this.movingLabels = { name: 'true labels', labels: made.movingLabels };
      this.landmarks = { name: 'true landmarks', files: 2, pairs: made.landmarks };
      this.isMade = true;
      this.#forgetResult();
      this.tell('scans');
    });
    await this.register();
  }

  /** Registers the pair, if there is one. */
  async register(): Promise<void> {
    const { pair } = this;
    if (!pair) return;
    this.stop();
    this.#forgetResult();
    const begun = performance.now();
    const progress: Progress = { begun, losses: [], done: 0, stage: 'Looking at the pair' };
    this.progress = progress;
    this.say(undefined);
    this.tell('progress');
    try {
      const { choices, refine } = this;
      const model = this.model && { name: this.model.name, bytes: await this.model.bytes(), refine };
      if (this.progress?.begun !== begun) return;
      const result = await this.engine.ask('register', { pair, choices, ...given({ model }) }, (event) =>
        this.#follow(event),
      );
      this.result = result;
      this.before = result.before;
      this.preview = undefined;
      if (result.notes.length > 0) this.say({ kind: 'note', text: result.notes.join(' ') });
      this.tell('progress', 'preview', 'result');
    } catch (error) {
      if (this.progress?.begun !== begun) return;
      this.progress = undefined;
      this.tell('progress');
      this.#sayError(error);
    }
  }

  /** Ends what is being computed. */
  stop(): void {
    if (!this.isRunning) return;
    this.progress = undefined;
    this.engine.cancel();
    this.tell('progress');
  }

  /** Measures the result by labels and landmarks that came after it. */
  async measureAgain(): Promise<void> {
    const { pair } = this;
    if (!pair || !this.result) return;
    await this.attempt('measures', async () => {
      this.result = await this.engine.ask('measure', pair);
      this.before = this.result.before;
      this.tell('result');
    });
  }

  /** Asks for what the result's warp does, once. */
  async askDeformation(): Promise<void> {
    if (this.#isDeformationAsked) return;
    this.#isDeformationAsked = true;
    const { result } = this;
    await this.attempt('the deformation', async () => {
      const deformation = await this.engine.ask('deformation', {});
      if (this.result !== result) return;
      this.deformation = deformation;
      this.tell('deformation');
    });
  }

  /** Takes a model of the user's own. */
  takeModel(name: string, bytes: Uint8Array): void {
    this.model = { name, isOwn: true, bytes: async () => bytes };
    this.tell('plan');
  }

  /** The HTML report of the result. */
  report(): Promise<Uint8Array> {
    const names = { fixed: this.fixed?.name ?? 'fixed', moving: this.moving?.name ?? 'moving' };
    const provenance = {
      Command: commandOf(this),
      EarthMorph: version,
      Model: this.result?.done ? 'none' : (this.model?.name ?? 'none'),
      Device: `${engineText}, in a browser`,
      Date: new Date().toISOString().slice(0, 10),
    };
    return this.engine.ask('report', { names, provenance, ...(this.isMade ? { note: MADE } : {}) });
  }

  /** A file of the result. */
  file(which: ResultFile): Promise<Uint8Array> {
    return this.engine.ask('file', which);
  }

  /** Does something that may fail with a sentence, and says what is being read. */
  async attempt(reading: string, work: () => Promise<void>): Promise<void> {
    this.reading = reading;
    this.say(undefined);
    this.tell('reading');
    try {
      await work();
    } catch (error) {
      this.#sayError(error);
    } finally {
      this.reading = undefined;
      this.tell('reading');
    }
  }

  say(message: Message | undefined): void {
    this.message = message;
    this.tell('message');
  }

  #sayError(error: unknown): void {
    if (error instanceof Cancelled) return;
    const text = error instanceof Error ? error.message : String(error);
    this.say(
      error instanceof UserError
        ? { kind: 'mistake', text }
        : { kind: 'defect', text: `Something went wrong (${text}). The page can be used further; try smaller scans.` },
    );
  }

  #follow(event: RegistrationEvent): void {
    const { progress } = this;
    if (!progress) return;
    if (event.kind === 'plan') {
      this.plan = event;
      this.progress = {
        ...progress,
        stage: event.plan?.alignment ? `Aligning (${event.plan.alignment.kind})` : 'Starting',
      };
      this.tell('plan', 'progress');
    } else if (event.kind === 'warp') {
      if (event.at === 'start') this.before = event.moved;
      this.preview = event;
      this.tell('preview');
    } else {
      const { level, step, steps, loss, done } = event;
      const levels = this.plan?.plan?.levels.length;
      this.progress = {
        ...progress,
        levelsBegun: progress.levelsBegun ?? performance.now(),
        losses: [...progress.losses, { level, loss }],
        done,
        stage: `${levels === undefined ? 'Refining' : `Level ${level + 1} of ${levels}`}, step ${step} of ${steps}`,
      };
      this.tell('progress');
    }
  }

  #forgetResult(): void {
    this.plan = this.progress = this.before = this.preview = this.result = this.deformation = undefined;
    this.#isDeformationAsked = false;
    this.tell('plan', 'progress', 'preview', 'result');
  }
}
