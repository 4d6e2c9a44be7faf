import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { UserError } from '../errors.ts';
import { reasonOf } from '../file/reason.ts';
import type { StoredExperiment } from './experimentFolder.ts';

/** Name of the one queue that all sweeps share. */
export const QUEUE = 'earthmorph';

/** How long results are kept on the queue, in seconds. */
export const KEPT_SECONDS = 14 * 24 * 3600;

/** A trial as a job. */
export interface TrialJob {
  /** {@link sweepKey} of its experiment. */
  readonly sweep: string;
  readonly trial: string;
  readonly epochsAtMost: number;
  readonly experiment: StoredExperiment;
}

/** What a worker tells about a job, an epoch at a time. */
export interface TrialJobProgress {
  readonly epoch: number;
  readonly dice: number | null;
  readonly seconds: number;
  readonly worker: string;
}

/**
 * Connects to Redis.
 * @throws UserError when it does not answer
 */
export async function connect(url: string): Promise<Redis> {
  if (!/^rediss?:\/\//.test(url))
    throw new UserError(`${url} is no address of a Redis queue; give one like redis://127.0.0.1:6379.`);
  // BullMQ waits for Redis to come back, so commands may be tried without end.
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: null, connectTimeout: 5000 });
  let reason: unknown;
  redis.on('error', (error) => {
    reason = error;
  });
  try {
    await Promise.race([redis.connect(), new Promise((_, reject) => setTimeout(reject, 8000).unref())]);
    await redis.ping();
    return redis;
  } catch (error) {
    redis.disconnect();
    if (/WRONGPASS|NOAUTH/.test(String(reason ?? error)))
      throw new UserError(
        `The queue ${withoutPassword(url)} refuses the password; give it as in redis://:password@host:6379.`,
      );
    throw new UserError(
      `The queue ${withoutPassword(url)} does not answer (${reasonOf(reason ?? error)}); start Redis there, or correct --queue.`,
    );
  }
}

/** The same experiment on the same cases has the same key, whoever asks. */
export function sweepKey({ values, caseIds }: StoredExperiment): string {
  return createHash('sha256')
    .update(JSON.stringify([values, caseIds]))
    .digest('hex')
    .slice(0, 12);
}

/** Id of a trial's job. */
export function jobId(sweep: string, trial: string): string {
  return `${sweep}.${trial}`;
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//…@');
}
