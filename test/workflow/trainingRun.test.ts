import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { earthmorph } from '../cli/support.ts';
import { TESTED } from '../support/tested.ts';

const EPOCHS = 16;
const KILLS = 6;
const SETTINGS = `--loss mse --pad 16 --size 16 --spacing 3.5 --half-resolution --integration-steps 3 --epochs ${EPOCHS} --patience 50 --pairs-per-epoch 12 --smoothness 0.3 --threads 1`;
const settings = SETTINGS.split(' ');

interface Row {
  epoch: number;
  seconds: number;
  secondsPerStep: number;
}

let folder = '';
const data = (): string => join(folder, 'data');

async function metrics(run: string): Promise<Omit<Row, 'seconds' | 'secondsPerStep'>[]> {
  const lines = (await readFile(join(run, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  // Time is what a repetition may differ in.
  return lines.map((line) => JSON.parse(line) as Row).map(({ seconds: _, secondsPerStep: __, ...row }) => row);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earthmorph-run-'));
  const made = await earthmorph(['data', 'phantom', '--out', data(), '--cases', '14', '--size', '28,36,28']);
  expect(made.code).toBe(0);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a training run', () => {
  it('writes its folder, resumes after kills at random moments to the same numbers, and its model registers', async () => {
    const whole = join(folder, 'whole');
    const once = await earthmorph(['train', '--data', data(), '--out', whole, ...settings]);
    expect(once.stderr).toBe('');
    expect(once.code).toBe(0);
    for (const file of ['config.json', 'metrics.jsonl', 'last.safetensors', 'best.safetensors', 'model.onnx'])
      expect(existsSync(join(whole, file)), file).toBe(true);
    const expected = await metrics(whole);
    expect(expected).toHaveLength(EPOCHS);

    const killed = join(folder, 'killed');
    const random = randomStream(11, 'kill');
    const resume = ['train', '--out', killed, '--resume', '--threads', '1'];
    // Before the first epoch, then somewhere in the epoch after one that was finished.
    await runUntil(['train', '--data', data(), '--out', killed, ...settings], () =>
      untilFile(join(killed, 'config.json')),
    );
    for (let kills = 1; kills < KILLS; kills++) {
      const before = await linesOf(join(killed, 'metrics.jsonl'));
      await runUntil(resume, async () => {
        while ((await linesOf(join(killed, 'metrics.jsonl'))) <= before) await pause(2);
        await pause(100 * random.uniform());
      });
    }
    expect(await linesOf(join(killed, 'metrics.jsonl'))).toBeGreaterThanOrEqual(KILLS - 1);
    const last = await earthmorph(resume);
    expect(last.code, last.stderr).toBe(0);
    expect(await metrics(killed)).toEqual(expected);
    const [a, b] = await Promise.all([whole, killed].map((run) => readFile(join(run, 'best.safetensors'))));
    expect(b!.equals(a!)).toBe(true);

    const images = join(data(), 'imagesTr');
    const moved = join(folder, 'moved.nii.gz');
    const registered = await earthmorph([
      'register',
      '--model',
      killed,
      '--fixed',
      join(images, 'phantom_001.nii.gz'),
      '--moving',
      join(images, 'phantom_002.nii.gz'),
      '--moved',
      moved,
    ]);
    expect(registered.code).toBe(0);
    expect(existsSync(moved)).toBe(true);
  });

  it('does not overwrite a run, and says how to go on', async () => {
    const again = await earthmorph(['train', '--data', data(), '--out', join(folder, 'whole'), ...settings]);
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/already holds a run; add --resume/);
  });

  it('does not go on with other settings', async () => {
    const other = await earthmorph(['train', '--out', join(folder, 'whole'), '--resume', '--rate', '0.5']);
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/started with rate = 0.001/);
  });

  it('stops with one sentence when the loss diverges, keeping the last good checkpoint', async () => {
    const run = join(folder, 'diverged');
    const result = await earthmorph(['train', '--data', data(), '--out', run, ...settings, '--rate', '1e4']);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/try a smaller --rate/);
  });

  it('goes on in time after Ctrl-C', async () => {
    const run = join(folder, 'interrupted');
    const child = start(['train', '--data', data(), '--out', run, ...settings]);
    await untilFile(join(run, 'config.json'));
    child.kill('SIGINT');
    expect(await exitCode(child)).toBe(130);
  });
});

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [join(TESTED, 'dist', 'cli.js'), ...args], { stdio: 'ignore' });
}

function exitCode(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', resolve));
}

/** Runs a command and kills it with SIGKILL when something has come about, unless it ends before. */
async function runUntil(args: readonly string[], cameAbout: () => Promise<void>): Promise<void> {
  const child = start(args);
  const ended = exitCode(child);
  await Promise.race([cameAbout(), ended]);
  child.kill('SIGKILL');
  expect([null, 0]).toContain(await ended);
}

async function linesOf(file: string): Promise<number> {
  return (await readFile(file, 'utf8').catch(() => '')).split('\n').length - 1;
}

async function untilFile(file: string): Promise<void> {
  while (!existsSync(file)) await pause(2);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
