import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What a program took. */
export interface Taken {
  /** Seconds on the clock. */
  readonly seconds: number;
  /** Seconds of all its threads, and the most memory in GB, as Linux tells them; undefined elsewhere. */
  readonly cpuSeconds?: number;
  readonly peakGigabytes?: number;
}

/** How often what a program has taken is looked up, in ms: so much of its end goes unseen. */
const EVERY = 50;
/** Linux counts a program's time in so many ticks a second. */
const TICKS = 100;

/** Runs a program to its end. @throws Error with what it said when it fails */
export async function watched(command: string, args: readonly string[]): Promise<Taken> {
  const started = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000);
    });
  let cpuSeconds: number | undefined;
  let peakGigabytes: number | undefined;
  const look = (): void => {
    try {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      cpuSeconds = Math.max(cpuSeconds ?? 0, (Number(fields[11]) + Number(fields[12])) / TICKS);
      const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      if (kilobytes !== undefined) peakGigabytes = (Number(kilobytes) * 1024) / 1e9;
    } catch {
      // It has ended, or this is no Linux.
    }
  };
  const timer = setInterval(look, EVERY);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => clearInterval(timer));
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${said}`);
  return {
    seconds: (performance.now() - started) / 1000,
    ...(cpuSeconds === undefined ? {} : { cpuSeconds }),
    ...(peakGigabytes === undefined ? {} : { peakGigabytes }),
  };
}
