import { mkdtempSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { UserError } from '../../errors.ts';
import { writeAtomically } from '../../file/atomic.ts';
import { reasonOf } from '../../file/reason.ts';
import { forgetTemporary, rememberTemporary } from '../../file/temporaries.ts';
import { ExperimentFolder } from '../folder/experimentFolder.ts';
import { validationScore } from '../protocol/results.ts';
import { shortLine } from '../runner/shortLine.ts';
import { runTrialProcess, type TaskEnd } from '../runner/trialProcess.ts';
import { isTrouble } from '../runner/trouble.ts';
import { type QueueAddress, withoutSecrets } from './queueAddress.ts';
import { connect, QUEUE } from './queueConnection.ts';
import { clearHead, tidy } from './queueGuard.ts';
import { type ReadJob, readJob, type TrialJob, type TrialJobProgress } from './queueJob.ts';
import { checkedFiles, fileLimit } from './trialFiles.ts';
import { LockLost, TrialStore } from './trialStore.ts';
import { assertInside, dataFolder } from './workerData.ts';

/** How a worker works. */
export interface QueueWorkerOptions {
  /** Where the Redis is. */
  readonly queue: QueueAddress;
  /**
   * Folder of the scans on this machine; no other is read. Without it, only experiments that make their data are worked
   * on.
   */
  readonly data?: string;
  /** Folder in which the one for the trial under way is made; that is removed at the end. */
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
  /** A line about the queue: it went away, or a job was set aside. */
  readonly say?: (line: string) => void;
}

/** How often a trial may lose its worker: being killed is no fault of the trial. */
const ANY_NUMBER = 1_000_000;
/** How long a worker that ends waits for Redis to take the trial back, in ms. */
const FAREWELL = 1600;
/** Pause after Redis refused, in ms. */
const PAUSE = 1000;

type TakenJob = Job<TrialJob, void, string>;

/** BullMQ's worker, which is given no job that was not looked at before. */
class GuardedWorker extends Worker<TrialJob, void, string> {
  /** Says whether there may be a job to take. */
  guard: () => Promise<boolean> = async () => true;

  protected override async moveToActive(token: string, name?: string): ReturnType<Worker['moveToActive']> {
    try {
      if (await this.guard()) return await super.moveToActive(token, name);
      // BullMQ takes this for an empty queue, though its types do not say so.
      return undefined as unknown as Job;
    } catch (error) {
      // BullMQ would ask again at once.
      await wait(PAUSE);
      throw error;
    }
  }

  // The next job, too, must be looked at before.
  override async processJob(job: Job, token: string): ReturnType<Worker['processJob']> {
    return super.processJob(job, token, () => false);
  }
}

/**
 * Takes trials from a queue, one at a time, until `signal`. Each runs in a process of its own, so that this one is
 * always free to tell Redis that it lives. After every epoch the checkpoint goes to Redis, and only then does training
 * continue. Whoever takes over a trial continues from there, and loses at most the current epoch. BullMQ lets only the
 * holder of a job's lock complete it, so a trial is completed once. Nothing that Redis holds is trusted: see {@link
 * clearHead} and {@link checkedFiles}.
 * @throws UserError when Redis does not answer, and when this machine cannot work on a trial, which it then gives back:
 * a full disk, missing scans, too little memory
 */
export async function runQueueWorker(options: QueueWorkerOptions): Promise<void> {
  const { queue, stalledAfter, signal, idle, say = () => undefined } = options;
  const name = `${hostname()}-${process.pid}`;
  const data = options.data === undefined ? undefined : await dataFolder(options.data);
  const scratch = await scratchIn(options.scratch);
  const redis = await connect(queue, say);
  options.onReady?.();
  const blocking = redis.duplicate();
  blocking.on('error', () => undefined);
  let trouble: unknown;
  let lastBusy = performance.now();
  let busy = false;
  const context = { ...options, data, scratch, redis, name, killed: 0 };
  const worker = new GuardedWorker(
    QUEUE,
    async (job, token, lost) => {
      busy = true;
      try {
        await work(job, token ?? '', AbortSignal.any([signal, ...(lost ? [lost] : [])]), context);
      } catch (error) {
        if (!isOwn(error)) throw error;
        trouble ??= error instanceof OwnTrouble ? error : givenBack(job.data.trial, error);
        await job.moveToWait(token);
        throw new WaitingError();
      } finally {
        busy = false;
        lastBusy = performance.now();
      }
    },
    {
      connection: blocking,
      skipVersionCheck: true,
      name,
      concurrency: 1,
      autorun: false,
      lockDuration: stalledAfter * 1000,
      stalledInterval: Math.max(500, stalledAfter * 500),
      maxStalledCount: ANY_NUMBER,
    },
  );
  const setAside = (id: string, fault: string): void => say(`Set aside: ${id}, because ${fault}.`);
  worker.guard = async () => {
    // Who found out that this machine cannot work takes nothing more.
    const mayTake = trouble === undefined && !signal.aborted;
    await (mayTake ? clearHead(redis, setAside) : wait(PAUSE));
    return mayTake;
  };
  const said = new Set<string>();
  worker.on('error', (error) => {
    // Connections say for themselves when they end; a lock that was lost ends the trial below.
    if (error.name !== 'ReplyError') return;
    // An error ends BullMQ's look-out for workers that died.
    void wait(PAUSE)
      .then(() => tidy(redis))
      .then(() => worker.startStalledCheckTimer())
      .catch(() => undefined);
    if (said.has(error.message)) return;
    said.add(error.message);
    say(
      `The queue ${queue.shown} reports an error (${shortLine(withoutSecrets(reasonOf(error), queue))}); trying again.`,
    );
  });
  worker.on('lockRenewalFailed', (jobs: string[]) => {
    for (const id of jobs) worker.cancelJob(id, 'another worker has taken over');
  });
  worker.run().catch((error: unknown) => {
    trouble ??= error;
  });
  try {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearInterval(timer);
        resolve();
      };
      const timer = setInterval(() => {
        if (trouble !== undefined && !busy) done();
        if (idle !== undefined && !busy && performance.now() - lastBusy > idle * 1000) done();
      }, 250);
      if (signal.aborted) done();
      signal.addEventListener('abort', done, { once: true });
    });
  } finally {
    // Redis may be gone: then another worker takes over when the lock has run out.
    await Promise.race([worker.close(), wait(FAREWELL, undefined, { ref: false })]);
    blocking.disconnect();
    redis.disconnect();
    await rm(scratch, { recursive: true, force: true }).catch(() => undefined);
    forgetTemporary(scratch);
  }
  if (trouble !== undefined) throw trouble;
}

/** A folder of this worker's own: what it was given may hold other things. */
async function scratchIn(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    const made = mkdtempSync(join(folder, `earthmorph-worker-${process.pid}-`));
    rememberTemporary(made);
    return made;
  } catch (error) {
    throw new UserError(`${folder} cannot be written (${reasonOf(error)}); give another --scratch.`);
  }
}

/** What is wrong with this machine, not with the trial. */
class OwnTrouble extends UserError {}

function isOwn(error: unknown): boolean {
  return error instanceof OwnTrouble || isTrouble(error);
}

function givenBack(trial: string, why: unknown): OwnTrouble {
  const reason = typeof why === 'string' ? why : reasonOf(why);
  return new OwnTrouble(
    `${trial} is given back to the queue, since this machine cannot work on it: ${shortLine(reason, 2000)}`,
  );
}

interface WorkContext extends Omit<QueueWorkerOptions, 'data'> {
  readonly data: string | undefined;
  readonly redis: Redis;
  readonly name: string;
  /** How many trials in a row were killed from outside. */
  killed: number;
}

async function work(job: TakenJob, token: string, signal: AbortSignal, context: WorkContext): Promise<void> {
  const { redis, onEvent } = context;
  const read = refusing(() => readJob(job.data, job.id ?? ''));
  const { sweep, trial, task } = read;
  const folder = await folderFor(read, context);
  const store = new TrialStore(redis, sweep, trial);
  const beginAnew = async (why: string): Promise<void> => {
    onEvent?.(trial, `starts over, since its files on the queue cannot be used: ${shortLine(why)}`);
    await store.drop();
    await rm(folder.runOf(trial), { recursive: true, force: true });
  };
  const goesOn = await restore(store, read, folder, beginAnew);
  onEvent?.(trial, 'begun');
  let end = await train(job, token, folder, store, signal, context);
  if (goesOn && end.kind === 'mistake') {
    // What it went on from may be to blame.
    await beginAnew(end.message);
    end = await train(job, token, folder, store, signal, context);
  }
  context.killed = end.kind === 'died' && end.killed ? context.killed + 1 : 0;
  switch (end.kind) {
    case 'finished': {
      const result = await folder.result(trial);
      await store.save(folder.runOf(trial), token, true);
      const record = result?.records.at(-1);
      const [rule = 'absolute'] = folder.config.stopping;
      if (result && record)
        await tell(job, { epoch: record.epoch, worker: context.name, record, score: validationScore(result, rule) });
      onEvent?.(task.id, 'finished');
      return;
    }
    case 'mistake':
      onEvent?.(trial, `failed: ${shortLine(end.message, 2000)}`);
      throw new UnrecoverableError(shortLine(end.message, 2000));
    case 'trouble':
      throw givenBack(trial, end.message);
    case 'died':
      if (end.killed && context.killed > 1)
        throw new OwnTrouble(
          `${trial} is given back to the queue, since its process was killed twice, probably because memory ran out; end other work here, or start fewer workers.`,
        );
      if (!end.killed) throw new Error(shortLine(end.message));
  }
  onEvent?.(trial, 'given back');
  await job.moveToWait(token);
  throw new WaitingError();
}

/** A job that is malformed is not tried again. */
function refusing<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const reason = error instanceof UserError ? error.message : 'its data cannot be read';
    throw new UnrecoverableError(`set aside, because ${shortLine(reason)}`);
  }
}

/** Runs a trial's process; each epoch's files are on the queue before the next begins. */
async function train(
  job: TakenJob,
  token: string,
  folder: ExperimentFolder,
  store: TrialStore,
  signal: AbortSignal,
  { program, threads, name, onEvent }: WorkContext,
): Promise<TaskEnd> {
  const { trial } = job.data;
  try {
    return await runTrialProcess({
      program,
      folder: folder.path,
      id: trial,
      test: false,
      threads,
      signal,
      async onMessage(message) {
        if (message.kind === 'started' && message.epochsDone > 0)
          onEvent?.(trial, `continues after epoch ${message.epochsDone}`);
        if (message.kind !== 'epoch') return;
        const { record } = message;
        await store.save(folder.runOf(trial), token);
        await tell(job, { epoch: record.epoch, worker: name, record });
        onEvent?.(trial, `epoch ${record.epoch}`);
      },
    });
  } catch (error) {
    if (!(error instanceof LockLost)) throw error;
    onEvent?.(trial, 'lost to another worker');
    return { kind: 'stopped' };
  }
}

async function tell(job: TakenJob, progress: TrialJobProgress): Promise<void> {
  await job.updateProgress(progress);
}

/**
 * Brings the run's folder to where the queue's files have it, or empties it. @returns whether there is something to go
 * on from
 */
async function restore(
  store: TrialStore,
  { task }: ReadJob,
  folder: ExperimentFolder,
  beginAnew: (why: string) => Promise<void>,
): Promise<boolean> {
  const run = folder.runOf(task.id);
  await rm(run, { recursive: true, force: true });
  let files: ReadonlyMap<string, Uint8Array> = new Map();
  try {
    const found = await store.load(fileLimit(task, folder));
    if (found.size > 0) files = checkedFiles(found, task, folder);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    await beginAnew(error.message);
  }
  for (const [name, bytes] of files) await writeAtomically(join(run, name), bytes);
  return files.size > 0;
}

/** The folder of a trial's experiment on this machine. */
async function folderFor(
  { sweep, experiment, file, made, trial }: ReadJob,
  { scratch, data }: WorkContext,
): Promise<ExperimentFolder> {
  const { config, caseIds } = file;
  const own = made ? config.data : data;
  if (own === undefined)
    throw new OwnTrouble(
      `${trial} is given back to the queue, since it needs scans; give this worker their folder with --data.`,
    );
  const path = join(scratch, sweep);
  try {
    if (!made) await assertInside(own, config, caseIds ?? []);
    await mkdir(path, { recursive: true });
    return await ExperimentFolder.prepare(path, file, experiment.version, own);
  } catch (error) {
    throw givenBack(trial, error);
  }
}
