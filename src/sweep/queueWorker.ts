import { mkdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { UserError } from '../errors.ts';
import { experimentConfig } from '../experiment/configuration.ts';
import { ExperimentFolder } from './experimentFolder.ts';
import { madeData } from './madeData.ts';
import { connect, QUEUE, type TrialJob, type TrialJobProgress } from './queueConnection.ts';
import { runTrialProcess } from './trialProcess.ts';
import { TrialStore } from './trialStore.ts';

/** How a worker works. */
export interface QueueWorkerOptions {
  /** Address of the Redis. */
  readonly queue: string;
  /** Folder of the scans on this machine, in place of the one that the experiment names. */
  readonly data?: string;
  /** Folder for the trial under way; it is removed at the end. */
  readonly scratch: string;
  readonly program: string;
  readonly threads: number;
  /** Seconds without a sign of life after which a trial is given to another worker. */
  readonly stalledAfter: number;
  /** End when no trial has been there for so many seconds; undefined: go on waiting. */
  readonly idle?: number;
  readonly signal: AbortSignal;
  /** Redis answers. */
  readonly onReady?: () => void;
  readonly onEvent?: (trial: string, what: string) => void;
}

/** How often a trial may lose its worker: being killed is no fault of the trial. */
const ANY_NUMBER = 1_000_000;

/**
 * Takes trials from a queue, one at a time, until `signal`. Each runs in a process of its own, so that this one is always free to tell Redis
 * that it lives. After every epoch the checkpoint goes to Redis, and only then does training go on: whoever takes over a trial goes on from
 * there, and loses at most the epoch under way. BullMQ lets only the holder of a job's lock complete it, so a trial is completed once.
 * @throws UserError when Redis does not answer
 */
export async function runQueueWorker(options: QueueWorkerOptions): Promise<void> {
  const { queue, scratch, stalledAfter, signal, idle } = options;
  const name = `${hostname()}-${process.pid}`;
  const redis = await connect(queue);
  options.onReady?.();
  const blocking = redis.duplicate();
  let mistake: unknown;
  let lastBusy = performance.now();
  let busy = false;
  const worker = new Worker<TrialJob, void, string>(
    QUEUE,
    async (job, token, lost) => {
      busy = true;
      try {
        await work(job, token, AbortSignal.any([signal, ...(lost ? [lost] : [])]), {
          ...options,
          redis,
          name,
          onMistake: (error) => {
            mistake = error;
          },
        });
      } finally {
        busy = false;
        lastBusy = performance.now();
      }
    },
    {
      connection: blocking,
      name,
      concurrency: 1,
      lockDuration: stalledAfter * 1000,
      stalledInterval: Math.max(500, stalledAfter * 500),
      maxStalledCount: ANY_NUMBER,
    },
  );
  // A lock that was lost ends the trial here; what else Redis has to say comes again until it is back.
  worker.on('error', () => undefined);
  worker.on('lockRenewalFailed', (jobs: string[]) => {
    for (const id of jobs) worker.cancelJob(id, 'another worker has taken over');
  });
  try {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearInterval(timer);
        resolve();
      };
      const timer = setInterval(() => {
        if (mistake !== undefined) done();
        if (idle !== undefined && !busy && performance.now() - lastBusy > idle * 1000) done();
      }, 250);
      if (signal.aborted) done();
      signal.addEventListener('abort', done, { once: true });
    });
  } finally {
    await worker.close();
    blocking.disconnect();
    redis.disconnect();
    await rm(scratch, { recursive: true, force: true });
  }
  if (mistake !== undefined) throw mistake;
}

interface WorkContext extends QueueWorkerOptions {
  readonly redis: Redis;
  readonly name: string;
  /** What is wrong here, not with the trial: the worker ends. */
  readonly onMistake: (error: UserError) => void;
}

async function work(
  job: Job<TrialJob, void, string>,
  token: string | undefined,
  signal: AbortSignal,
  context: WorkContext,
): Promise<void> {
  const { redis, name, program, threads, onEvent } = context;
  const { sweep, trial } = job.data;
  const folder = await folderFor(job.data, context).catch(async (error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    context.onMistake(error);
    await job.moveToWait(token);
    throw new WaitingError();
  });
  const run = folder.runOf(trial);
  const store = new TrialStore(redis, sweep, trial);
  await store.restore(run);
  onEvent?.(trial, 'begun');
  let epochs = 0;
  const end = await runTrialProcess({
    program,
    folder: folder.path,
    id: trial,
    test: false,
    threads,
    signal,
    async onMessage(message) {
      if (message.kind === 'started' && message.epochsDone > 0)
        onEvent?.(trial, `goes on after epoch ${message.epochsDone}`);
      if (message.kind !== 'epoch') return;
      const { record } = message;
      epochs = record.epoch;
      await store.save(run, record.epoch);
      const progress: TrialJobProgress & { readonly record: typeof record } = {
        epoch: record.epoch,
        dice: record.dice,
        seconds: record.seconds,
        worker: name,
        record,
      };
      await job.updateProgress(progress);
      onEvent?.(trial, `epoch ${record.epoch}`);
    },
  });
  if (end.kind === 'finished') {
    const result = await folder.result(trial);
    await store.save(run, Math.max(epochs, result?.records.length ?? 0));
    await store.dropCheckpoints();
    onEvent?.(trial, 'finished');
  } else if (end.kind === 'mistake') {
    onEvent?.(trial, `failed: ${end.message}`);
    throw new UnrecoverableError(end.message);
  } else if (end.kind === 'stopped') {
    onEvent?.(trial, 'given back');
    await job.moveToWait(token);
    throw new WaitingError();
  } else throw new Error(end.message);
}

/** The folder of a trial's experiment on this machine. */
async function folderFor({ sweep, experiment }: TrialJob, { scratch, data }: WorkContext): Promise<ExperimentFolder> {
  const path = join(scratch, sweep);
  await mkdir(path, { recursive: true });
  const config = experimentConfig(experiment.values);
  const own = data ?? (madeData(config.data) ? config.data : experiment.data);
  return ExperimentFolder.prepare(
    path,
    { values: experiment.values, config, caseIds: experiment.caseIds },
    experiment.version,
    own,
  );
}
