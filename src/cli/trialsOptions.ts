import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { z } from 'zod';
import { hours } from '../experiment/protocol/configuration.ts';
import type { Forecast } from '../experiment/protocol/forecast.ts';
import type { QueueAddress } from '../experiment/queue/queueAddress.ts';
import type { TrialsObserver, TrialsState } from '../experiment/runner/trialsProgress.ts';
import { headlines, valueIn } from '../metric/measures.ts';
import { valueText } from '../metric/measureText.ts';
import { jsonOption, threadsOption, whole } from './options.ts';
import { duration } from './output.ts';
import { startProgress } from './progress.ts';
import { addQueueOptions, type QueueOptions, queueOf } from './queueOptions.ts';
import { addSettingOptions } from './settingsOptions.ts';

/** Options of the commands that run an experiment's trials. */
export interface TrialsOptions extends QueueOptions {
  readonly out: string;
  readonly data?: string;
  readonly processes?: number;
  readonly threads?: number;
  readonly hours?: number;
  readonly json?: boolean;
}

/** Adds `--out`, `--data`, `--processes`, `--threads`, `--queue`, `--hours` and `--json`. */
export function addTrialsOptions(command: Command): Command {
  addQueueOptions(
    command
      .requiredOption('--out <dir>', 'folder of the results; finished trainings in it are kept')
      .option('--data <dir>', 'folder of the scans, in place of the one that the experiment names')
      .option('--processes <n>', 'trainings at the same time on this machine (default: one per core)', whole(1))
      .addOption(threadsOption('threads of each training (default: cores divided by trainings)')),
    'let the workers of this Redis queue train, such as redis://host:6379',
  );
  return addSettingOptions(command, z.strictObject({ hours })).addOption(jsonOption());
}

/** How many processes with how many threads each. One thread a process has the highest throughput. */
export function processesOf({ processes, threads }: TrialsOptions): {
  readonly processes: number;
  readonly threads: number;
} {
  const cores = availableParallelism();
  const count = processes ?? cores;
  return { processes: count, threads: threads ?? Math.max(1, Math.floor(cores / count)) };
}

/**
 * Refuses a queue that does not answer, before anything is written. The Redis client is loaded only if a queue is
 * named.
 */
export async function answeringQueue(options: TrialsOptions): Promise<QueueAddress | undefined> {
  const address = await queueOf(options);
  if (address) (await (await import('../experiment/queue/queueConnection.ts')).connect(address)).disconnect();
  return address;
}

/** A signal that is aborted with another or after some hours. */
export function withBudget(signal: AbortSignal, budget: number | undefined): AbortSignal {
  return budget === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(budget * 3_600_000)]);
}

/** Shows how far a number of trainings is: a bar on a terminal, a line an epoch elsewhere. */
export class TrialsDisplay {
  readonly #bar = startProgress(1000, 'trainings', 'own');
  #failed = 0;
  #done = 0;

  readonly observer: TrialsObserver = {
    epoch: (trial, record, state) => {
      this.#show(state);
      const judge = headlines().find(({ key }) => Number.isFinite(valueIn(record, key)));
      const measured = judge ? `, on the network's grid ${valueText(judge, valueIn(record, judge.key))}` : '';
      if (!process.stderr.isTTY)
        this.#bar.line(
          `${trial.id}, epoch ${record.epoch}: validation ${record.validationLoss.toPrecision(4)}${measured}; ${where(state)}`,
        );
    },
    trialDone: (trial, failure, state) => {
      this.#show(state);
      if (failure !== undefined) this.#failed++;
      this.#done = state.trialsDone;
      this.#bar.line(
        failure === undefined ? `${trial.id} is trained; ${where(state)}` : `${trial.id} failed: ${failure}`,
      );
    },
    tested: (trial, state) => {
      this.#show(state);
      this.#bar.line(`${trial.id} is tested`);
    },
  };

  #show(state: TrialsState): void {
    this.#bar.update((1000 * state.trialsDone) / Math.max(1, state.trials), where(state));
  }

  /** How many trainings, or tests of what was trained, failed, as a sentence; undefined where none did. */
  get failures(): string | undefined {
    const all = Math.max(this.#done, this.#failed);
    return this.#failed === 0
      ? undefined
      : `${this.#failed} of ${all} trainings failed; the same command tries ${this.#failed === 1 ? 'it' : 'them'} again.`;
  }

  /** A line above the bar. */
  note(line: string): void {
    this.#bar.line(line);
  }

  /** Takes the bar away. */
  stop(): void {
    this.#bar.stop();
  }
}

function where({ trialsDone, trials, left }: TrialsState): string {
  return `${trialsDone} of ${trials} trainings done${left && trialsDone < trials ? `, ${leftText(left)}` : ''}`;
}

function leftText({ expected, atMost }: Forecast): string {
  const most = duration(atMost);
  return duration(expected) === most ? `at most ${most} left` : `about ${duration(expected)} left, at most ${most}`;
}
