import { UserError } from '../errors.ts';
import type { Answer, EventOf, Request, TaskName, Tasks, WorkerSettings } from './protocol.ts';

/** What a task ends with when it was cancelled. */
export class Cancelled extends Error {
  constructor() {
    super('cancelled');
  }
}

interface Waiting {
  readonly name: TaskName;
  readonly input: unknown;
  readonly done: (output: never) => void;
  readonly failed: (error: Error) => void;
  readonly onEvent: ((event: never) => void) | undefined;
}

/** What takes over where the graphics card fails. */
export interface TakeOver {
  readonly start: () => Worker;
  readonly settings: WorkerSettings;
  /** Told so, in a sentence. */
  readonly say: (sentence: string) => void;
}

/** What the graphics card has a part in. */
const ON_CARD: readonly TaskName[] = ['register', 'train', 'test'];

/** A worker as a page sees it: tasks in, promises out. */
export class WorkerClient {
  #worker: Worker;
  #next = 1;
  readonly #waiting = new Map<number, Waiting>();

  /**
   * @param start starts `worker.ts`, as the page's bundler has it
   * @param takeOver how it goes on where it fails as it was begun
   */
  constructor(
    private start: () => Worker,
    private settings: WorkerSettings = {},
    private takeOver?: TakeOver,
  ) {
    this.#worker = this.#begin();
  }

  /**
   * Asks for something.
   * @param onEvent told of the steps of a registration or a training
   * @throws UserError with a sentence for the user; {@link Cancelled}
   */
  ask<Name extends TaskName>(
    name: Name,
    input: Tasks[Name]['input'],
    onEvent?: (event: EventOf<Name>) => void,
  ): Promise<Tasks[Name]['output']> {
    const id = this.#next++;
    return new Promise<Tasks[Name]['output']>((done, failed) => {
      this.#waiting.set(id, { name, input, done, failed, onEvent });
      this.#send({ kind: 'task', id, name, input });
    });
  }

  /** Holds a training after the step under way. */
  pause(): void {
    this.#send({ kind: 'hold', isHeld: true });
  }

  /** Lets a training that was paused go on. */
  goOn(): void {
    this.#send({ kind: 'hold', isHeld: false });
  }

  /** Ends what is under way, at once, and begins anew with a fresh worker. */
  cancel(): void {
    this.close();
    this.#worker = this.#begin();
  }

  /** Ends the worker. */
  close(): void {
    this.#worker.terminate();
    this.#failAll(new Cancelled());
  }

  #begin(): Worker {
    const worker = this.start();
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#receive(data);
    // If memory runs out, the browser ends a worker without a message.
    worker.onerror = (event) => {
      event.preventDefault();
      const reason = event.message || 'the worker ended, perhaps because memory ran out';
      if (!this.#isTakenOver(reason)) this.#failAll(new Error(reason));
    };
    worker.postMessage({ kind: 'settings', settings: this.settings } satisfies Request);
    return worker;
  }

  #send(request: Request): void {
    this.#worker.postMessage(request);
  }

  #receive(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if (!waiting) return;
    if (answer.kind === 'event') {
      waiting.onEvent?.(answer.event as never);
      return;
    }
    if (answer.kind === 'failed' && !answer.isMistake && ON_CARD.includes(waiting.name))
      if (this.#isTakenOver(answer.message)) return;
    this.#waiting.delete(answer.id);
    if (answer.kind === 'done') waiting.done(answer.output as never);
    else waiting.failed(answer.isMistake ? new UserError(answer.message) : new Error(answer.message));
  }

  /** Begins anew without the graphics card, where it was used, and asks again for all that is waited for. */
  #isTakenOver(reason: string): boolean {
    const { takeOver } = this;
    if (!takeOver) return false;
    this.takeOver = undefined;
    this.start = takeOver.start;
    this.settings = takeOver.settings;
    takeOver.say(`The graphics card could not compute this (${reason}); the processor does.`);
    this.#worker.terminate();
    this.#worker = this.#begin();
    for (const [id, { name, input }] of this.#waiting) this.#send({ kind: 'task', id, name, input });
    return true;
  }

  #failAll(error: Error): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { failed } of all) failed(error);
  }
}
