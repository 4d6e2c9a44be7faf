import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { GRID } from '../experiment/grid.ts';
import { earthmorph, type Outcome, start, temporaryFolder } from './support.ts';

const at = temporaryFolder();
const scan = (n: number): string => `imagesTr/phantom_00${n}.nii.gz`;
// Every command says at once how far it is.
const env = { EARTHMORPH_PROGRESS_SECONDS: '0' };
const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

interface Said {
  readonly stdout: string;
  readonly stderr: string;
  /** Folder that the command writes into. */
  readonly folder: string;
}

interface Stopped {
  readonly name: string;
  readonly args: (folder: string) => readonly string[];
  /** Whether the command is in the middle of its work. */
  readonly isBusy: (said: Said) => boolean;
  readonly sentence: RegExp;
}

const ENDLESS = ['--refine', '1000000', '--loss', 'mse'];
const training = (folder: string): readonly string[] => [
  ...['train', '--data', at('data'), '--out', join(folder, 'run'), '--threads', '1'],
  ...['--pad', '16', '--size', '16', '--spacing', '3.5', '--half-resolution', '--pairs-per-epoch', '3'],
  ...['--epochs', '100000', '--patience', '100000', '--smoothness', '1'],
];
const has = (folder: string, test: (name: string) => boolean): boolean => readdirSync(folder).some(test);

const COMMANDS: readonly Stopped[] = [
  {
    name: 'data phantom',
    args: (folder) => ['data', 'phantom', '--cases', '5000', '--out', join(folder, 'made')],
    isBusy: ({ folder }) => has(folder, (name) => name.startsWith('.made-')),
    sentence: /^earthmorph: Stopped; nothing was written\.$/,
  },
  {
    name: 'data simulate-us',
    args: (folder) => ['data', 'simulate-us', '--cases', '5000', '--spacing', '4', '--out', join(folder, 'made')],
    isBusy: ({ folder }) => has(folder, (name) => name.startsWith('.made-')),
    sentence: /^earthmorph: Stopped; nothing was written\.$/,
  },
  {
    name: 'demo',
    args: (folder) => ['demo', '--out', join(folder, 'demo'), '--threads', '1'],
    isBusy: ({ folder }) => existsSync(join(folder, 'demo', 'data', 'imagesTr')),
    sentence: /^earthmorph: stopped; run the demo again to start over\.$/,
  },
  {
    name: 'register',
    args: (folder) => [
      ...['register', '--model', 'none', ...ENDLESS, '--warp', join(folder, 'warp.nii.gz')],
      ...['--fixed', at('data', scan(1)), '--moving', at('data', scan(2))],
    ],
    isBusy: ({ stderr }) => stderr.includes('refining'),
    sentence: /^earthmorph: stopped before the end; give the same command again to start over\.$/,
  },
  {
    name: 'evaluate',
    args: () => ['evaluate', '--model', 'none', ...ENDLESS, '--data', at('data'), '--pairs', at('test.csv')],
    isBusy: ({ stderr }) => stderr.includes('evaluating'),
    sentence: /^earthmorph: stopped before the end; give the same command again to start over\.$/,
  },
  {
    name: 'train, while it reads scans',
    args: training,
    isBusy: ({ stderr }) => stderr.includes('reading scans'),
    sentence: /^earthmorph: stopped before (training began; no epoch is kept|the first epoch was done; go on with: )/,
  },
  {
    name: 'train',
    args: training,
    isBusy: ({ stdout }) => stdout.includes('epoch 2'),
    sentence: /^earthmorph: stopped after epoch \d+; go on with: earthmorph train --out .*run --resume$/,
  },
  {
    name: 'compare-losses',
    args: (folder) => [
      ...['compare-losses', '--data', at('data'), '--pairs', at('test.csv'), '--tune', at('tune.csv')],
      ...['--loss', 'mse', '--steps', '1000000', '--size', '16', '--out', join(folder, 'comparison')],
    ],
    isBusy: ({ folder }) => existsSync(join(folder, 'comparison', 'origin.json')),
    sentence: /^earthmorph: stopped; what is done is kept in .*comparison, and the same command continues it\.$/,
  },
  {
    name: 'experiment run',
    args: (folder) => ['experiment', 'run', at('experiment.json'), '--out', join(folder, 'out'), '--processes', '2'],
    isBusy: ({ folder }) => {
      const trials = join(folder, 'out', 'trials');
      return existsSync(trials) && has(trials, (id) => existsSync(join(trials, id, 'last.safetensors')));
    },
    sentence: /^earthmorph: stopped; what is done is kept in .*out, and the same command continues it\.$/,
  },
];

beforeAll(async () => {
  const made = ['data', 'phantom', '--out', at('data'), '--cases', '14', '--size', '28,36,28'];
  expect((await earthmorph(made)).code).toBe(0);
  await writeFile(at('test.csv'), `fixed,moving\n${scan(1)},${scan(2)}\n`);
  await writeFile(at('tune.csv'), `fixed,moving\n${scan(3)},${scan(4)}\n`);
  await writeFile(at('experiment.json'), JSON.stringify({ ...GRID, epochs: 100_000, patience: 100_000 }));
});

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it.each(COMMANDS)('ends $name in good order, and leaves nothing half-written', async (command) => {
    const folder = at(`${command.name} ${signal}`);
    await mkdir(folder);
    const { code, stderr } = await stopped(command, folder, signal);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(command.sentence);
    expect(code).toBe(CODES[signal]);
    expect(readdirSync(folder, { recursive: true }).filter((name) => /(^|\/)\./.test(String(name)))).toEqual([]);
    expect(processesOn(folder)).toEqual([]);
  });
});

/** Starts a command, sends the signal in the middle of its work, and waits for its end. */
async function stopped({ args, isBusy }: Stopped, folder: string, signal: NodeJS.Signals): Promise<Outcome> {
  const [child, outcome] = start(args(folder), { env });
  const said = { stdout: '', stderr: '', folder };
  child.stdout?.on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr?.on('data', (text: string) => {
    said.stderr += text;
  });
  while (child.exitCode === null && !isBusy(said)) await wait(5);
  child.kill(signal);
  return outcome;
}

/** Processes with a folder in their command line. */
function processesOn(folder: string): string[] {
  return commandLines().filter((line) => line.includes(folder));
}

function commandLines(): string[] {
  if (!existsSync('/proc/self/cmdline')) return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
  return readdirSync('/proc').flatMap((id) => {
    try {
      return /^\d+$/.test(id) ? [readFileSync(`/proc/${id}/cmdline`, 'utf8')] : [];
    } catch {
      // It has ended since.
      return [];
    }
  });
}
