import type { Task } from '../protocol/plan.ts';
import type { TaskRunner } from './runPlan.ts';
import { runTrialProcess, type TaskEnd, type TrialMessage } from './trialProcess.ts';

/** What processes on this machine need. */
interface LocalRunnerOptions {
  /** Path of the command line's script. */
  readonly program: string;
  /** Folder of the experiment. */
  readonly folder: string;
  readonly processes: number;
  /** Threads of each. */
  readonly threads: number;
  readonly onMessage: (task: Task, message: TrialMessage) => void;
}

/** Does tasks in processes of this machine. */
export function localRunner({ program, folder, processes, threads, onMessage }: LocalRunnerOptions): TaskRunner {
  return {
    slots: processes,
    run: (task: Task, signal: AbortSignal): Promise<TaskEnd> =>
      runTrialProcess({
        program,
        folder,
        id: task.trial.id,
        test: task.kind === 'test',
        threads,
        signal,
        onMessage: (message) => onMessage(task, message),
      }),
  };
}
