/**
 * Times training steps on a graphics card, on the processor beside it, and in PyTorch where there is one, each in a
 * process of its own. Usage: table.ts <step script> <PyTorch script> <folder for results> [steps] [edges]. Writes
 * `gpu.json` and `gpu.md`, after every row anew.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Table, toMarkdown } from '../../src/report/page/table.ts';
import type { StepOptions, StepResult } from './step.ts';

const [stepScript, torchScript, folder, stepsText = '8', edgesText = '48,64'] = process.argv.slice(2) as [
  string,
  string,
  string,
  ...string[],
];
const STEPS = Number(stepsText);
/** A process that takes longer is ended, and its row says so. */
const LONGEST = 40_000;
const threads = availableParallelism();
/** A Python that has PyTorch: the one on the path, or the system's. */
const python = ['python3', '/usr/bin/python3'].find(
  (candidate) => spawnSync(candidate, ['-c', 'import torch']).status === 0,
);
const scratch = mkdtempSync(join(tmpdir(), 'earthmorph-gpu-'));

interface Row {
  readonly network: string;
  readonly edge: number;
  readonly where: string;
  readonly milliseconds?: number;
  readonly startMilliseconds?: number;
  readonly megabytes?: number;
  readonly cardMegabytes?: number;
  /** Distance of the first gradient from that of the processor, relative to its length. */
  readonly gradientError?: number;
  readonly failure?: string;
}

const rows: Row[] = [];
const operators: { readonly network: string; readonly edge: number; readonly times: StepResult['operators'] }[] = [];

function answer(command: string, args: readonly string[]): Partial<StepResult> & { readonly failure?: string } {
  const { stdout, stderr, status, signal } = spawnSync(command, args, { encoding: 'utf8', timeout: LONGEST });
  if (signal) return { failure: `ended after ${LONGEST / 1000} s` };
  if (status !== 0)
    return { failure: stderr.split('\n').find((line) => line.includes('Error')) ?? `exit code ${status}` };
  return JSON.parse(stdout) as StepResult;
}

const ours = (options: StepOptions): Partial<StepResult> & { readonly failure?: string } =>
  answer(process.execPath, [stepScript, JSON.stringify(options)]);

function record(row: Row): void {
  rows.push(row);
  write();
}

/** ‖a − b‖ / ‖b‖ of two files of float32. */
function difference(file: string, reference: string): number | undefined {
  try {
    const [a, b] = [file, reference].map((name) => new Float32Array(new Uint8Array(readFileSync(name)).buffer));
    let apart = 0;
    let length = 0;
    for (const [k, value] of (b as Float32Array).entries()) {
      apart += ((a as Float32Array)[k]! - value) ** 2;
      length += value ** 2;
    }
    return Math.sqrt(apart / length);
  } catch {
    return undefined;
  }
}

function card(): string {
  const { stdout } = spawnSync('nvidia-smi', ['--query-gpu=name,driver_version', '--format=csv,noheader'], {
    encoding: 'utf8',
  });
  return stdout?.trim() || 'no NVIDIA card';
}

function write(): void {
  const machine = `${card()}; ${cpus()[0]?.model ?? 'unknown processor'}, ${threads} threads`;
  writeFileSync(join(folder, 'gpu.json'), `${JSON.stringify({ machine, rows, operators }, null, 1)}\n`);
  const table: Table = {
    caption: machine,
    columns: [
      { key: 'network', heading: 'network' },
      { key: 'edge', heading: 'edge', digits: 0 },
      { key: 'where', heading: 'where' },
      { key: 'milliseconds', heading: 'step', unit: 'ms', digits: 1 },
      { key: 'startMilliseconds', heading: 'start', unit: 'ms', digits: 0 },
      { key: 'megabytes', heading: 'memory', unit: 'MB', digits: 0 },
      { key: 'cardMegabytes', heading: "card's memory", unit: 'MB', digits: 0 },
      { key: 'gradientError', heading: 'error of the gradient', digits: 7 },
      { key: 'failure', heading: 'failure' },
    ],
    rows: rows.map((row) => ({ ...row })),
  };
  const profiles = operators.map(({ network, edge, times = [] }) =>
    toMarkdown({
      caption: `Time by operator, ${network}, ${edge}³`,
      columns: [
        { key: 'operator', heading: 'operator' },
        { key: 'where', heading: 'where' },
        { key: 'milliseconds', heading: 'time', unit: 'ms', digits: 2 },
        { key: 'calls', heading: 'calls', digits: 0 },
      ],
      rows: times.slice(0, 16).map((time) => ({ ...time })),
    }),
  );
  writeFileSync(join(folder, 'gpu.md'), [toMarkdown(table), ...profiles].join('\n'));
}

const NETWORKS = [
  { network: "the paper's", preset: 'paper', settings: { loss: 'mse' } },
  { network: "the shipped model's", preset: 'fine', settings: {} },
] as const;

for (const edge of edgesText.split(',').map(Number)) {
  for (const { network, preset, settings } of NETWORKS) {
    for (const device of ['cpu', 'webgpu'] as const) {
      const file = (name: string): string => join(scratch, `gradient-${preset}-${edge}-${name}`);
      const options = { device, preset, settings, edge, threads, gradient: file(device) };
      const result = ours({ ...options, steps: STEPS });
      const gradientError = device === 'cpu' ? undefined : difference(file(device), file('cpu'));
      record({ network, edge, where: device, ...result, ...(gradientError === undefined ? {} : { gradientError }) });
      const profile = join(scratch, `profile-${preset}-${edge}-${device}`);
      const profiled = device === 'webgpu' && !result.failure ? ours({ ...options, steps: 3, profile }) : undefined;
      if (profiled?.operators) operators.push({ network, edge, times: profiled.operators });
    }
  }
  for (const device of python ? ['cuda', 'cpu'] : [])
    record({
      network: "the paper's",
      edge,
      where: `PyTorch ${device}`,
      ...answer(python as string, [torchScript, String(edge), String(STEPS), String(threads), device]),
    });
}
rmSync(scratch, { recursive: true });
console.log(readFileSync(join(folder, 'gpu.md'), 'utf8'));
