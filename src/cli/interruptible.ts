/**
 * The signals that end a command, with its exit code then, as shells have it: Ctrl-C, and what clusters and containers
 * send.
 */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** What ends when a signal comes; undefined while a command may end anywhere. */
let running: { readonly stop: (code: number) => void; readonly signal: AbortSignal } | undefined;
let atOnce = 'stopped before the end; give the same command again to start over.';

/**
 * Makes Ctrl-C and SIGTERM end this process in good order. Work within {@link interruptible} stops where it can
 * continue later. Any other work ends at once and removes its temporary files; so does the former at a second signal.
 */
export function handleSignals(): void {
  for (const [name, code] of Object.entries(EXIT_CODES))
    process.on(name, () => {
      if (running && !running.signal.aborted) return running.stop(code);
      console.error(`earthmorph: ${atOnce}`);
      process.exit(code);
    });
}

/**
 * Runs work that Ctrl-C and SIGTERM stop in good order: the first one aborts the signal, the second one ends the
 * process at once.
 * @param said what to print when the work was stopped.
 */
export async function interruptible(
  work: (signal: AbortSignal) => Promise<void>,
  said: string | (() => string),
): Promise<void> {
  const controller = new AbortController();
  let code: number | undefined;
  running = {
    signal: controller.signal,
    stop: (own) => {
      code = own;
      controller.abort();
    },
  };
  try {
    await work(controller.signal);
  } catch (error) {
    if (code === undefined) throw error;
    console.error(`earthmorph: ${typeof said === 'string' ? said : said()}`);
    process.exitCode = code;
  } finally {
    running = undefined;
  }
}

/**
 * Runs work that Ctrl-C and SIGTERM end at once.
 * @param said what to print then.
 */
export async function endsAtOnce(work: () => Promise<void>, said: string): Promise<void> {
  atOnce = said;
  await work();
}
