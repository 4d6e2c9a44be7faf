import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { UserError } from '../../errors.ts';
import { reasonOf } from '../../file/reason.ts';
import { given } from '../../given.ts';
import type { StoredExperiment } from '../folder/experimentFolder.ts';
import { shortLine } from '../runner/shortLine.ts';
import { PASSWORD_VARIABLE, type QueueAddress, withoutSecrets } from './queueAddress.ts';

/** Name of the one queue that all experiments share. */
export const QUEUE = 'earthmorph';

/** What BullMQ's keys begin with. */
export const PREFIX = `bull:${QUEUE}:`;

/** How long results are kept on the queue, in seconds. */
export const KEPT_SECONDS = 14 * 24 * 3600;

/** Longest pause between two tries to reach a Redis that went away, in ms. */
const PAUSE = 2000;

/**
 * Connects to Redis. If the connection is lost later, it is tried again until it is back. `say` gets one line for each
 * of the two.
 * @throws UserError when it does not answer
 */
export async function connect(address: QueueAddress, say: (line: string) => void = () => undefined): Promise<Redis> {
  const { shown, host, port, tls, username, password, db, family } = address;
  const redis = new Redis({
    host,
    port,
    ...given({ username, password, db, family }),
    ...(tls ? { tls: {} } : {}),
    lazyConnect: true,
    // BullMQ waits for Redis to come back, so commands may be tried without end.
    maxRetriesPerRequest: null,
    connectTimeout: 5000,
    retryStrategy: (times) => Math.min(100 * 2 ** Math.min(times, 10), PAUSE),
  });
  let reason: unknown;
  redis.on('error', (error) => {
    reason = error;
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer')), 8000);
    });
    await Promise.race([redis.connect().then(() => redis.ping()), late]);
  } catch (error) {
    redis.disconnect();
    throw refusal(reason ?? error, address);
  } finally {
    clearTimeout(timer);
  }
  let away = false;
  redis.on('close', () => {
    // Commands of this program end the connection too; then nobody waits for it.
    if (!away && redis.status !== 'end') say(`The queue ${shown} does not answer; trying again until it does.`);
    away = true;
  });
  redis.on('ready', () => {
    if (away) say(`The queue ${shown} answers again.`);
    away = false;
  });
  return redis;
}

function refusal(error: unknown, address: QueueAddress): UserError {
  const said = shortLine(withoutSecrets(reasonOf(error), address));
  if (/WRONGPASS|NOAUTH|invalid password|without any password/i.test(said))
    return new UserError(
      `The queue ${address.shown} refuses the password; give it in ${PASSWORD_VARIABLE} or with --queue-password-file.`,
    );
  return new UserError(`The queue ${address.shown} does not answer (${said}); start Redis there, or correct --queue.`);
}

/** What is wrong with how Redis keeps a queue: sentences, none where all is well. */
export async function keepingFaults(redis: Redis): Promise<readonly string[]> {
  const info = async (section: string, key: string): Promise<string> => {
    const text = String(await redis.info(section).catch(() => ''));
    return new RegExp(`^${key}:([\\w-]{1,40})\\r?$`, 'm').exec(text)?.[1] ?? '';
  };
  const faults: string[] = [];
  if ((await info('persistence', 'aof_enabled')) === '0')
    faults.push(
      'Redis keeps the queue only in memory. If Redis ends, running trainings start over. Start it with --appendonly yes.',
    );
  const policy = await info('memory', 'maxmemory_policy');
  if (policy !== '' && policy !== 'noeviction')
    faults.push('Redis deletes entries when its memory is full. Start it with --maxmemory-policy noeviction.');
  return faults;
}

/** The same experiment on the same cases has the same key, whoever asks. */
export function experimentKey({ values, caseIds }: Pick<StoredExperiment, 'values' | 'caseIds'>): string {
  return createHash('sha256')
    .update(JSON.stringify([values, caseIds]))
    .digest('hex')
    .slice(0, 12);
}

/** Id of a trial's job. */
export function jobId(experiment: string, trial: string): string {
  return `${experiment}.${trial}`;
}

/** Where BullMQ keeps the lock of a job: its value is the token of the worker that has it. */
export function lockKey(id: string): string {
  return `${PREFIX}${id}:lock`;
}
