import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { UserError } from '../errors.ts';
import { availableMemory } from '../memory.ts';
import type { PairResult } from '../outcome/pairResults.ts';
import type { PairList, PairTask } from '../workflow/registerPairs.ts';
import { whole } from './options.ts';
import type { Progress } from './progress.ts';

/** Options of commands that register the pairs of a list. */
export interface PairProcessOptions {
  readonly processes?: number;
  readonly threads?: number;
  /** Bytes that all processes may take together. */
  readonly memory?: number;
}

/** Tells a process that it registers pairs for the one that started it. */
const VARIABLE = 'EARTHMORPH_PAIRS_FOR_PARENT';
/** Memory that a process should have, in bytes: a pair of whole brains takes a third of it. */
const ENOUGH = 2e9;

interface Order {
  readonly index: number;
  readonly folder: string | undefined;
}

type Answer = { readonly result: PairResult } | { readonly message: string; readonly ofUser: boolean };

/** Adds `--processes`. */
export function addProcessesOption(command: Command): Command {
  return command.option(
    '--processes <n>',
    'pairs of a list that are registered at the same time (default: one per core, fewer if memory is short)',
    whole(1),
  );
}

/**
 * Registers the pairs of a list in several processes: each is this command again and has one thread, which a list gets
 * through fastest with. In such a process, does what its parent orders, and does not return.
 * @param folder where the results of pairs go
 * @returns the results in the order of the list
 * @throws UserError that the first pair that fails ends with
 */
export async function registerInProcesses(
  list: PairList,
  task: PairTask,
  bar: Progress,
  options: PairProcessOptions,
  folder?: string,
): Promise<PairResult[]> {
  const results: PairResult[] = [];
  let done = 0;
  const add = (index: number, result: PairResult): void => {
    results[index] = result;
    bar.update(++done, `${result.moving} onto ${result.fixed}`);
  };
  const processes = processesFor(list.pairs.length, options);
  const indices = list.pairs.keys();
  if (processes === 1) {
    for (const index of indices) add(index, await task(index, folder));
    return results;
  }
  const said = new Set<string>();
  const workers = Array.from({ length: processes }, () => startProcess(processes, options));
  try {
    await Promise.all(
      workers.map(async (worker) => {
        createInterface({ input: worker.stderr! }).on('line', (line) => {
          if (!said.has(line)) bar.line(line);
          said.add(line);
        });
        for (const index of indices) add(index, await ordered(worker, { index, folder }));
      }),
    );
  } finally {
    for (const worker of workers) worker.kill('SIGKILL');
  }
  return results;
}

/** As many as there are cores, memory and pairs for: to begin costs a process about as long as a quick pair. */
function processesFor(pairs: number, { processes, memory = availableMemory() / 2 }: PairProcessOptions): number {
  if (processes !== undefined) return Math.min(processes, pairs);
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(pairs / 2), Math.floor(memory / ENOUGH)));
}

function startProcess(processes: number, { threads = 1, memory }: PairProcessOptions): ChildProcess {
  const [program, ...given] = process.argv.slice(1);
  const share = memory === undefined ? [] : ['--memory', `${Math.max(1, Math.floor(memory / processes / 1e6))}MB`];
  const available = String(availableMemory() / processes / 1e9);
  return fork(program!, [...given, '--threads', String(threads), ...share], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    serialization: 'advanced',
    env: { ...process.env, EARTHMORPH_MEMORY: available, [VARIABLE]: '1' },
  });
}

/** @throws UserError that the pair ends with, or that says how the process ended */
async function ordered(worker: ChildProcess, order: Order): Promise<PairResult> {
  const answer = await new Promise<Answer>((resolve, reject) => {
    const ended = (code: number | null, signal: string | null): void =>
      reject(
        new UserError(
          `The process of pair ${order.index + 1} ended with ${signal ?? `exit code ${code}`}, as systems do where memory runs out; give fewer --processes.`,
        ),
      );
    if (worker.exitCode !== null || worker.signalCode !== null) return ended(worker.exitCode, worker.signalCode);
    worker.once('exit', ended);
    worker.once('message', (message: Answer) => {
      worker.off('exit', ended);
      resolve(message);
    });
    worker.send(order);
  });
  if ('result' in answer) return answer.result;
  throw answer.ofUser ? new UserError(answer.message) : new Error(answer.message);
}

/** In a process that {@link registerInProcesses} started: does what is ordered, until the parent ends. */
export async function servesParent(task: PairTask): Promise<void> {
  if (process.env[VARIABLE] === undefined || !process.send) return;
  // Ctrl-C reaches all processes of a terminal. The parent says that it ends, and this process ends with it.
  process.removeAllListeners('SIGINT').on('SIGINT', () => undefined);
  process.on('message', async ({ index, folder }: Order) => {
    const answer: Answer = await task(index, folder).then(
      (result) => ({ result }),
      (error: Error) => ({ message: error.message, ofUser: error instanceof UserError }),
    );
    process.send?.(answer);
  });
  await new Promise(() => process.once('disconnect', () => process.exit()));
}
