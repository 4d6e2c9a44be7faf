import { rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { type Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Task } from '../experiment/plan.ts';
import { epochsOf } from '../experiment/trials.ts';
import type { EpochRecord } from '../training/trainer.ts';
import type { ExperimentFolder } from './experimentFolder.ts';
import {
  connect,
  jobId,
  KEPT_SECONDS,
  QUEUE,
  sweepKey,
  type TrialJob,
  type TrialJobProgress,
} from './queueConnection.ts';
import type { TaskRunner } from './runPlan.ts';
import type { TrialStatus } from './status.ts';
import type { TrialMessage } from './trialMessages.ts';
import type { TaskEnd } from './trialProcess.ts';
import { TrialStore } from './trialStore.ts';

type TrialQueue = Queue<TrialJob, void, string>;

/** A sweep's side of the queue: what puts trials on it and takes results off. */
export interface SweepQueue {
  /** Gives trials to the queue's workers. */
  runner(onMessage: (task: Task, message: TrialMessage) => void): TaskRunner;
  close(): Promise<void>;
}

/** How often the queue is asked, in ms. */
const PAUSE = 500;

/**
 * Opens a queue for an experiment. Jobs are named by experiment and trial, so a sweep that was interrupted finds its own again, done or not.
 * @throws UserError when Redis does not answer
 */
export async function openQueue(url: string, folder: ExperimentFolder): Promise<SweepQueue> {
  const redis = await connect(url);
  const queue: TrialQueue = new Queue(QUEUE, { connection: redis });
  const sweep = sweepKey(folder.stored);
  return {
    runner: (onMessage) => ({
      slots: Number.POSITIVE_INFINITY,
      run: (task, signal) => throughQueue(task, signal, { redis, queue, sweep, folder, onMessage }),
    }),
    async close() {
      await queue.close();
      redis.disconnect();
    },
  };
}

interface Context {
  readonly redis: Redis;
  readonly queue: TrialQueue;
  readonly sweep: string;
  readonly folder: ExperimentFolder;
  readonly onMessage: (task: Task, message: TrialMessage) => void;
}

/** Puts a trial on the queue unless it is there, waits for its end and brings its files home. Interrupted, it stays on the queue. */
async function throughQueue(task: Task, signal: AbortSignal, context: Context): Promise<TaskEnd> {
  const { redis, queue, sweep, folder, onMessage } = context;
  const { trial } = task;
  const id = jobId(sweep, trial.id);
  const known = await queue.getJob(id);
  if (known && (await known.isFailed())) await known.remove();
  await queue.add(
    'trial',
    { sweep, trial: trial.id, epochsAtMost: epochsOf(trial), experiment: folder.stored },
    {
      jobId: id,
      // A worker whose process dies gives the job back; that is no mistake of the trial.
      attempts: 5,
      backoff: { type: 'fixed', delay: 1000 },
      removeOnComplete: { age: KEPT_SECONDS },
      removeOnFail: { age: KEPT_SECONDS },
    },
  );
  let shown = 0;
  while (!signal.aborted) {
    const job = await queue.getJob(id);
    if (!job) return { kind: 'died', message: 'the trial is no longer on the queue' };
    const progress = progressOf(job);
    if (progress && progress.epoch > shown) {
      if (shown === 0) onMessage(task, { kind: 'started', epochsDone: progress.epoch - 1, secondsDone: 0 });
      shown = progress.epoch;
      onMessage(task, { kind: 'epoch', record: progress.record });
    }
    const state = await job.getState();
    if (state === 'completed') {
      await new TrialStore(redis, sweep, trial.id).restore(folder.runOf(trial.id));
      if (await folder.result(trial.id)) return { kind: 'finished' };
      // Its files were lost with the Redis that held them, though the job was not.
      await job.remove();
      await rm(folder.runOf(trial.id), { recursive: true, force: true });
      return { kind: 'died', message: 'the result is no longer on the queue' };
    }
    if (state === 'failed') return { kind: 'mistake', message: job.failedReason };
    await wait(PAUSE, undefined, { signal }).catch(() => undefined);
  }
  return { kind: 'stopped' };
}

function progressOf(job: Job<TrialJob>): (TrialJobProgress & { readonly record: EpochRecord }) | undefined {
  return typeof job.progress === 'object' && 'epoch' in job.progress
    ? (job.progress as unknown as TrialJobProgress & { record: EpochRecord })
    : undefined;
}

/**
 * Where the trials on a queue stand: those of an experiment, or all.
 * @throws UserError when Redis does not answer
 */
export async function queueStatus(url: string, folder?: ExperimentFolder): Promise<readonly TrialStatus[]> {
  const redis = await connect(url);
  const queue: TrialQueue = new Queue(QUEUE, { connection: redis });
  try {
    const jobs = folder
      ? await Promise.all(folder.trials().map(({ id }) => queue.getJob(jobId(sweepKey(folder.stored), id))))
      : await queue.getJobs(['active', 'waiting', 'delayed', 'completed', 'failed', 'prioritized']);
    return await Promise.all(jobs.flatMap((job) => (job ? [statusOf(job)] : [])));
  } finally {
    await queue.close();
    redis.disconnect();
  }
}

const STATES: Readonly<Record<string, TrialStatus['state']>> = {
  active: 'running',
  completed: 'finished',
  failed: 'failed',
};

async function statusOf(job: Job<TrialJob>): Promise<TrialStatus> {
  const progress = progressOf(job);
  const state = await job.getState();
  return {
    id: job.data.trial,
    state: STATES[state] ?? (progress ? 'begun' : 'waiting'),
    epochsDone: progress?.epoch ?? 0,
    epochsAtMost: job.data.epochsAtMost,
    dice: progress?.dice ?? null,
    seconds: progress?.seconds ?? 0,
    starts: job.attemptsStarted,
    ...(job.processedBy === undefined ? {} : { worker: job.processedBy }),
    ...(state === 'failed' ? { failure: job.failedReason } : {}),
  };
}
