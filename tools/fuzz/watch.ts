import { readFileSync } from 'node:fs';

/** Processor seconds that one input may take, and bytes above what its process had before. */
export const LIMIT = { seconds: 20, bytes: 1e9 } as const;

/** Minutes after which a process that does nothing is given up, and after which any is. */
const IDLE_MINUTES = 2;

/**
 * What a process has used up to now. Undefined where the system does not tell (only Linux does) or the process is gone.
 */
function usageOf(pid: number): { readonly seconds: number; readonly bytes: number } | undefined {
  try {
    // The name of the program, in brackets, may hold anything; the fields are counted from behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return { seconds: (Number(fields[11]) + Number(fields[12])) / 100, bytes: Number(fields[21]) * 4096 };
  } catch {
    return undefined;
  }
}

/**
 * Watches a process until `stop` is called; calls `exceeded` once when it takes too much. Processor time is what
 * counts, so that a busy machine is no hang; a process that waits for nothing is one.
 */
export function watch(pid: number, exceeded: (what: string) => void): { stop(): number } {
  const before = usageOf(pid) ?? { seconds: 0, bytes: 0 };
  let peak = before.bytes;
  let busy = { seconds: before.seconds, at: Date.now() };
  const timer = setInterval(() => {
    const now = usageOf(pid);
    if (now === undefined) {
      if (Date.now() - busy.at > 60_000 * IDLE_MINUTES) end('it does not end');
      return;
    }
    peak = Math.max(peak, now.bytes);
    if (now.seconds - busy.seconds > 0.1) busy = { seconds: now.seconds, at: Date.now() };
    if (now.seconds - before.seconds > LIMIT.seconds) end(`it took more than ${LIMIT.seconds} s of the processor`);
    else if (now.bytes - before.bytes > 1.5 * LIMIT.bytes) end('it took more than 1.5 GB');
    else if (Date.now() - busy.at > 60_000 * IDLE_MINUTES) end('it neither works nor ends');
  }, 25);
  const end = (what: string): void => {
    clearInterval(timer);
    exceeded(what);
  };
  return {
    stop() {
      clearInterval(timer);
      return peak - before.bytes;
    },
  };
}
