import { gzipSync } from 'node:zlib';
import type { Redis } from 'ioredis';

/** Something that somebody with access to Redis may write there. */
export interface Attack {
  readonly name: string;
  write(redis: Redis): Promise<unknown>;
}

const PREFIX = 'bull:earthmorph:';
const ESCAPE = '\u001b[2J\u001b]0;owned\u0007';
const OPTS = '{"attempts":5}';

/**
 * What a hostile writer does to a queue under way.
 * @param victim a folder that jobs must not reach
 */
export function attacks(victim: string): Attack[] {
  const up = `${'../'.repeat(12)}${victim.slice(1)}`;
  return [
    { name: 'a job whose trial is a path', write: (redis) => job(redis, { trial: up }) },
    { name: 'a job whose sweep is a path', write: (redis) => job(redis, { sweep: up }) },
    {
      name: 'a job whose experiment names a folder',
      write: (redis) => job(redis, { data: victim, caseIds: ['kept'] }),
    },
    {
      name: 'a job of millions of trials',
      write: (redis) => job(redis, { seeds: Array.from({ length: 1e5 }, (_, n) => n) }),
    },
    {
      name: 'a job with keys of every object',
      write: (redis) => job(redis, { more: '"__proto__":{"a":1},"constructor":1,' }),
    },
    { name: 'a job with escape sequences', write: (redis) => job(redis, { trial: `${ESCAPE}x`, name: ESCAPE }) },
    {
      name: 'a job that is no JSON',
      write: (redis) => raw(redis, 'aaaaaaaaaaaa.mse', { name: 'trial', data: '{', opts: OPTS }),
    },
    {
      name: 'a job with options that are no JSON',
      write: (redis) => raw(redis, 'aaaaaaaaaaab.mse', { name: 'trial', data: '{}', opts: 'x' }),
    },
    {
      name: 'a job that repeats and has a parent',
      write: (redis) =>
        raw(redis, 'aaaaaaaaaaac.mse', {
          name: 'trial',
          data: '{}',
          opts: OPTS,
          rjk: 'a:b',
          parentKey: `${PREFIX}meta`,
        }),
    },
    {
      name: 'a job of 40 MB',
      write: (redis) => raw(redis, 'aaaaaaaaaaad.mse', { name: 'trial', data: `"${'x'.repeat(4e7)}"`, opts: OPTS }),
    },
    {
      name: 'jobs with the names of the queue’s own keys',
      write: (redis) =>
        redis.rpush(`${PREFIX}wait`, 'wait', 'meta', 'events', 'x'.repeat(5000), Buffer.from([0xff, 0xfe])),
    },
    {
      name: 'active jobs with the names of the queue’s own keys',
      write: (redis) => redis.multi().rpush(`${PREFIX}active`, 'wait').sadd(`${PREFIX}stalled`, 'wait', 'meta').exec(),
    },
    {
      name: 'lists that are no lists',
      write: (redis) => redis.multi().set(`${PREFIX}delayed`, ESCAPE).set(`${PREFIX}failed`, 'x').exec(),
    },
    {
      name: 'jobs that are no jobs',
      write: (redis) => someJobs(redis, (id) => redis.set(PREFIX + id, 'x')),
    },
    {
      name: 'jobs with other data',
      write: (redis) =>
        someJobs(redis, (id) =>
          redis
            .multi()
            .del(PREFIX + id)
            .hset(PREFIX + id, { name: 'trial', data: '{"trial":"../.."}' })
            .exec(),
        ),
    },
    {
      name: 'jobs that are gone',
      write: (redis) => someJobs(redis, (id) => redis.del(PREFIX + id)),
    },
    {
      name: 'progress of another form',
      write: (redis) =>
        someJobs(redis, (id) =>
          redis.hset(PREFIX + id, 'progress', `{"epoch":1e99,"record":{"epoch":"${ESCAPE}"},"worker":[1]}`),
        ),
    },
    {
      name: 'workers with escape sequences',
      write: (redis) => someJobs(redis, (id) => redis.hset(PREFIX + id, 'pb', ESCAPE)),
    },
    {
      name: 'files with paths for names',
      write: (redis) =>
        someFiles(redis, (key) =>
          redis.hset(key, { [up]: gzipSync('x'), '../.bashrc': gzipSync('x'), __proto__: 'x' }),
        ),
    },
    {
      name: 'a checkpoint that unpacks without end',
      write: (redis) => {
        const bomb = gzipSync(Buffer.alloc(2 ** 28));
        return someFiles(redis, (key) => redis.hset(key, 'last.safetensors', bomb));
      },
    },
    {
      name: 'checkpoints and settings of another form',
      write: (redis) =>
        someFiles(redis, (key) =>
          redis.hset(key, {
            'last.safetensors': gzipSync(Buffer.from('9'.repeat(100))),
            'config.json': gzipSync(JSON.stringify({ version: '0', data: victim, config: {}, split: {} })),
            'metrics.jsonl': gzipSync('[]\n{'),
            'trial.json': gzipSync('null'),
          }),
        ),
    },
    {
      name: 'files that are no files',
      write: (redis) => someFiles(redis, (key) => redis.multi().del(key).set(key, 'x').exec()),
    },
    {
      name: 'results of nobody',
      write: (redis) =>
        endWaiting(redis, 'completed', (id) => [
          `earthmorph:files:${id}`,
          { 'trial.json': gzipSync('{}'), '../trial.json': gzipSync('{}') },
        ]),
    },
    {
      name: 'a failure of nobody, with escape sequences',
      write: (redis) =>
        endWaiting(redis, 'failed', (id) => [PREFIX + id, { data: '{}', failedReason: `${ESCAPE}\nall is lost` }]),
    },
  ];
}

/** A job as a sweep would put it there, but for what is said. */
function job(redis: Redis, said: Readonly<Record<string, unknown>> & { more?: string }): Promise<unknown> {
  const {
    sweep = 'bbbbbbbbbbbb',
    trial = 'mse_seed1',
    data = 'phantom',
    caseIds = ['a', 'b'],
    seeds = [1],
    name = 'x',
  } = said;
  const values = { name, data, losses: ['mse'], seeds };
  const text = JSON.stringify({
    sweep,
    trial,
    epochsAtMost: 1,
    experiment: { version: '0', values, caseIds, data },
    made: false,
  });
  const whole = text.replace('"values":{', `"values":{${said.more ?? ''}`);
  return raw(redis, `${sweep}.${trial}`, { name: 'trial', data: whole, opts: OPTS });
}

function raw(redis: Redis, id: string, fields: Readonly<Record<string, string>>): Promise<unknown> {
  return redis
    .multi()
    .hset(PREFIX + id, { timestamp: '1', delay: '0', priority: '0', ...fields })
    .rpush(`${PREFIX}wait`, id)
    .zadd(`${PREFIX}marker`, 0, '0')
    .exec();
}

/** Some of the trials' own jobs, those that wait. */
async function someJobs(redis: Redis, write: (id: string) => Promise<unknown>): Promise<void> {
  for (const id of await redis.lrange(`${PREFIX}wait`, 0, 1)) await write(id);
}

/** The files of all trials that have any. */
async function someFiles(redis: Redis, write: (key: string) => Promise<unknown>): Promise<void> {
  for (const key of await redis.keys('earthmorph:files:*')) await write(key);
}

/** Ends the first waiting job without a worker, and leaves something of it. */
async function endWaiting(
  redis: Redis,
  how: 'completed' | 'failed',
  left: (id: string) => readonly [key: string, fields: Record<string, string | Buffer>],
): Promise<void> {
  const [id] = await redis.lrange(`${PREFIX}wait`, 0, 0);
  if (id === undefined) return;
  const [key, fields] = left(id);
  await redis.multi().lrem(`${PREFIX}wait`, 0, id).zadd(`${PREFIX}${how}`, Date.now(), id).hset(key, fields).exec();
}
