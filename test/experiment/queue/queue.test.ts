import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { QueueEvents } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TrialResult } from '../../../src/experiment/protocol/results.ts';
import { earthmorph, expectRefusal, type Outcome, printed, start, temporaryFolder } from '../../cli/support.ts';
import { hasRedis, type RedisServer, startRedis, whyNoRedis } from '../../support/redis.ts';
import { GRID } from '../grid.ts';

const path = temporaryFolder();
const TRIALS = 12;
const ONE = { ...GRID, losses: ['mse'], seeds: [1] };

/** A trial as `sweep status --json` has it. */
interface Row {
  readonly id: string;
  readonly dice?: number;
}

/** What a trial came to, but for times. */
async function outcomeOf(sweep: string, id: string): Promise<unknown> {
  const { losses, rules, ended } = JSON.parse(
    await readFile(join(sweep, 'trials', id, 'trial.json'), 'utf8'),
  ) as TrialResult;
  const untimed = Object.entries(rules).map(([rule, { seconds: _, ...result }]) => [rule, result]);
  return { losses, ended, rules: untimed };
}

async function write(name: string, values: object): Promise<string> {
  await writeFile(path(name), JSON.stringify(values));
  return path(name);
}

/** Calls with each line that a process prints on standard output or standard error. */
function onLines(child: ChildProcess, call: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() as string;
      for (const line of lines) call(line);
    });
  }
}

/** Resolves with the first line that matches. */
function line(child: ChildProcess, wanted: RegExp): Promise<string> {
  return new Promise((resolve) => onLines(child, (each) => wanted.test(each) && resolve(each)));
}

describe.skipIf(!hasRedis)(`a sweep through a queue${whyNoRedis}`, () => {
  let redis: RedisServer;
  let queue: string[] = [];
  beforeAll(async () => {
    redis = await startRedis();
    queue = ['--queue', redis.url];
  });
  afterAll(() => redis?.stop());

  it('completes every trial once and to the same numbers while workers are killed', async () => {
    const grid = await write('grid.json', GRID);
    const whole = path('whole');
    const undisturbed = await earthmorph(['sweep', grid, '--out', whole, '--processes', '2']);
    expect(undisturbed.code).toBe(0);

    const events = new QueueEvents('earthmorph', { connection: { url: redis.url } });
    const completions: string[] = [];
    events.on('completed', ({ jobId }) => completions.push(jobId));
    await events.waitUntilReady();
    const logs: Promise<Outcome>[] = [];
    const workers = new Set<ChildProcess>();
    const killed = new Set<string>();
    let done = false;
    const employ = (): void => {
      const [child, outcome] = start(['worker', ...queue, '--scratch', path('scratch'), '--stalled-after', '2']);
      workers.add(child);
      logs.push(outcome);
      // Each trial loses the worker that is the first to finish three of its epochs: what it goes on from is on the
      // queue by then.
      onLines(child, (text) => {
        const trial = /Z (\S+): epoch 3$/.exec(text)?.[1];
        if (trial === undefined || killed.has(trial) || !workers.delete(child)) return;
        killed.add(trial);
        child.kill('SIGKILL');
        if (!done) employ();
      });
    };
    employ();
    employ();
    const { code, stdout, stderr } = await earthmorph(['sweep', grid, '--out', path('killed'), ...queue]);
    done = true;
    expect(code, stderr).toBe(0);
    expect(stdout).not.toContain('failed');
    for (const worker of workers) worker.kill('SIGINT');
    const said = (await Promise.all(logs)).map((outcome) => outcome.stdout).join('');
    await events.close();

    expect(killed.size).toBeGreaterThan(0);
    expect(said).toMatch(/continues after epoch \d/);
    expect(completions).toHaveLength(TRIALS);
    expect(new Set(completions).size).toBe(TRIALS);
    const { counts, trials } = await printed<{ counts: Record<string, number>; trials: Row[] }>([
      'sweep',
      'status',
      path('killed'),
      ...queue,
    ]);
    expect(counts).toEqual({ finished: TRIALS });
    for (const { id } of trials) expect(await outcomeOf(path('killed'), id), id).toEqual(await outcomeOf(whole, id));
    const local = await printed<{ counts: Record<string, number>; trials: Row[] }>(['sweep', 'status', path('killed')]);
    expect(local.counts).toEqual({ finished: TRIALS });
    // One Dice on one grid, whoever is asked: the folder, the queue, the table.
    const dice = (rows: readonly Row[]): unknown => rows.map((row) => [row.id, row.dice]).sort();
    expect(dice(local.trials)).toEqual(dice(trials));
    const mean = (id: string): number =>
      local.trials.filter((row) => row.id.startsWith(id)).reduce((sum, row) => sum + row.dice! / 2, 0);
    const table = JSON.parse(await readFile(path('killed', 'sweep.json'), 'utf8')) as {
      rows: { variant: string; loss: string; score: { mean: number } }[];
    };
    const row = table.rows.find(({ loss, variant }) => loss === 'MSE' && variant === 'smoothness=0.3');
    expect(row?.score.mean).toBeCloseTo(100 * mean('mse_smoothness-0.3_'), 9);
  });

  it('finds what the queue has done when it is asked again, without any worker', async () => {
    const again = await earthmorph(['sweep', path('grid.json'), '--out', path('again'), ...queue]);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toContain('| MSE | smoothness=1 | 2 of 2 |');
    // This Redis keeps nothing on disk.
    expect(again.stderr).toContain('--appendonly yes');
  });
});

describe.skipIf(!hasRedis)(`trials on a queue${whyNoRedis}`, () => {
  let redis: RedisServer;
  let queue: string[] = [];
  beforeAll(async () => {
    redis = await startRedis();
    queue = ['--queue', redis.url];
  });
  beforeEach(forget);
  afterAll(() => redis?.stop());

  /** Empties Redis: what one test left there is not for the workers of the next. */
  async function forget(): Promise<void> {
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
  }

  it('says what a worker lacks, ends it, and leaves the trial to others', async () => {
    const one = await write('one.json', { ...ONE, name: 'One', epochs: 1 });
    const [sweep, sweepEnd] = start(['sweep', one, '--out', path('one'), ...queue]);
    await expectRefusal(['worker', ...queue, '--data', path('nowhere')], /There is no folder '.*nowhere'/);
    await writeFile(path('file'), '');
    await expectRefusal(
      ['worker', ...queue, '--scratch', path('file', 'scratch')],
      /cannot be written \(a part of the path is a file/,
    );
    const [worker, workerEnd] = start(['worker', ...queue]);
    expect((await sweepEnd).code).toBe(0);
    worker.kill('SIGINT');
    expect((await workerEnd).code).toBe(0);
    sweep.kill();
  });

  it('gives the trial back where the folder for it is taken away, and takes no more', async () => {
    const long = await write('long.json', { ...ONE, name: 'Long', epochs: 100_000, patience: 100_000 });
    const [sweep, sweepEnd] = start(['sweep', long, '--out', path('long'), ...queue]);
    const scratch = path('taken');
    const [worker, workerEnd] = start(['worker', ...queue, '--scratch', scratch]);
    await line(worker, /epoch 2$/);
    // A file in the place of the run's folder refuses everybody, root too.
    const [own] = (await readdir(scratch)) as [string];
    const [key] = (await readdir(join(scratch, own))) as [string];
    const trials = join(scratch, own, key, 'trials');
    await rename(trials, `${trials}-gone`);
    await writeFile(trials, '');
    const { code, stderr } = await workerEnd;
    expect(stderr).toMatch(
      /^earthmorph: mse_seed1 is given back to the queue, since this machine cannot work on it: [^\n]+\n$/,
    );
    expect(code).toBe(2);
    expect(await readdir(scratch)).toEqual([]);
    const { counts } = await printed<{ counts: Record<string, number> }>(['sweep', 'status', path('long'), ...queue]);
    expect(counts).toEqual({ begun: 1 });

    // It waits for another worker, which is asked to stop.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const [next, nextEnd] = start(['worker', ...queue]);
      await line(next, /continues after epoch/);
      await line(next, /epoch \d+$/);
      next.kill(signal);
      expect(await nextEnd).toMatchObject({ code: 0, stdout: expect.stringContaining('given back') });
    }
    sweep.kill('SIGINT');
    expect((await sweepEnd).code).toBe(130);
  });

  it('puts trials on the queue again that Redis forgot', async () => {
    const file = await write('forgotten.json', { ...ONE, name: 'Forgotten' });
    const [worker, workerEnd] = start(['worker', ...queue]);
    const [sweep, sweepEnd] = start(['sweep', file, '--out', path('forgotten'), ...queue]);
    await line(worker, /epoch 2$/);
    await forget();
    const { code, stderr } = await sweepEnd;
    expect(stderr).toContain('mse_seed1 is no longer on the queue and is put there again.');
    expect(code).toBe(0);
    worker.kill('SIGINT');
    expect((await workerEnd).code).toBe(0);
    sweep.kill();
  });

  it('takes no result that is not one of the trial', async () => {
    const file = await write('forged.json', { ...ONE, name: 'Forged', epochs: 2 });
    const client = new Redis(redis.url);
    const [sweep, sweepEnd] = start(['sweep', file, '--out', path('forged'), ...queue]);
    await line(sweep, /appendonly/);
    let id: string | undefined;
    while (id === undefined) [id] = await client.lrange('bull:earthmorph:wait', 0, 0);
    const files = await readdir(path('one', 'trials', 'mse_seed1'));
    const refused = line(
      sweep,
      /The result of mse_seed1 on the queue cannot be used \(.*\); the trial is put there again/,
    );
    // The result of another experiment, with a file that would lie beside the folder.
    for (const name of [...files, '../../../.bashrc'])
      await client.hset(
        `earthmorph:files:${id}`,
        name,
        gzipSync(name.startsWith('.') ? 'x' : await readFile(path('one', 'trials', 'mse_seed1', name))),
      );
    await client
      .multi()
      .lrem('bull:earthmorph:wait', 0, id)
      .zadd('bull:earthmorph:completed', 1, id)
      .hset(`bull:earthmorph:${id}`, 'pb', '\u001b[2J')
      .exec();
    client.disconnect();
    await refused;
    expect(existsSync(path('.bashrc'))).toBe(false);
    const [worker, workerEnd] = start(['worker', ...queue]);
    const { code, stderr } = await sweepEnd;
    expect(code, stderr).toBe(0);
    expect((await outcomeOf(path('forged'), 'mse_seed1')) as object).toHaveProperty('losses.length', 3);
    worker.kill('SIGINT');
    await workerEnd;
  });

  it('reads scans in the worker’s own folder alone', async () => {
    const scans = path('scans');
    const made = await earthmorph(['data', 'phantom', '--out', scans, '--cases', '16', '--size', '16,16,16']);
    expect(made.code, made.stderr).toBe(0);
    const file = await write('scans.json', { ...ONE, name: 'Scans', data: scans, epochs: 1 });
    const [sweep, sweepEnd] = start(['sweep', file, '--out', path('of-scans'), ...queue]);
    await expectRefusalAfterJob(['worker', ...queue], /needs scans; give this worker their folder with --data/);
    const linked = path('linked');
    await mkdir(linked);
    for (const name of await readdir(scans)) await symlink(join(scans, name), join(linked, name));
    await expectRefusalAfterJob(
      ['worker', ...queue, '--data', linked],
      /leads to .*scans.* which is outside .*linked, and a worker reads no other folder/,
    );
    // The folder itself may be a link.
    await symlink(scans, path('link'));
    const [worker, workerEnd] = start(['worker', ...queue, '--data', path('link')]);
    const { code, stderr } = await sweepEnd;
    expect(code, stderr).toBe(0);
    worker.kill('SIGINT');
    expect((await workerEnd).code).toBe(0);
    sweep.kill();
  });

  it('ends with an exit code of its own where trainings failed, and says how many', async () => {
    const file = await write('failing.json', { ...ONE, name: 'Failing', losses: ['mse rate=0.001|1e30'], epochs: 1 });
    const [worker, workerEnd] = start(['worker', ...queue]);
    const { code, stdout, stderr } = await earthmorph(['sweep', file, '--out', path('failing'), ...queue]);
    expect(stderr).toContain('earthmorph: 1 of 2 trainings failed; the same command tries it again.');
    expect(stdout).toContain('| MSE | rate=0.001 | 1 of 1 |'.replace('MSE', 'mse'));
    expect(code).toBe(3);
    worker.kill('SIGINT');
    await workerEnd;
  });

  it('keeps a password out of what it says and out of the list of processes', async () => {
    const url = redis.url.replace('//', '//nobody:sesam@');
    const { code, stderr } = await earthmorph(['sweep', 'status', '--queue', url]);
    expect(code).toBe(2);
    expect(stderr).toContain('EARTHMORPH_QUEUE_PASSWORD');
    expect(stderr).not.toMatch(/sesam|nobody/);
  });
});

/** Demands that a worker takes a trial, gives it back and ends. */
async function expectRefusalAfterJob(args: readonly string[], sentence: RegExp): Promise<void> {
  const { code, stderr } = await earthmorph(args);
  expect(stderr).toMatch(/^earthmorph: [^\n]+\n$/);
  expect(stderr).toMatch(sentence);
  expect(code).toBe(2);
}

describe.skipIf(!hasRedis)(`a Redis that goes away${whyNoRedis}`, () => {
  it('is said once, and Ctrl-C ends worker and sweep nevertheless', async () => {
    const server = await startRedis();
    const queue = ['--queue', server.url];
    const file = await write('away.json', { ...ONE, name: 'Away', epochs: 100_000, patience: 100_000 });
    const [worker, workerEnd] = start(['worker', ...queue]);
    const [sweep, sweepEnd] = start(['sweep', file, '--out', path('away'), ...queue]);
    await line(worker, /epoch 2$/);
    const noticed = [worker, sweep].map((child) => line(child, /does not answer; trying again until it does/));
    await server.stop();
    await Promise.all(noticed);
    worker.kill('SIGINT');
    sweep.kill('SIGINT');
    const [{ code, stdout, stderr }, ended] = await Promise.all([workerEnd, sweepEnd]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/does not answer/g)).toHaveLength(1);
    expect(ended.code).toBe(130);
    expect(ended.stderr.match(/does not answer/g)).toHaveLength(1);
  });
});

describe('a queue that is not there', () => {
  it('is refused with a sentence', async () => {
    const grid = await write('grid.json', GRID);
    const nobody = ['--queue', 'redis://:sesam@127.0.0.1:1'];
    await expectRefusal(['worker', '--queue', 'http://127.0.0.1'], /not the address of a Redis server/);
    await expectRefusal(['worker'], /Give the queue with --queue/);
    await expectRefusal(['sweep', 'status', ...nobody], /redis:\/\/127.0.0.1:1 does not answer.*start Redis/);
    await expectRefusal(['sweep', grid, '--out', path('none'), ...nobody], /does not answer/, path('none'));
    await expectRefusal(
      ['sweep', 'status', '--queue', 'redis://127.0.0.1:1', '--queue-password-file', path('nothing')],
      /password file .* cannot be read/,
    );
  });
});
