import type { EpochRecord } from '../../training/trainer.ts';
import { type Forecast, forecast } from '../protocol/forecast.ts';
import type { Task } from '../protocol/plan.ts';
import type { TrialResult } from '../protocol/results.ts';
import { epochsOf, type Trial } from '../protocol/trials.ts';
import type { TrialMessage } from './trialProcess.ts';

/** Where an experiment stands after something happened. */
export interface TrialsState {
  readonly trialsDone: number;
  readonly trials: number;
  readonly left: Forecast | undefined;
}

/** What the caller shows. */
export interface TrialsObserver {
  epoch?(trial: Trial, record: EpochRecord, state: TrialsState): void;
  trialDone?(trial: Trial, failure: string | undefined, state: TrialsState): void;
  tested?(trial: Trial, state: TrialsState): void;
}

/** Keeps count of the trainings of an experiment and how long their epochs take. */
export class TrialsProgress {
  readonly #running = new Map<string, { readonly trial: Trial; epochsDone: number; seconds: number }>();
  readonly #seconds = { earlier: new Map<string, number[]>(), now: new Map<string, number[]>() };
  /** Epochs of each finished training. */
  readonly #finished: number[] = [];
  #failed = 0;

  constructor(
    private readonly trials: number,
    private readonly processes: number,
    private readonly waiting: () => readonly Trial[],
    private readonly observer: TrialsObserver = {},
  ) {}

  /** A trial that an earlier run finished. */
  known({ trial, records }: TrialResult): void {
    this.#finished.push(records.length);
    const seconds = records.at(-1)?.seconds;
    if (seconds !== undefined) this.#add('earlier', trial.method, seconds / records.length);
  }

  message({ trial }: Task, message: TrialMessage): void {
    if (message.kind === 'started')
      this.#running.set(trial.id, { trial, epochsDone: message.epochsDone, seconds: message.secondsDone });
    if (message.kind !== 'epoch') return;
    const running = this.#running.get(trial.id) ?? { trial, epochsDone: 0, seconds: 0 };
    const { record } = message;
    this.#add('now', trial.method, record.seconds - running.seconds);
    this.#running.set(trial.id, { trial, epochsDone: record.epoch, seconds: record.seconds });
    this.observer.epoch?.(trial, record, this.#state());
  }

  ended({ trial, kind }: Task, result: TrialResult | undefined, failure: string | undefined): void {
    this.#running.delete(trial.id);
    if (kind === 'test' && failure === undefined) {
      this.observer.tested?.(trial, this.#state());
      return;
    }
    if (result) this.#finished.push(result.records.length);
    else this.#failed++;
    this.observer.trialDone?.(trial, failure, this.#state());
  }

  #add(when: 'earlier' | 'now', method: string, seconds: number): void {
    const known = this.#seconds[when];
    known.set(method, [...(known.get(method) ?? []), seconds]);
  }

  #state(): TrialsState {
    const running = [...this.#running.values()];
    const waiting = this.waiting().filter(({ id }) => !this.#running.has(id));
    const pending = [
      ...running.map(({ trial, epochsDone }) => ({ trial, epochsDone })),
      ...waiting.map((trial) => ({ trial, epochsDone: 0 })),
    ].map(({ trial, epochsDone }) => ({ method: trial.method, epochsDone, epochsAtMost: epochsOf(trial) }));
    return {
      trialsDone: this.#finished.length + this.#failed,
      trials: this.trials,
      left: forecast(pending, this.#finished, this.#seconds, this.processes),
    };
  }
}
