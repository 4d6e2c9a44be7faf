import { UserError } from '../errors.ts';
import { ExperimentFolder } from '../experiment/folder/experimentFolder.ts';
import { runTrial, type TrialOptions, testTrial } from '../experiment/runner/runTrial.ts';
import type { TrialCommand, TrialMessage } from '../experiment/runner/trialProcess.ts';
import { isTrouble } from '../experiment/runner/trouble.ts';
import { reasonOf } from '../file/reason.ts';
import { given } from '../given.ts';
import type { RuntimeOptions } from '../graph/index.ts';
import { coresAreFree } from './freeCores.ts';
import { interruptible } from './interruptible.ts';
import { threadsOption } from './options.ts';
import type { CommandDefinition } from './program.ts';
import { TrainingProgress } from './trainingProgress.ts';

interface Options {
  readonly test?: boolean;
  readonly threads?: number;
}

/**
 * `earthmorph trial`: one training of an experiment, as the tasks of a cluster's array job and the processes of a sweep
 * run it.
 */
export const trialCommand: CommandDefinition = (program) => {
  program
    .command('trial')
    .summary('run one training of an experiment')
    .description(
      'Runs or continues one training of an experiment, and measures its validation pairs. Sweeps and array jobs call this command.',
    )
    .argument('<folder>', 'folder of the experiment')
    .argument('<id>', 'name of the training, as "earthmorph sweep status" lists it')
    .option('--test', 'register the test pairs of a finished training instead')
    .addOption(threadsOption())
    .addHelpText('after', '\nExample:\n  earthmorph trial runs/paper pswd_seed1')
    .action(run);
};

async function run(folder: string, id: string, options: Options): Promise<void> {
  const { threads } = options;
  const runtime: RuntimeOptions = { spins: await coresAreFree(threads), ...given({ threads }) };
  if (process.send) return runForParent(folder, id, options.test ?? false, runtime);
  const progress = new TrainingProgress();
  await interruptible(async (signal) => {
    try {
      const finished = await perform(folder, id, options.test ?? false, {
        runtime,
        signal,
        observer: { ...progress.observer, note: (sentence) => console.error(`Note: ${sentence}`) },
      });
      if (!finished) signal.throwIfAborted();
      console.log(`${id}: ${options.test ? 'tested' : 'finished'}`);
    } finally {
      progress.stop();
    }
  }, `stopped; the same command continues ${id} after its last finished epoch.`);
}

/** @returns whether it came to its end */
async function perform(path: string, id: string, test: boolean, options: TrialOptions): Promise<boolean> {
  const folder = await ExperimentFolder.open(path);
  if (test) {
    await testTrial(folder, id, options);
    return true;
  }
  return (await runTrial(folder, id, options)) !== undefined;
}

/** Tells a parent process how it goes, and ends with it. Ctrl-C in a terminal reaches both, and stops both. */
async function runForParent(folder: string, id: string, test: boolean, runtime: RuntimeOptions): Promise<void> {
  await interruptible((interrupt) => tellParent(folder, id, test, runtime, interrupt), 'stopped.');
}

async function tellParent(
  folder: string,
  id: string,
  test: boolean,
  runtime: RuntimeOptions,
  interrupt: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, interrupt]);
  let acknowledge = (): void => undefined;
  process.once('disconnect', () => process.exit(1));
  process.on('message', (command: TrialCommand) => {
    if (command.kind === 'stop') stop.abort();
    else acknowledge();
  });
  const tell = (message: TrialMessage): Promise<void> =>
    new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
  try {
    const finished = await perform(folder, id, test, {
      runtime,
      signal,
      observer: {
        started: (_, state) =>
          void tell({ kind: 'started', epochsDone: state?.epoch ?? 0, secondsDone: state?.seconds ?? 0 }),
        epochDone: async (record) => {
          const acknowledged = new Promise<void>((resolve) => {
            acknowledge = resolve;
          });
          await tell({ kind: 'epoch', record });
          await acknowledged;
        },
      },
    });
    await tell({ kind: finished ? 'finished' : 'stopped' });
  } catch (error) {
    if (signal.aborted) await tell({ kind: 'stopped' });
    else if (isTrouble(error)) await tell({ kind: 'trouble', message: reasonOf(error) });
    else if (error instanceof UserError) await tell({ kind: 'mistake', message: error.message });
    else throw error;
  } finally {
    process.disconnect();
  }
}
