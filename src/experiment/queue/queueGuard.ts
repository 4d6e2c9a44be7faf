import type { Redis } from 'ioredis';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { shortLine } from '../runner/shortLine.ts';
import { KEPT_SECONDS, lockKey, PREFIX } from './queueConnection.ts';
import { DATA_LIMIT, JOB_ID, readJob } from './queueJob.ts';

/**
 * What a job may hold, with the largest size of each field in bytes. Anything else would make BullMQ touch other jobs.
 */
const FIELDS: Readonly<Record<string, number>> = {
  name: 100,
  data: DATA_LIMIT,
  opts: 4096,
  progress: 65_536,
  stacktrace: 1_048_576,
  failedReason: 65_536,
  returnvalue: 4096,
  ...Object.fromEntries(
    ['timestamp', 'delay', 'priority', 'atm', 'attemptsMade', 'ats', 'stc', 'processedOn', 'finishedOn', 'pb'].map(
      (name) => [name, 300],
    ),
  ),
};

/** A job whose hash is larger than it may be is not read. */
const TOO_LARGE = 'TOO_LARGE';

/**
 * Fields of a job, unless one of them, or their number, is larger than it may be: what is read stays small whatever was
 * written. KEYS: the job. ARGV: names and largest sizes in turn. Answers with `MISSING`, `FOREIGN` (no hash),
 * `TOO_LARGE`, or names and values.
 */
const READ = `
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'none' then return {'MISSING'} end
if kind ~= 'hash' then return {'FOREIGN'} end
local known = {}
local out = {'OK'}
local count = 0
for i = 1, #ARGV, 2 do
  local length = redis.call('HSTRLEN', KEYS[1], ARGV[i])
  if length > tonumber(ARGV[i + 1]) then return {'${TOO_LARGE}'} end
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then
    count = count + 1
    out[#out + 1] = ARGV[i]
    out[#out + 1] = redis.call('HGET', KEYS[1], ARGV[i])
  end
end
if redis.call('HLEN', KEYS[1]) ~= count then out[1] = 'MORE' end
return out`;

/** Takes a job off all lists. KEYS: the lists. ARGV: its id. */
const UNLIST = `
for _, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key).ok
  if kind == 'list' then redis.call('LREM', key, 0, ARGV[1]) end
  if kind == 'zset' then redis.call('ZREM', key, ARGV[1]) end
  if kind == 'set' then redis.call('SREM', key, ARGV[1]) end
end`;

/** The queue's lists by the kind that each must be of. */
const LISTS = {
  list: ['wait', 'paused', 'active'],
  zset: ['prioritized', 'delayed', 'completed', 'failed', 'waiting-children'],
  set: ['stalled'],
} as const;
const KIND_OF = Object.entries(LISTS).flatMap(([kind, names]) => names.map((name) => [PREFIX + name, kind] as const));
const KEYS = KIND_OF.map(([key]) => key);
/** Its other keys, which hold no ids. */
const OTHERS = [
  [`${PREFIX}meta`, 'hash'],
  [`${PREFIX}events`, 'stream'],
  [`${PREFIX}marker`, 'zset'],
] as const;
const ORDERLY = [...KIND_OF, ...OTHERS];

/**
 * Cleans the lists. A key in the place of a list that has another type is deleted. Ids that are not those of a job are
 * removed, since BullMQ would take them for names of its own keys. Looks at both ends of each, which is where jobs are
 * taken from. KEYS: the lists, then other keys. ARGV: the kind of each, how many of them are lists, and how many
 * entries to look at. Answers with the beginnings of what was taken off.
 */
const TIDY = `
local removed = {}
local most = tonumber(ARGV[#ARGV])
for i, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'none' and kind ~= ARGV[i] then
    redis.call('DEL', key)
    removed[#removed + 1] = key
  elseif kind ~= 'none' and i <= tonumber(ARGV[#ARGV - 1]) then
    local ids = {}
    local function add(found) for _, id in ipairs(found) do ids[#ids + 1] = id end end
    if kind == 'set' then add(redis.call('SRANDMEMBER', key, most)) end
    if kind ~= 'set' then
      local range = kind == 'list' and 'LRANGE' or 'ZRANGE'
      add(redis.call(range, key, 0, most - 1))
      add(redis.call(range, key, -most, -1))
    end
    for _, id in ipairs(ids) do
      if #id > 253 or string.sub(id, 13, 13) ~= '.' or not string.match(id, '^[0-9a-f]+%.[a-z0-9][a-z0-9._%-]*$') then
        if kind == 'list' then redis.call('LREM', key, 0, id) end
        if kind == 'zset' then redis.call('ZREM', key, id) end
        if kind == 'set' then redis.call('SREM', key, id) end
        if #removed < 20 then removed[#removed + 1] = string.sub(id, 1, 200) end
      end
    end
  end
end
return removed`;

/** Ids on some lists. KEYS: the lists. ARGV: how many of each at most. */
const IDS = `
local out = {}
for _, key in ipairs(KEYS) do
  local range = redis.call('TYPE', key).ok == 'list' and 'LRANGE' or 'ZRANGE'
  for _, id in ipairs(redis.call(range, key, -ARGV[1], -1)) do out[#out + 1] = string.sub(id, 1, 300) end
  if range == 'ZRANGE' then
    for _, id in ipairs(redis.call(range, key, 0, ARGV[1] - 1)) do out[#out + 1] = string.sub(id, 1, 300) end
  end
end
return out`;

/** A job as Redis holds it. */
export interface RawJob {
  /** `foreign`: something that is no job has its key. `large`: it is larger than a job can be. */
  readonly kind: 'missing' | 'foreign' | 'large' | 'job';
  readonly fields: ReadonlyMap<string, string>;
  /** Whether there are fields that a job does not have. */
  readonly more: boolean;
}

const KINDS: Readonly<Record<string, RawJob['kind']>> = {
  MISSING: 'missing',
  FOREIGN: 'foreign',
  [TOO_LARGE]: 'large',
};

/** Reads some fields of a job, or all. */
export async function rawJob(redis: Redis, id: string, names = Object.keys(FIELDS)): Promise<RawJob> {
  const limits = names.flatMap((name) => [name, FIELDS[name] ?? 0]);
  const answer = (await redis.eval(READ, 1, PREFIX + id, ...limits)) as string[];
  const [kind = '', ...rest] = answer;
  const fields = new Map<string, string>();
  for (let n = 0; n + 1 < rest.length; n += 2) fields.set(rest[n] as string, rest[n + 1] as string);
  return { kind: KINDS[kind] ?? 'job', fields, more: kind === 'MORE' };
}

/** Takes a job off the queue altogether. */
export async function forgetJob(redis: Redis, id: string): Promise<void> {
  await redis.eval(UNLIST, KEYS.length, ...KEYS, id);
  await redis.del(PREFIX + id, lockKey(id), `${PREFIX + id}:logs`);
}

/** Puts a job among the failed ones with a reason, and with nothing of what it held. */
async function setAside(redis: Redis, id: string, reason: string): Promise<void> {
  await forgetJob(redis, id);
  const now = Date.now();
  await redis
    .multi()
    .hset(PREFIX + id, { name: 'trial', data: '{}', opts: '{}', timestamp: now, finishedOn: now, failedReason: reason })
    .expire(PREFIX + id, KEPT_SECONDS)
    .zadd(`${PREFIX}failed`, now, id)
    .exec();
}

const age = z.strictObject({ age: z.int().min(0) });
const optsSchema = z.strictObject({
  jobId: z.string().optional(),
  attempts: z.int().min(1).max(1000).optional(),
  backoff: z.strictObject({ type: z.literal('fixed'), delay: z.int().min(0).max(60_000) }).optional(),
  removeOnComplete: age.optional(),
  removeOnFail: age.optional(),
});

/** Why a job cannot be worked on; undefined where it can. */
function faultOf(id: string, { kind, fields, more }: RawJob): string | undefined {
  if (kind === 'missing') return 'it has no entry';
  if (kind === 'foreign') return 'its entry is not a job';
  if (kind === 'large') return 'it is larger than a job can be';
  if (more) return 'it has fields that a job does not have';
  try {
    if (fields.get('name') !== 'trial') return 'it is not a training';
    if (!optsSchema.safeParse(JSON.parse(fields.get('opts') || '{}')).success)
      return 'its options are not those of a training';
    for (const name of ['progress', 'stacktrace', 'returnvalue']) JSON.parse(fields.get(name) || '0');
    readJob(JSON.parse(fields.get('data') ?? ''), id);
    return undefined;
  } catch (error) {
    return error instanceof UserError ? shortLine(error.message) : 'its data is not JSON';
  }
}

/** Entries at each end of a list that are shown at most. */
const MOST = 10_000;
/** Entries at each end of a list that are looked at. */
const AHEAD = 200;

async function putInOrder(redis: Redis, most: number): Promise<string[]> {
  const keys = ORDERLY.map(([key]) => key);
  const kinds = ORDERLY.map(([, kind]) => kind);
  return (await redis.eval(TIDY, keys.length, ...keys, ...kinds, KEYS.length, most)) as string[];
}

/** Ids of the jobs on the queue, those of at most some thousands. */
export async function jobIds(redis: Redis): Promise<readonly string[]> {
  const names = [...LISTS.list, ...LISTS.zset].map((name) => PREFIX + name);
  await putInOrder(redis, MOST);
  const ids = (await redis.eval(IDS, names.length, ...names, MOST)) as string[];
  return [...new Set(ids)].filter((id) => JOB_ID.test(id));
}

/** Puts the queue's lists in order. */
export async function tidy(redis: Redis, say: (id: string, fault: string) => void = () => undefined): Promise<void> {
  const removed = await putInOrder(redis, AHEAD);
  for (const id of new Set(removed)) say(shortLine(id, 80), 'it does not belong to a trial');
}

/**
 * Sets aside the jobs at the head of the queue that are no trainings, before BullMQ reads them.
 * @param say gets the id, as a line may hold it, and what is wrong
 */
export async function clearHead(redis: Redis, say: (id: string, fault: string) => void): Promise<void> {
  await tidy(redis, say);
  const next = ['wait', 'prioritized', 'delayed'].map((name) => PREFIX + name);
  const good = new Set<string>();
  for (let cleared = true; cleared; ) {
    cleared = false;
    const ids = (await redis.eval(IDS, next.length, ...next, 2)) as string[];
    for (const id of ids) {
      if (good.has(id) || !JOB_ID.test(id)) continue;
      const fault = faultOf(id, await rawJob(redis, id));
      if (fault === undefined) good.add(id);
      else {
        await setAside(redis, id, `set aside, because ${fault}`);
        say(id, fault);
        cleared = true;
      }
    }
  }
}
