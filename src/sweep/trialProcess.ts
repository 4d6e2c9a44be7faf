import { fork } from 'node:child_process';
import type { TrialCommand, TrialMessage } from './trialMessages.ts';

/** How a task ended. */
export type TaskEnd =
  | { readonly kind: 'finished' }
  | { readonly kind: 'stopped' }
  /** A mistake of the user, which trying again does not mend. */
  | { readonly kind: 'mistake'; readonly message: string }
  /** The process died, for instance for lack of memory. */
  | { readonly kind: 'died'; readonly message: string };

/** What a process is asked to do. */
export interface TrialProcessOptions {
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

/**
 * Runs one task of an experiment in a process of its own, so that its computations never hold up this one. The process ends when this one
 * does, however it ends; after `signal` it ends with the step under way.
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
  const stop = (): void => send({ kind: 'stop' });
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
      const died: TaskEnd = {
        kind: 'died',
        message: `the process ended with ${killedBy ?? `exit code ${code}`}${complaint === '' ? '' : `: ${lastLine(complaint)}`}`,
      };
      // Ctrl-C ends a process that is only about to begin, too.
      const last: TaskEnd = signal.aborted ? { kind: 'stopped' } : died;
      handled.then(() => resolve(end ?? last), reject);
    });
  });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
