import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Redis } from 'ioredis';
import { writeAtomically } from '../file/atomic.ts';
import { PREVIOUS } from '../run/runFolder.ts';
import { jobId, KEPT_SECONDS } from './queueConnection.ts';

/** What is needed only to go on with a training, not to use it. */
const CHECKPOINTS = ['last.safetensors', 'best.safetensors'];
const EPOCH = '#epoch';

/**
 * Stores the files of an epoch unless a later one is there: a worker that was cut off and comes back must not undo what another did since.
 * KEYS: the hash. ARGV: the epoch, seconds until it expires, then names and contents in turn.
 */
const STORE = `
local known = tonumber(redis.call('HGET', KEYS[1], '${EPOCH}') or '-1')
if known > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], '${EPOCH}', ARGV[1])
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1`;

/**
 * The files of trials on the queue's Redis, compressed, a hash a trial: so that another machine can go on with a training without a shared
 * folder. About 8 MB while a training of the paper's network goes on, 3 MB once it is finished.
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

  /** Sends the files of a run's folder as they are after an epoch. */
  async save(run: string, epoch: number): Promise<void> {
    const names = (await readdir(run)).filter((name) => !name.endsWith('.tmp') && name !== PREVIOUS);
    const files = await Promise.all(
      names.map(async (name) => [name, gzipSync(await readFile(join(run, name)), { level: 1 })] as const),
    );
    await this.redis.eval(STORE, 1, this.#key, epoch, KEPT_SECONDS, ...files.flat());
  }

  /** Makes a run's folder what the store holds; an empty store leaves no folder. */
  async restore(run: string): Promise<void> {
    await rm(run, { recursive: true, force: true });
    const files = await this.redis.hgetallBuffer(this.#key);
    const names = Object.keys(files).filter((name) => name !== EPOCH);
    if (names.length > 0) await mkdir(run, { recursive: true });
    for (const name of names) await writeAtomically(join(run, name), gunzipSync(files[name] as Buffer));
  }

  /** Drops what only an unfinished training needs. */
  async dropCheckpoints(): Promise<void> {
    await this.redis.hdel(this.#key, ...CHECKPOINTS);
  }
}
