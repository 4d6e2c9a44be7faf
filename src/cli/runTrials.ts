import type { ExperimentFolder } from '../experiment/folder/experimentFolder.ts';
import type { QueueAddress } from '../experiment/queue/queueAddress.ts';
import { alignCases } from '../experiment/runner/alignCases.ts';
import { type RunExperimentOptions, runExperiment } from '../experiment/runner/runExperiment.ts';
import { interruptible } from './interruptible.ts';
import { counted } from './output.ts';
import { TRAININGS_FAILED } from './program.ts';
import { type Progress, startProgress } from './progress.ts';
import { processesOf, TrialsDisplay, type TrialsOptions, withBudget } from './trialsOptions.ts';

/**
 * Runs what is not done yet of an experiment, here or through a queue, and reports what there is then, also when its
 * hours are over.
 */
export async function runTrials(
  what: RunExperimentOptions['what'],
  folder: ExperimentFolder,
  options: TrialsOptions,
  address: QueueAddress | undefined,
  report: () => Promise<void>,
): Promise<void> {
  await interruptible(async (interrupt) => {
    const display = new TrialsDisplay();
    // What talks to Redis is loaded only where a queue is named.
    const queue =
      address &&
      (await (await import('../experiment/queue/queue.ts')).openQueue(address, folder, (line) => display.note(line)));
    // Workers of a queue have threads of their own.
    const other = queue ? undefined : await folder.keepThreads(processesOf(options).threads);
    if (other !== undefined) console.error(`Note: ${other}`);
    let aligning: Progress | undefined;
    const onAligned = (done: number, total: number): void => {
      aligning ??= startProgress(total, 'aligning');
      aligning.update(done);
      if (done === total) aligning.line(`${counted(total, 'pair')} ${total === 1 ? 'is' : 'are'} aligned`);
    };
    try {
      await alignCases(folder, {}, interrupt, onAligned).finally(() => aligning?.stop());
      await runExperiment(folder, {
        what,
        program: process.argv[1] as string,
        ...processesOf(options),
        ...(queue ? { trainer: queue.runner } : {}),
        signal: withBudget(interrupt, options.hours ?? folder.config.hours),
        observer: display.observer,
      });
    } finally {
      display.stop();
      await queue?.close();
    }
    interrupt.throwIfAborted();
    if (display.failures !== undefined) {
      console.error(`earthmorph: ${display.failures}`);
      process.exitCode = TRAININGS_FAILED;
    }
    await report();
  }, `stopped; what is done is kept in ${options.out}, and the same command continues it.`);
}
