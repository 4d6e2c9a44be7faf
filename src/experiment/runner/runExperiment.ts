import type { ExperimentFolder } from '../folder/experimentFolder.ts';
import { planOf, readyTasks, type Standing, type Task, trainingCount } from '../protocol/plan.ts';
import type { MethodResult, TestResult, TrialResult } from '../protocol/results.ts';
import { methodsOf, type Trial } from '../protocol/trials.ts';
import { runPlan, type TaskRunner } from './runPlan.ts';
import { runTrialProcess, type TaskEnd, type TrialMessage } from './trialProcess.ts';
import { type TrialsObserver, TrialsProgress } from './trialsProgress.ts';

/** How the trials of an experiment are run. */
export interface RunExperimentOptions {
  /**
   * `experiment`: search with the first seed, the chosen points with all seeds, then their test pairs. `sweep`: every
   * point with every seed, no tests.
   */
  readonly what: 'experiment' | 'sweep';
  /** Path of the command line's script, for the processes that train. */
  readonly program: string;
  readonly processes: number;
  /** Threads of each worker. */
  readonly threads: number;
  /** Who trains, in place of processes of this machine. */
  readonly trainer?: (onMessage: (task: Task, message: TrialMessage) => void) => TaskRunner;
  readonly signal: AbortSignal;
  readonly observer?: TrialsObserver;
}

/**
 * Runs what is not done yet of an experiment; each trial's result is kept in its folder as soon as it is there.
 * @returns whether everything is done; false after `signal`
 */
export async function runExperiment(folder: ExperimentFolder, options: RunExperimentOptions): Promise<boolean> {
  const { config } = folder;
  const methods = methodsOf(config);
  const all = folder.trials();
  const { results, tested } = await readStanding(folder, all);
  // What failed earlier is tried again: the machine may be another.
  const failures = new Map<string, string>();
  const ready = (): readonly Task[] =>
    options.what === 'experiment'
      ? readyTasks(config, methods, { results, failures, tested })
      : all.filter(({ id }) => !results.has(id) && !failures.has(id)).map((trial): Task => ({ trial, kind: 'train' }));
  const count = options.what === 'experiment' ? trainingCount(config, methods) : all.length;
  const toTrain = (): Trial[] => ready().flatMap(({ trial, kind }) => (kind === 'train' ? [trial] : []));
  const progress = new TrialsProgress(count, options.processes, toTrain, options.observer);
  for (const result of results.values()) progress.known(result);
  const onMessage = (task: Task, message: TrialMessage): void => progress.message(task, message);
  const local = localRunner({ ...options, folder: folder.path, onMessage });
  const trainer = options.trainer?.(onMessage) ?? local;
  return runPlan(
    ready,
    ({ kind }) => (kind === 'train' ? trainer : local),
    async (task, failure) => {
      const { id } = task.trial;
      if (failure !== undefined) {
        failures.set(id, failure);
        results.delete(id);
        await folder.fail(id, failure);
      } else if (task.kind === 'test') tested.add(id);
      const result = failure === undefined && task.kind === 'train' ? await folder.result(id) : undefined;
      if (result) results.set(id, result);
      progress.ended(task, result, failure);
    },
    options.signal,
  );
}

interface Known extends Standing {
  readonly results: Map<string, TrialResult>;
  readonly failures: Map<string, string>;
  readonly tested: Set<string>;
  readonly tests: ReadonlyMap<string, TestResult>;
}

/** What the folder holds of the given trials. */
async function readStanding(folder: ExperimentFolder, trials: readonly Trial[]): Promise<Known> {
  const known = {
    results: new Map<string, TrialResult>(),
    failures: new Map<string, string>(),
    tested: new Set<string>(),
    tests: new Map<string, TestResult>(),
  };
  for (const { id } of trials) {
    const result = await folder.result(id);
    const failure = await folder.failure(id);
    const test = await folder.test(id);
    if (result) known.results.set(id, result);
    else if (failure !== undefined) known.failures.set(id, failure);
    if (result && test) {
      known.tested.add(id);
      known.tests.set(id, test);
    }
  }
  return known;
}

/** The results of an experiment so far, by method: only trials whose test pairs are done count. */
export async function methodResults(folder: ExperimentFolder): Promise<readonly MethodResult[]> {
  const known = await readStanding(folder, folder.trials());
  return planOf(folder.config, methodsOf(folder.config), known).map(({ method, chosen, search, trials }) => ({
    name: method.name,
    variant: chosen && method.variants.length > 1 ? chosen.name : '',
    search,
    trials: trials.flatMap(({ id }) => {
      const result = known.results.get(id);
      const test = known.tests.get(id);
      return chosen && result && test ? [{ result, test }] : [];
    }),
    failures: trials.flatMap(({ id }) => known.failures.get(id) ?? []),
  }));
}

/** Every finished trial of an experiment. */
export async function finishedTrials(folder: ExperimentFolder): Promise<readonly TrialResult[]> {
  return [...(await readStanding(folder, folder.trials())).results.values()];
}

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
function localRunner({ program, folder, processes, threads, onMessage }: LocalRunnerOptions): TaskRunner {
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
