import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Redis } from 'ioredis';
import { UserError } from '../../errors.ts';
import { jobId, KEPT_SECONDS, lockKey } from './queueConnection.ts';
import { CHECKPOINTS, TRIAL_FILES, type TrialFiles } from './trialFiles.ts';

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/**
 * Stores files in place of all that were there, only for the holder of the job's lock. A worker that was cut off and
 * comes back must not undo the work of another. KEYS: the hash, the lock. ARGV: the lock's token, seconds until the
 * hash expires, then names and contents in turn.
 */
const STORE = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1`;

/**
 * One file, unless it is too large. KEYS: the hash. ARGV: its name, its largest size. Answers with nothing where there
 * is none.
 */
const LOAD = `
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return false end
if redis.call('HSTRLEN', KEYS[1], ARGV[1]) > tonumber(ARGV[2]) then return redis.error_reply('LARGE') end
return redis.call('HGET', KEYS[1], ARGV[1])`;

/** The lock of a job was lost: another worker has it, or Redis forgot it. */
export class LockLost extends Error {}

/**
 * The files of trials on the queue's Redis, compressed, a hash a trial: so that another machine can go on with a
 * training without a shared folder. About 8 MB while a training of the paper's network goes on, 3 MB once it is
 * finished.
 */
export class TrialStore {
  constructor(
    private readonly redis: Redis,
    private readonly sweep: string,
    private readonly trial: string,
  ) {}

  get #key(): string {
    return `earthmorph:files:${jobId(this.sweep, this.trial)}`;
  }

  /**
   * Sends the files of a run's folder as they are.
   * @param token of the job's lock
   * @param finished whether what only an unfinished training needs is left out
   * @throws LockLost when the lock is another's
   */
  async save(run: string, token: string, finished = false): Promise<void> {
    const fields: (string | Buffer)[] = [];
    for (const name of TRIAL_FILES) {
      if (finished && CHECKPOINTS.includes(name)) continue;
      const bytes = await readFile(join(run, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (bytes) fields.push(name, await pack(bytes, { level: 1 }));
    }
    const lock = lockKey(jobId(this.sweep, this.trial));
    const kept = await this.redis.eval(STORE, 2, this.#key, lock, token, KEPT_SECONDS, ...fields);
    if (kept !== 1) throw new LockLost('another worker has taken over');
  }

  /**
   * The files that are there, unpacked; of names that no run has, none.
   * @param limit largest size of a file in bytes, packed or not
   * @throws UserError when a file is larger or cannot be unpacked
   */
  async load(limit: number): Promise<TrialFiles> {
    const files = new Map<string, Uint8Array>();
    for (const name of TRIAL_FILES) {
      const packed = await this.redis.callBuffer('EVAL', LOAD, 1, this.#key, name, limit).catch((error: unknown) => {
        if (error instanceof Error && error.message.includes('LARGE')) throw new UserError(`${name} is too large`);
        throw error;
      });
      if (!(packed instanceof Buffer)) continue;
      const bytes = await unpack(packed, { maxOutputLength: limit }).catch((error: NodeJS.ErrnoException) => {
        const isLarge = error.code === 'ERR_BUFFER_TOO_LARGE';
        throw new UserError(isLarge ? `${name} is too large` : `${name} cannot be unpacked`);
      });
      files.set(name, bytes);
    }
    return files;
  }

  /** Forgets all of it. */
  async drop(): Promise<void> {
    await this.redis.del(this.#key);
  }
}
