/**
 * `npm run bench`: time and memory of a training step and a registration at 48³ and 64³ and of the losses; where a Python with PyTorch is
 * found, its training step in turn with ours, as ratios. Options: `--quick` (48³ only), `--json`.
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { similarities } from '../src/loss/registry.ts';
import { median } from '../src/metric/statistics.ts';
import { type Table, toMarkdown } from '../src/report/table.ts';
import type { Measured } from './measured.ts';

const ROUNDS = 5;
const STEPS = 8;
const quick = process.argv.includes('--quick');
const edges = quick ? [48] : [48, 64];

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

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

for (const edge of edges) {
  const mine: Measured[] = [];
  const theirs: Measured[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    mine.push(ours('trainingStep.ts', edge, STEPS));
    if (python)
      theirs.push(inProcess(python, [here('pytorch_step.py'), String(edge), String(STEPS), String(cpus().length)]));
  }
  record(`training step, ${edge}³`, mine, python ? theirs : undefined);
  record(`registration, one pass, ${edge}³`, [ours('registration.ts', edge, STEPS)]);
}
for (const name of similarities().keys())
  record(`${name}, value and gradient, 48³`, [ours('loss.ts', name, 48, STEPS)]);

const table: Table = {
  caption: `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores`,
  columns: [
    { key: 'what', heading: 'what' },
    { key: 'milliseconds', heading: 'time', unit: 'ms', digits: 0 },
    { key: 'megabytes', heading: 'memory', unit: 'MB', digits: 0 },
    { key: 'baseline', heading: 'PyTorch', unit: 'ms', digits: 0 },
    { key: 'baselineMegabytes', heading: 'PyTorch memory', unit: 'MB', digits: 0 },
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
