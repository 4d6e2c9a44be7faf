import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { experimentConfig } from '../../../src/experiment/protocol/configuration.ts';
import { allTrials } from '../../../src/experiment/protocol/trials.ts';
import { jobId } from '../../../src/experiment/queue/queueConnection.ts';
import { clearHead, jobIds, rawJob } from '../../../src/experiment/queue/queueGuard.ts';
import { jobOf } from '../../../src/experiment/queue/queueJob.ts';
import { hasRedis, type RedisServer, startRedis, whyNoRedis } from '../../support/redis.ts';
import { GRID } from '../grid.ts';

const PREFIX = 'bull:earthmorph:';
const stored = { version: '1.0.0', values: GRID, caseIds: ['a', 'b', 'c'], data: 'phantom' };
const [trial] = allTrials(experimentConfig(GRID));
const job = jobOf(stored, trial!, true);
const id = jobId(job.sweep, job.trial);

describe.skipIf(!hasRedis)(`what a worker may be given${whyNoRedis}`, () => {
  let server: RedisServer;
  let redis: Redis;
  let queue: Queue;
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url, { maxRetriesPerRequest: null });
    queue = new Queue('earthmorph', { connection: redis });
  });
  afterAll(async () => {
    await queue?.close();
    redis?.disconnect();
    await server?.stop();
  });
  beforeEach(() => redis.flushall());

  const put = (): Promise<unknown> =>
    queue.add('trial', job, {
      jobId: id,
      attempts: 5,
      backoff: { type: 'fixed', delay: 1000 },
      removeOnFail: { age: 9 },
    });
  const cleared = async (): Promise<string[]> => {
    const said: string[] = [];
    await clearHead(redis, (name, fault) => said.push(`${name}: ${fault}`));
    return said;
  };

  it('leaves a training that a sweep put there', async () => {
    await put();
    expect(await cleared()).toEqual([]);
    expect(await queue.getJobState(id)).toBe('waiting');
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['data that are no JSON', { data: '{' }, /not JSON/],
    ['other data', { data: '{}' }, /sweep/],
    ['data of a path', { data: JSON.stringify({ ...job, trial: '../../victim' }) }, /not that of/],
    ['options that are no JSON', { opts: '[' }, /not JSON/],
    ['options that repeat', { opts: '{"repeat":{"every":1}}' }, /options/],
    ['progress that is no JSON', { progress: 'x' }, /not JSON/],
    ['a parent', { parentKey: `${PREFIX}meta` }, /fields that a job does not have/],
    ['a scheduler', { rjk: 'x' }, /fields that a job does not have/],
    ['another name', { name: 'other' }, /not a training/],
    ['20 MB', { data: 'x'.repeat(2e7) }, /larger/],
  ])('sets a job with %s aside, once', async (_, fields, fault) => {
    await put();
    await redis.hset(PREFIX + id, fields);
    const said = await cleared();
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(fault);
    expect(await queue.getJobState(id)).toBe('failed');
    expect(await redis.hget(PREFIX + id, 'failedReason')).toMatch(/^set aside, because /);
    expect(await cleared()).toEqual([]);
  });

  it('puts lists in order that somebody wrote into', async () => {
    await put();
    await redis.set(`${PREFIX}delayed`, 'x');
    await redis.del(`${PREFIX}meta`);
    await redis.set(`${PREFIX}meta`, 'x');
    await redis.rpush(`${PREFIX}wait`, 'wait', 'meta', '\u001b[2J', 'x'.repeat(5000), Buffer.from([0xff, 0xfe]));
    await redis.rpush(`${PREFIX}active`, 'wait');
    const said = (await cleared()).join('\n');
    expect(said).toContain('wait: it does not belong to a trial');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the very character that must not be printed
    expect(said).not.toMatch(/\u001b/);
    expect(await redis.lrange(`${PREFIX}wait`, 0, -1)).toEqual([id]);
    expect(await redis.exists(`${PREFIX}active`, `${PREFIX}delayed`, `${PREFIX}meta`)).toBe(0);
    expect(await jobIds(redis)).toEqual([id]);
  });

  it('reads no more of a job than it may hold', async () => {
    await redis.set(PREFIX + id, 'x');
    expect((await rawJob(redis, id)).kind).toBe('foreign');
    await redis.del(PREFIX + id);
    expect((await rawJob(redis, id)).kind).toBe('missing');
    await redis.hset(PREFIX + id, 'pb', 'x'.repeat(1e6));
    expect(await rawJob(redis, id)).toMatchObject({ kind: 'large', fields: new Map() });
  });
});
