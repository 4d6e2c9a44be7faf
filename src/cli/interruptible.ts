import { INTERRUPTED } from './program.ts';

/**
 * Runs work that Ctrl-C stops in good order: the first one aborts the signal, the second one ends the process at once.
 * @param said what to print when the work was stopped.
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<void>, said: string): Promise<void> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once('SIGINT', stop);
  try {
    await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    console.error(`earthmorph: ${said}`);
    process.exitCode = INTERRUPTED;
  } finally {
    process.off('SIGINT', stop);
  }
}
