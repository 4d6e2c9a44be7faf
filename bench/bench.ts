/**
 * `npm run bench`: time and memory of a training step and a registration at 48³ and 64³ and of the losses; where a
 * Python with PyTorch is found, the same step and losses there in turn with ours, as ratios. Options: `--quick` (48³
 * only), `--only steps` or `--only losses`, `--json`; `--profile [edge] [steps]` shows instead where the time of a step
 * goes (profile.ts).
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { median } from '../src/metric/statistics.ts';
import { type Table, toMarkdown } from '../src/report/page/table.ts';
import type { Measured } from './measured.ts';

const ROUNDS = 5;
const STEPS = 8;
const quick = process.argv.includes('--quick');
const only = process.argv.includes('--only') ? process.argv.at(process.argv.indexOf('--only') + 1) : undefined;
const wanted = <Case>(part: 'steps' | 'losses', cases: readonly Case[]): readonly Case[] =>
  only === undefined || only === part ? cases : [];
const edges = quick ? [48] : [48, 64];

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

if (process.argv.includes('--profile')) {
  await import('./profile.ts');
  process.exit();
}

function inProcess(command: string, args: readonly string[]): Measured {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`);
  return JSON.parse(stdout) as Measured;
}

const ours = (script: string, ...args: readonly (string | number)[]): Measured =>
  inProcess(process.execPath, ['--import', 'tsx', here(script), ...args.map(String)]);

/** A Python that has PyTorch: the one on the path, or the system's. */
const python = ['python3', '/usr/bin/python3'].find(
  (candidate) => spawnSync(candidate, ['-c', 'import torch']).status === 0,
);

interface Row {
  readonly [column: string]: string | number | undefined;
}

const rows: Row[] = [];
const record = (what: string, runs: readonly Measured[], baseline?: readonly Measured[]): void => {
  const ratios = baseline?.map((other, round) => (runs[round] as Measured).milliseconds / other.milliseconds);
  rows.push({
    what,
    milliseconds: median(runs.map((run) => run.milliseconds)),
    megabytes: median(runs.map((run) => run.megabytes)),
    baseline: baseline && median(baseline.map((run) => run.milliseconds)),
    baselineMegabytes: baseline && median(baseline.map((run) => run.megabytes)),
    ratio: ratios && median(ratios),
    spread: ratios && `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`,
  });
};

/** Runs commands in turn, so that whatever else the machine does falls on all of them alike. */
const inTurn = (...runs: readonly (() => Measured)[]): Measured[][] => {
  const results: Measured[][] = runs.map(() => []);
  for (let round = 0; round < ROUNDS; round++) for (const [k, run] of runs.entries()) results[k]?.push(run());
  return results;
};
const threads = cpus().length;
const torch = (script: string, ...args: readonly (string | number)[]): Measured =>
  inProcess(python as string, [here(script), ...args.map(String), String(threads)]);

for (const edge of wanted('steps', edges)) {
  const [mine, theirs] = inTurn(
    () => ours('trainingStep.ts', edge, STEPS),
    ...(python ? [() => torch('pytorch_step.py', edge, STEPS)] : []),
  ) as [Measured[], Measured[]?];
  record(`training step, ${edge}³`, mine, theirs);
  record(`registration, one pass, ${edge}³`, [ours('registration.ts', edge, STEPS)]);
}
for (const [name, directions] of wanted('losses', [
  ['pswd', 16],
  ['pswd', 400],
  ['swd', 16],
  ['swd', 400],
] as const)) {
  const options = JSON.stringify({ directions });
  const [mine, theirs] = inTurn(
    () => ours('loss.ts', name, 48, STEPS, options),
    ...(python ? [() => torch('pytorch_losses.py', name, 48, STEPS, directions)] : []),
  ) as [Measured[], Measured[]?];
  record(`${name}, ${directions} directions, value and gradient, 48³`, mine, theirs);
}
for (const [name, options] of wanted('losses', [
  ['mse', {}],
  ['ncc', {}],
  ['radon', { directions: 16 }],
  ['radon', { directions: 400 }],
] as const)) {
  const settings = JSON.stringify(options);
  const what = 'directions' in options ? `${name}, ${options.directions} directions` : name;
  record(`${what}, value and gradient, 48³`, [ours('loss.ts', name, 48, STEPS, settings)]);
}
for (const directions of wanted('losses', [16, 400])) {
  const [step, plain] = inTurn(
    () => ours('trainingStep.ts', 48, STEPS, 'pswd', JSON.stringify({ directions })),
    () => ours('trainingStep.ts', 48, STEPS, 'mse'),
  ) as [Measured[], Measured[]];
  record(`training step with pswd, ${directions} directions, 48³ (baseline: with mse)`, step, plain);
}

const table: Table = {
  caption: `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores`,
  columns: [
    { key: 'what', heading: 'what' },
    { key: 'milliseconds', heading: 'time', unit: 'ms', digits: 0 },
    { key: 'megabytes', heading: 'memory', unit: 'MB', digits: 0 },
    { key: 'baseline', heading: 'baseline', unit: 'ms', digits: 0 },
    { key: 'baselineMegabytes', heading: "baseline's memory", unit: 'MB', digits: 0 },
    { key: 'ratio', heading: 'ratio', digits: 2 },
    { key: 'spread', heading: 'ratios' },
  ],
  rows,
};
if (process.argv.includes('--json')) console.log(JSON.stringify(rows, null, 2));
else {
  if (!python)
    console.log('No Python with PyTorch here (on Debian: apt-get install python3-torch), so there is no baseline.\n');
  console.log(toMarkdown(table));
}
