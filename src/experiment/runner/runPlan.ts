import { setMaxListeners } from 'node:events';
import { UserError } from '../../errors.ts';
import type { Task } from '../protocol/plan.ts';
import type { TaskEnd } from './trialProcess.ts';

/** Does tasks: in processes of this machine, or by workers anywhere. */
export interface TaskRunner {
  /** Tasks that it takes at a time. */
  readonly slots: number;
  run(task: Task, signal: AbortSignal): Promise<TaskEnd>;
}

/** How often a task whose process died is tried. */
const TRIES = 3;

/**
 * Does all tasks of a plan that changes as they end.
 * @param ready what can be done now, the most urgent first; asked again after each end
 * @param settle keeps what ended: `finished`, or failed with what was said
 * @returns whether everything is done; false after `signal`
 */
export async function runPlan(
  ready: () => readonly Task[],
  runnerOf: (task: Task) => TaskRunner,
  settle: (task: Task, failure?: string) => void | Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  const running = new Map<string, { readonly runner: TaskRunner; readonly done: Promise<void> }>();
  const tries = new Map<string, number>();
  const keyOf = ({ trial, kind }: Task): string => `${kind} ${trial.id}`;
  // A task that fails for a reason of our own ends all others too.
  const own = new AbortController();
  const both = AbortSignal.any([signal, own.signal]);
  // Every running task listens, which may be more than Node takes for usual.
  setMaxListeners(0, both);
  const perform = async (task: Task, runner: TaskRunner): Promise<void> => {
    const key = keyOf(task);
    try {
      const end = await runner.run(task, both);
      const count = (tries.get(key) ?? 0) + 1;
      tries.set(key, count);
      if (end.kind === 'finished') await settle(task);
      // The next task would meet it too.
      else if (end.kind === 'trouble') throw new UserError(`${task.trial.id}: ${end.message}`);
      else if (end.kind === 'mistake' || (end.kind === 'died' && count >= TRIES && !both.aborted))
        await settle(task, end.message);
    } finally {
      running.delete(key);
    }
  };
  try {
    for (;;) {
      if (!both.aborted)
        for (const task of ready()) {
          const runner = runnerOf(task);
          const busy = [...running.values()].filter((entry) => entry.runner === runner).length;
          if (running.has(keyOf(task)) || busy >= runner.slots) continue;
          running.set(keyOf(task), { runner, done: perform(task, runner) });
        }
      if (running.size === 0) return !signal.aborted;
      await Promise.race([...running.values()].map(({ done }) => done));
    }
  } catch (error) {
    own.abort();
    await Promise.allSettled([...running.values()].map(({ done }) => done));
    throw error;
  }
}
