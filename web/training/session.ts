import { version } from '../../package.json';
import { KeptRun } from '../../src/browser/keptRun.ts';
import type {
  KeptConfig,
  PairShown,
  PickedFile,
  TestResult,
  TrainingEvent,
  TrainingStart,
} from '../../src/browser/trainingProtocol.ts';
import { Cancelled } from '../../src/browser/workerClient.ts';
import { UserError } from '../../src/errors.ts';
import { given } from '../../src/given.ts';
import type { EpochRecord } from '../../src/training/epochRecord.ts';
import { startEngine } from '../engine.ts';
import type { Message } from '../session.ts';
import { Topics } from '../topics.ts';

/** What of the page can change. */
export type TrainingTopic = 'kept' | 'shown' | 'progress' | 'pair' | 'message' | 'reading' | 'picked';

/** A training that the browser keeps, as the page shows it. */
export interface ShownRun {
  readonly id: string;
  readonly stored: KeptConfig;
  readonly records: readonly EpochRecord[];
  readonly test?: TestResult;
}

/** Where the training under way is. */
export interface Step {
  readonly epoch: number;
  readonly done: number;
  readonly total: number;
  readonly loss: number;
}

/** What is being done now. */
export interface Work {
  readonly run: string;
  readonly stage: string;
  readonly step?: Step;
  /** Losses of the steps since the page was opened, by epochs that have passed, such as 2.5. */
  readonly losses: readonly (readonly [epochs: number, loss: number])[];
  /** Seconds of training, without pauses, and steps that were taken in them. */
  readonly seconds: number;
  readonly steps: number;
  readonly isPaused: boolean;
}

/** A folder that was picked to train on. */
export interface PickedFolder {
  readonly name: string;
  readonly files: readonly PickedFile[];
}

const STAGES = {
  kept: 'Keeping the scans',
  made: 'Making phantoms',
  read: 'Reading the scans',
  tested: 'Registering the test pairs',
} as const;

/** Trainings of this page: those that are kept, the one that is shown, and the one under way. */
export class TrainingSession extends Topics<TrainingTopic> {
  kept: readonly ShownRun[] = [];
  /** The id of the run that is shown. */
  shown: string | undefined;
  work: Work | undefined;
  pair: PairShown | undefined;
  message: Message | undefined;
  picked: PickedFolder | undefined;
  /** For the page's messages, which registration shares. */
  readonly reading = undefined;
  readonly #engine = startEngine((text) => this.say({ kind: 'note', text }));
  #stepped = 0;

  get shownRun(): ShownRun | undefined {
    return this.kept.find(({ id }) => id === this.shown);
  }

  get isRunning(): boolean {
    return this.work !== undefined;
  }

  /** Reads what the browser keeps. */
  async load(): Promise<void> {
    await this.attempt(async () => {
      const runs = await KeptRun.all();
      this.kept = await Promise.all(
        runs.map(async (run) => ({
          id: run.id,
          stored: await run.readConfig(),
          records: await run.records(),
          ...given({ test: await run.readTest() }),
        })),
      );
      this.shown ??= this.kept.at(-1)?.id;
      this.tell('kept', 'shown');
    });
  }

  pick(folder: PickedFolder): void {
    this.picked = folder;
    this.tell('picked');
  }

  /** Begins a training. @returns whether it came to its end */
  begin(start: Omit<TrainingStart, 'version'>): Promise<boolean> {
    return this.#train(`${new Date().toISOString().replace(/[:.]/g, '-')}`, { ...start, version });
  }

  /** Goes on with a training that was left. */
  goOn(run: string): Promise<boolean> {
    return this.#train(run, undefined);
  }

  /** Registers the test pairs of a training with its best model. */
  test(run: string): Promise<boolean> {
    return this.#work(run, async () => {
      await this.#engine.ask('test', run, (event) => this.#follow(run, event));
    });
  }

  #train(run: string, start: TrainingStart | undefined): Promise<boolean> {
    return this.#work(run, async () => {
      await this.#engine.ask('train', { run, ...given({ start }) }, (event) => this.#follow(run, event));
    });
  }

  async #work(run: string, ask: () => Promise<void>): Promise<boolean> {
    if (this.isRunning) return false;
    if (this.shown !== run) this.pair = undefined;
    this.shown = run;
    this.work = { run, stage: 'Starting', losses: [], seconds: 0, steps: 0, isPaused: false };
    this.say(undefined);
    this.tell('progress', 'shown', 'pair');
    const isDone = await this.attempt(ask);
    if (this.work?.run === run) this.work = undefined;
    await this.load();
    this.tell('progress');
    return isDone;
  }

  /** Holds the training after the step under way, or lets it go on. */
  togglePause(): void {
    const { work } = this;
    if (!work) return;
    if (work.isPaused) this.#engine.goOn();
    else this.#engine.pause();
    this.#stepped = performance.now();
    this.work = { ...work, isPaused: !work.isPaused };
    this.tell('progress');
  }

  /** Ends the training under way; its finished epochs are kept. */
  stop(): void {
    if (!this.isRunning) return;
    this.work = undefined;
    this.#engine.cancel();
    this.tell('progress');
  }

  /** Forgets a training with its scans. */
  async remove(run: string): Promise<void> {
    if (this.work?.run === run) this.stop();
    await this.attempt(() => KeptRun.remove(run));
    this.shown = undefined;
    await this.load();
  }

  say(message: Message | undefined): void {
    this.message = message;
    this.tell('message');
  }

  /** Does something that may fail with a sentence. @returns whether it did not */
  async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof Cancelled) return false;
      const text = error instanceof Error ? error.message : String(error);
      this.say(
        error instanceof UserError
          ? { kind: 'mistake', text }
          : { kind: 'defect', text: `Something went wrong (${text}). The page can be used further.` },
      );
      return false;
    }
  }

  #follow(run: string, event: TrainingEvent): void {
    const { work } = this;
    if (work?.run !== run) return;
    switch (event.kind) {
      case 'data':
        this.work = { ...work, stage: `${STAGES[event.what]}, ${event.done} of ${event.total}` };
        this.tell('progress');
        return;
      case 'started':
        this.#stepped = performance.now();
        this.work = { ...work, stage: 'Looking at the validation pairs' };
        this.#put({ id: run, stored: event.stored, records: event.records });
        this.tell('progress');
        return;
      case 'step':
        this.#step(work, event);
        return;
      case 'pair':
        this.pair = event.pair;
        this.tell('pair');
        return;
      case 'epoch': {
        const known = this.kept.find(({ id }) => id === run);
        if (known) this.#put({ ...known, records: [...known.records, event.record] });
      }
    }
  }

  #step(work: Work, { epoch, done, total, loss }: Step): void {
    const now = performance.now();
    this.work = {
      ...work,
      stage: `Epoch ${epoch}, pair ${done} of ${total}`,
      step: { epoch, done, total, loss },
      losses: [...work.losses, [epoch - 1 + done / total, loss]],
      seconds: work.seconds + (now - this.#stepped) / 1000,
      steps: work.steps + 1,
    };
    this.#stepped = now;
    this.tell('progress');
  }

  #put(run: ShownRun): void {
    const others = this.kept.filter(({ id }) => id !== run.id);
    this.kept = [...others, run].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.tell('kept', 'shown');
  }
}
