import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { UserError } from '../../errors.ts';
import { writeAtomically } from '../../file/atomic.ts';
import { reasonOf } from '../../file/reason.ts';
import { given } from '../../given.ts';
import type { ExperimentFolder } from '../folder/experimentFolder.ts';
import type { Task } from '../protocol/plan.ts';
import { epochsOf, type Trial } from '../protocol/trials.ts';
import type { TaskRunner } from '../runner/runPlan.ts';
import { shortLine } from '../runner/shortLine.ts';
import type { TrialStatus } from '../runner/status.ts';
import type { TaskEnd, TrialMessage } from '../runner/trialProcess.ts';
import { type QueueAddress, withoutSecrets } from './queueAddress.ts';
import { connect, experimentKey, jobId, KEPT_SECONDS, keepingFaults, QUEUE } from './queueConnection.ts';
import { forgetJob, jobIds, type RawJob, rawJob, tidy } from './queueGuard.ts';
import { epochsAtMostOf, jobOf, readProgress, type TrialJob } from './queueJob.ts';
import { checkedFiles, fileLimit, isFinished } from './trialFiles.ts';
import { TrialStore } from './trialStore.ts';

type TrialQueue = Queue<TrialJob, void, string>;

/** An experiment's side of the queue: what puts trials on it and takes results off. */
export interface ExperimentQueue {
  /** Gives trials to the queue's workers. */
  runner(onMessage: (task: Task, message: TrialMessage) => void): TaskRunner;
  close(): Promise<void>;
}

/** How often the queue is asked, in ms. */
const PAUSE = 500;
/**
 * How often a job may be found on no list before it counts as lost. A job moves between lists in one step, but the
 * lists are read one after the other.
 */
const STRAY = 4;
/** How often a trial is put on the queue again because what came back was not its result. */
const TRIES = 3;

/**
 * Opens a queue for an experiment. Jobs are named by experiment and trial, so one that was interrupted finds its
 * own again, done or not.
 * @param say gets a line about what happens to the queue: Redis goes away, or does not hold what was put there
 * @throws UserError when Redis does not answer
 */
export async function openQueue(
  address: QueueAddress,
  folder: ExperimentFolder,
  say: (line: string) => void,
): Promise<ExperimentQueue> {
  const redis = await connect(address, say);
  for (const fault of await keepingFaults(redis)) say(`Note: ${fault}`);
  const queue: TrialQueue = new Queue(QUEUE, { connection: redis, skipVersionCheck: true });
  // The connection itself reports errors.
  queue.on('error', () => undefined);
  const complain = onceEach((error) =>
    say(
      `The queue ${address.shown} reports an error (${shortLine(withoutSecrets(reasonOf(error), address))}); trying again.`,
    ),
  );
  return {
    runner: (onMessage) => ({
      slots: Number.POSITIVE_INFINITY,
      run: async (task, signal) =>
        new QueuedTrial(task, { redis, queue, folder, onMessage, say, complain }).end(signal),
    }),
    async close() {
      redis.disconnect();
      await queue.close().catch(() => undefined);
    },
  };
}

/** Calls with one error of each message only. */
function onceEach(call: (error: unknown) => void): (error: unknown) => void {
  const known = new Set<string>();
  return (error) => {
    const text = reasonOf(error);
    if (!known.has(text)) call(error);
    known.add(text);
  };
}

interface Context {
  readonly redis: Redis;
  readonly queue: TrialQueue;
  readonly folder: ExperimentFolder;
  readonly onMessage: (task: Task, message: TrialMessage) => void;
  readonly say: (line: string) => void;
  readonly complain: (error: unknown) => void;
}

/** A trial on the queue, from the experiment's side. */
class QueuedTrial {
  readonly #id: string;
  readonly #job: TrialJob;
  readonly #store: TrialStore;
  #isPut = false;
  #shown = 0;
  #stray = 0;
  #refused = 0;

  constructor(
    private readonly task: Task,
    private readonly context: Context,
  ) {
    const { folder, redis } = context;
    const { stored, config } = folder;
    const made = stored.data === join(folder.path, 'data');
    this.#job = jobOf(stored, task.trial, made && config.data !== stored.data);
    this.#id = jobId(this.#job.sweep, task.trial.id);
    this.#store = new TrialStore(redis, this.#job.sweep, task.trial.id);
  }

  /**
   * Puts the trial on the queue unless it is there, waits for its end and brings its files home. Interrupted, it stays
   * on the queue.
   */
  async end(signal: AbortSignal): Promise<TaskEnd> {
    const stopped = new Promise<undefined>((resolve) => {
      if (signal.aborted) resolve(undefined);
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    while (!signal.aborted) {
      try {
        // Where Redis is gone, its answer does not come: a stop is not kept waiting for it.
        const end = await Promise.race([this.#look(), stopped]);
        if (end) return end;
      } catch (error) {
        if (error instanceof UserError) throw error;
        if (!signal.aborted) this.context.complain(error);
      }
      await wait(PAUSE, undefined, { signal }).catch(() => undefined);
    }
    return { kind: 'stopped' };
  }

  /** Looks once at where the trial stands. */
  async #look(): Promise<TaskEnd | undefined> {
    const { queue, redis } = this.context;
    const { id } = this.task.trial;
    if (!this.#isPut) return this.#put();
    const state = await queue.getJobState(this.#id);
    const raw = await rawJob(redis, this.#id, ['data', 'progress', 'failedReason']);
    const isOurs = raw.kind === 'job' && raw.fields.get('data') === JSON.stringify(this.#job);
    if (state === 'completed') return this.#collect();
    this.#stray = state === 'unknown' ? this.#stray + 1 : 0;
    if (raw.kind === 'missing' || this.#stray > STRAY)
      return this.#putAgain(`${id} is no longer on the queue and is put there again.`);
    if (!isOurs && (state === 'failed' || state === 'unknown'))
      return this.#putAgain(
        `The queue holds ${id} otherwise than this sweep put it there${reasonIn(raw)}; it is put there again.`,
      );
    if (state === 'failed')
      return {
        kind: 'mistake',
        message: shortLine(raw.fields.get('failedReason') ?? '', 2000) || 'no reason is given',
      };
    this.#show(raw);
    return undefined;

    function reasonIn({ fields }: RawJob): string {
      const reason = shortLine(fields.get('failedReason') ?? '');
      return reason === '' ? '' : ` (${reason})`;
    }
  }

  async #put(): Promise<undefined> {
    const { queue, redis } = this.context;
    await tidy(redis);
    // What failed earlier is tried again.
    if ((await queue.getJobState(this.#id)) === 'failed') await forgetJob(redis, this.#id);
    await queue.add('trial', this.#job, {
      jobId: this.#id,
      // A worker whose process dies gives the job back; that is no mistake of the trial.
      attempts: 5,
      backoff: { type: 'fixed', delay: 1000 },
      removeOnComplete: { age: KEPT_SECONDS },
      removeOnFail: { age: KEPT_SECONDS },
    });
    this.#isPut = true;
    this.#shown = 0;
    this.#stray = 0;
  }

  async #putAgain(why: string): Promise<undefined> {
    const { redis, say } = this.context;
    say(why);
    await forgetJob(redis, this.#id);
    return this.#put();
  }

  /** Brings the files of a finished trial home. */
  async #collect(): Promise<TaskEnd | undefined> {
    const { folder, redis, say } = this.context;
    const { trial } = this.task;
    try {
      const files = await this.#store.load(fileLimit(trial, folder));
      if (!isFinished(files)) throw new UserError('it is not there');
      const checked = checkedFiles(files, trial, folder);
      await rm(folder.runOf(trial.id), { recursive: true, force: true });
      for (const [name, bytes] of checked) await writeAtomically(join(folder.runOf(trial.id), name), bytes);
      return { kind: 'finished' };
    } catch (error) {
      if (!(error instanceof UserError) || error.cause !== undefined) throw error;
      const why = `The result of ${trial.id} on the queue cannot be used (${shortLine(error.message)})`;
      if (++this.#refused >= TRIES) return { kind: 'mistake', message: `${why}, ${TRIES} times.` };
      say(`${why}; the trial is put there again.`);
      await this.#store.drop();
      await forgetJob(redis, this.#id);
      return this.#put();
    }
  }

  #show(raw: RawJob): void {
    const progress = readProgress(raw.fields.get('progress') ?? '');
    if (!progress || progress.epoch === this.#shown || progress.epoch > this.#job.epochsAtMost) return;
    const { onMessage } = this.context;
    const { epoch, record } = progress;
    // The first that is seen, or begun anew.
    if (this.#shown === 0 || epoch < this.#shown)
      onMessage(this.task, {
        kind: 'started',
        epochsDone: epoch - 1,
        secondsDone: (record.seconds * (epoch - 1)) / epoch,
      });
    this.#shown = epoch;
    onMessage(this.task, { kind: 'epoch', record });
  }
}

/**
 * Where the trials on a queue stand: those of an experiment, or all.
 * @throws UserError when Redis does not answer
 */
export async function queueStatus(address: QueueAddress, folder?: ExperimentFolder): Promise<readonly TrialStatus[]> {
  const redis = await connect(address);
  const queue: TrialQueue = new Queue(QUEUE, { connection: redis, skipVersionCheck: true });
  queue.on('error', () => undefined);
  try {
    const own = folder?.trials().map((trial) => ({ trial, id: jobId(experimentKey(folder.stored), trial.id) }));
    const listed = own ?? (await jobIds(redis)).map((id) => ({ trial: undefined, id }));
    const rows: TrialStatus[] = [];
    for (const { id, trial } of listed) {
      const row = await statusOf(id, trial, { redis, queue });
      if (row) rows.push(row);
    }
    return rows;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `The queue ${address.shown} reports an error (${shortLine(withoutSecrets(reasonOf(error), address))}); check that Redis server, or name another with --queue.`,
    );
  } finally {
    redis.disconnect();
    await queue.close().catch(() => undefined);
  }
}

const STATES: Readonly<Record<string, TrialStatus['state']>> = {
  active: 'running',
  completed: 'finished',
  failed: 'failed',
};

async function statusOf(
  id: string,
  trial: Trial | undefined,
  { redis, queue }: Pick<Context, 'redis' | 'queue'>,
): Promise<TrialStatus | undefined> {
  const state = await queue.getJobState(id);
  const raw = await rawJob(redis, id, ['data', 'progress', 'failedReason', 'pb', 'ats']);
  if (raw.kind !== 'job') return undefined;
  const progress = readProgress(raw.fields.get('progress') ?? '');
  const worker = shortLine(raw.fields.get('pb') ?? '', 100);
  const score = state === 'completed' ? (progress?.score ?? undefined) : undefined;
  return {
    id: trial?.id ?? id.slice(id.indexOf('.') + 1),
    state: STATES[state] ?? (progress ? 'begun' : 'waiting'),
    epochsDone: progress?.epoch ?? 0,
    epochsAtMost: trial ? epochsOf(trial) : epochsAtMostOf(raw.fields.get('data') ?? ''),
    ...given({ score }),
    seconds: progress?.record.seconds ?? 0,
    starts: Number.parseInt(raw.fields.get('ats') ?? '0', 10) || 0,
    ...(worker === '' ? {} : { worker }),
    ...(state === 'failed' ? { failure: shortLine(raw.fields.get('failedReason') ?? '', 2000) } : {}),
  };
}
