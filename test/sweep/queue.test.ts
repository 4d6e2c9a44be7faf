import type { ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { QueueEvents } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrialResult } from '../../src/experiment/results.ts';
import type { TrialStatus } from '../../src/sweep/status.ts';
import { earthmorph, expectRefusal, type Outcome, printed, start, temporaryFolder } from '../cli/support.ts';
import { hasRedis, type RedisServer, startRedis, whyNoRedis } from '../support/redis.ts';
import { GRID } from './grid.ts';

const path = temporaryFolder();
const TRIALS = 12;

/** What a trial came to, but for times. */
async function outcomeOf(sweep: string, id: string): Promise<unknown> {
  const { losses, rules, ended } = JSON.parse(
    await readFile(join(sweep, 'trials', id, 'trial.json'), 'utf8'),
  ) as TrialResult;
  const untimed = Object.entries(rules).map(([rule, { seconds: _, ...result }]) => [rule, result]);
  return { losses, ended, rules: untimed };
}

describe.skipIf(!hasRedis)(`a sweep through a queue${whyNoRedis}`, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
    await writeFile(path('grid.json'), JSON.stringify(GRID));
  });
  afterAll(() => redis?.stop());

  it('completes every trial once and to the same numbers while its workers are killed in turn', async () => {
    const whole = path('whole');
    const undisturbed = await earthmorph(['sweep', path('grid.json'), '--out', whole, '--workers', '2']);
    expect(undisturbed.code).toBe(0);

    const events = new QueueEvents('earthmorph', { connection: { url: redis.url } });
    const completions: string[] = [];
    events.on('completed', ({ jobId }) => completions.push(jobId));
    await events.waitUntilReady();
    const queue = ['--queue', redis.url];
    const workers: (ChildProcess | undefined)[] = [undefined, undefined];
    const logs: Promise<Outcome>[] = [];
    const inTraining = [false, false];
    const employ = (slot: number): void => {
      const scratch = ['--scratch', path(`scratch${slot}`), '--stalled-after', '2'];
      const [child, outcome] = start(['worker', ...queue, ...scratch]);
      inTraining[slot] = false;
      child.stdout?.on('data', (text: string) => {
        // From the first epoch to the last but one, there is something to lose.
        if (workers[slot] === child) inTraining[slot] = /epoch (1?[1-9]|[12]0|2[12])\s*$/.test(text);
      });
      workers[slot] = child;
      logs.push(outcome);
    };
    employ(0);
    employ(1);
    let done = false;
    const sweep = earthmorph(['sweep', path('grid.json'), '--out', path('killed'), ...queue]).finally(() => {
      done = true;
    });
    let kills = 0;
    while (!done) {
      const slot = kills % 2;
      await wait(2000 + 1000 * (kills % 3));
      while (!done && !inTraining[slot]) await wait(5);
      if (done) break;
      kills++;
      workers[slot]?.kill('SIGKILL');
      employ(slot);
    }
    const { code, stdout, stderr } = await sweep;
    expect(code, stderr).toBe(0);
    expect(stdout).not.toContain('failed');
    for (const worker of workers) worker?.kill('SIGINT');
    const said = (await Promise.all(logs)).map(({ stdout }) => stdout).join('');
    await events.close();

    expect(kills).toBeGreaterThan(3);
    expect(said).toMatch(/goes on after epoch \d/);
    expect(completions).toHaveLength(TRIALS);
    expect(new Set(completions).size).toBe(TRIALS);
    const { counts, trials } = await printed<{ counts: Record<string, number>; trials: TrialStatus[] }>([
      'sweep',
      'status',
      path('killed'),
      ...queue,
    ]);
    expect(counts).toEqual({ finished: TRIALS });
    expect(trials.reduce((sum, { starts }) => sum + (starts ?? 0), 0)).toBeGreaterThan(TRIALS);
    for (const { id } of trials) expect(await outcomeOf(path('killed'), id), id).toEqual(await outcomeOf(whole, id));
    const local = await printed<{ counts: Record<string, number> }>(['sweep', 'status', path('killed')]);
    expect(local.counts).toEqual({ finished: TRIALS });
  }, 400_000);

  it('finds what the queue has done when it is asked again, without any worker', async () => {
    const again = await earthmorph(['sweep', path('grid.json'), '--out', path('again'), '--queue', redis.url]);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toContain('| MSE | smoothness=1 | 2 of 2 |');
  });

  it('says what a worker lacks, ends it, and leaves the trial to others', async () => {
    const none = ['--queue', redis.url, '--data', path('nowhere')];
    await writeFile(path('one.json'), JSON.stringify({ ...GRID, name: 'One', losses: ['mse'], seeds: [1], epochs: 1 }));
    const [sweep, sweepEnd] = start(['sweep', path('one.json'), '--out', path('one'), '--queue', redis.url]);
    const { code, stderr } = await earthmorph(['worker', ...none]);
    expect(stderr).toMatch(/^earthmorph: There is no folder '.*nowhere'/);
    expect(code).toBe(2);
    const [worker, workerEnd] = start(['worker', '--queue', redis.url, '--idle', '1']);
    expect((await sweepEnd).code).toBe(0);
    expect((await workerEnd).code).toBe(0);
    sweep.kill();
    worker.kill();
  });

  it('gives a trial back when its worker is asked to stop', async () => {
    await writeFile(
      path('long.json'),
      JSON.stringify({ ...GRID, name: 'Long', losses: ['mse'], seeds: [1], epochs: 500 }),
    );
    const [sweep, sweepEnd] = start(['sweep', path('long.json'), '--out', path('long'), '--queue', redis.url]);
    const [worker, workerEnd] = start(['worker', '--queue', redis.url]);
    worker.stdout?.on('data', (text: string) => {
      if (text.includes('epoch 2')) worker.kill('SIGINT');
    });
    const { code, stdout } = await workerEnd;
    expect(stdout).toContain('given back');
    expect(code).toBe(0);
    const { counts } = await printed<{ counts: Record<string, number> }>([
      'sweep',
      'status',
      path('long'),
      '--queue',
      redis.url,
    ]);
    expect(counts).toEqual({ begun: 1 });
    sweep.kill('SIGINT');
    expect((await sweepEnd).code).toBe(130);
  });
});

describe('a queue that is not there', () => {
  it('is refused with a sentence', async () => {
    await writeFile(path('grid.json'), JSON.stringify(GRID));
    const nobody = ['--queue', 'redis://127.0.0.1:1'];
    await expectRefusal(['worker', '--queue', 'http://127.0.0.1'], /no address of a Redis queue/);
    await expectRefusal(['sweep', 'status', ...nobody], /does not answer.*start Redis/);
  });
});
