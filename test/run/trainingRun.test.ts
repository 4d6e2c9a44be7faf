import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { earthmorph } from '../cli/support.ts';

const EPOCHS = 8;
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
    let kills = 0;
    for (let attempt = 0; attempt < 40; attempt++) {
      const started = existsSync(join(killed, 'config.json'));
      const args = started
        ? ['train', '--out', killed, '--resume', '--threads', '1']
        : ['train', '--data', data(), '--out', killed, ...settings];
      const patience = kills < 10 ? 300 + 700 * random.uniform() : 120_000;
      const ended = await runFor(args, patience);
      if (ended === 'finished') break;
      kills++;
    }
    expect(kills).toBeGreaterThan(3);
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
  return spawn(process.execPath, ['dist/cli.js', ...args], { stdio: 'ignore' });
}

function exitCode(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', resolve));
}

/** Runs a command and kills it with SIGKILL after some milliseconds, unless it ends before. */
async function runFor(args: readonly string[], milliseconds: number): Promise<'finished' | 'killed'> {
  const child = start(args);
  const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
  const code = await exitCode(child);
  clearTimeout(timer);
  if (code !== null) expect(code).toBe(0);
  return code === 0 ? 'finished' : 'killed';
}

async function untilFile(file: string): Promise<void> {
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 20));
}
