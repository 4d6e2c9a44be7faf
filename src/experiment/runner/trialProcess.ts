import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { EpochRecord } from '../../training/trainer.ts';
import { RunFolder } from '../../workflow/runFolder.ts';
import { shortLine } from './shortLine.ts';
import { saysNoMemory } from './trouble.ts';

/** What a process that runs a trial sends to its parent. */
export type TrialMessage =
  | { readonly kind: 'started'; readonly epochsDone: number; readonly secondsDone: number }
  /** The epoch's checkpoint is on disk; the trial goes on when this is acknowledged. */
  | { readonly kind: 'epoch'; readonly record: EpochRecord }
  | { readonly kind: 'finished' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'mistake'; readonly message: string }
  /** Something is wrong with this machine, not with the trial. */
  | { readonly kind: 'trouble'; readonly message: string };

/** What its parent sends. */
export type TrialCommand = { readonly kind: 'acknowledged' } | { readonly kind: 'stop' };

/** How a task ended. */
export type TaskEnd =
  | { readonly kind: 'finished' }
  | { readonly kind: 'stopped' }
  /** A mistake of the user, which trying again does not mend. */
  | { readonly kind: 'mistake'; readonly message: string }
  /** Something is wrong with this machine, such as a full disk: elsewhere the task may succeed. */
  | { readonly kind: 'trouble'; readonly message: string }
  /** The process died. `killed`: from outside, as systems do where memory runs out. */
  | { readonly kind: 'died'; readonly message: string; readonly killed?: boolean };

/** What a process is asked to do. */
interface TrialProcessOptions {
  /** Path of the command line's script, which the process runs. */
  readonly program: string;
  /** Folder of the experiment. */
  readonly folder: string;
  readonly id: string;
  readonly test: boolean;
  readonly threads: number;
  readonly signal: AbortSignal;
  /** Called with each message before an epoch is acknowledged. */
  readonly onMessage?: (message: TrialMessage) => void | Promise<void>;
}

/** Milliseconds that a process has to end by itself when it is asked to. */
const PATIENCE = 1000;

/**
 * Runs one task of an experiment in a process of its own, so that its computations never hold up this one. The process
 * ends when this one does, however it ends. After `signal` it is asked to end, and ended where it is in the middle of
 * something long: only the epoch under way is lost.
 */
export function runTrialProcess(options: TrialProcessOptions): Promise<TaskEnd> {
  const { program, folder, id, test, threads, signal, onMessage } = options;
  const child = fork(program, ['trial', folder, id, ...(test ? ['--test'] : []), '--threads', String(threads)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
  });
  const send = (command: TrialCommand): void => {
    if (child.connected) child.send(command, () => undefined);
  };
  let patience: NodeJS.Timeout | undefined;
  const stop = (): void => {
    send({ kind: 'stop' });
    patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  let end: TaskEnd | undefined;
  let complaint = '';
  let handled = Promise.resolve();
  child.stderr?.on('data', (text: Buffer) => {
    complaint = `${complaint}${text}`.slice(-2000);
  });
  child.on('message', (message: TrialMessage) => {
    handled = handled.then(async () => {
      await onMessage?.(message);
      if (message.kind === 'epoch') send({ kind: 'acknowledged' });
      if (message.kind !== 'epoch' && message.kind !== 'started') end = message;
    });
    // What the caller could not handle must not be lost: the process is ended, and the caller gets the error.
    handled.catch(() => child.kill('SIGKILL'));
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      signal.removeEventListener('abort', stop);
      clearTimeout(patience);
      const how = `the process ended with ${killedBy ?? `exit code ${code}`}`;
      const died: TaskEnd = saysNoMemory(complaint)
        ? { kind: 'trouble', message: `${how}: there is not enough memory` }
        : {
            kind: 'died',
            message: complaint === '' ? how : `${how}: ${shortLine(lastLine(complaint))}`,
            killed: killedBy === 'SIGKILL',
          };
      const left = killedBy === null ? undefined : new RunFolder(join(folder, 'trials', id)).removeTemporaries();
      // Ctrl-C also ends a process that is about to begin. The handler of the messages may then wait for something that
      // never comes.
      const whole = signal.aborted ? [left] : [handled, left];
      Promise.all(whole).then(() => resolve(end ?? (signal.aborted ? { kind: 'stopped' } : died)), reject);
    });
  });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
