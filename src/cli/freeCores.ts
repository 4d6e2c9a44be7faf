import { availableParallelism, type CpuInfo, cpus } from 'node:os';
import { setTimeout } from 'node:timers/promises';

/** Milliseconds over which cores are watched. */
const WATCHED = 200;

/**
 * Whether as many cores as threads have nothing to do at the moment, so that threads that wait may spin there.
 * @param threads every core when left out
 */
export async function coresAreFree(threads = availableParallelism()): Promise<boolean> {
  const before = cpus();
  await setTimeout(WATCHED);
  return idleCores(before, cpus()) > threads - 0.5;
}

/** How many cores did nothing between two looks at them; a fraction counts one that did something. */
export function idleCores(before: readonly CpuInfo[], after: readonly CpuInfo[]): number {
  const spent = (cores: readonly CpuInfo[], kinds: readonly (keyof CpuInfo['times'])[]): number =>
    cores.reduce((sum, { times }) => kinds.reduce((total, kind) => total + times[kind], sum), 0);
  const between = (...kinds: (keyof CpuInfo['times'])[]): number => spent(after, kinds) - spent(before, kinds);
  const all = between('user', 'nice', 'sys', 'idle', 'irq');
  return all > 0 ? (after.length * between('idle')) / all : 0;
}
