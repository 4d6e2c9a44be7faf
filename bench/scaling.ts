/**
 * How time and memory of a training step of the paper's network grow with the grid, and what threads are worth.
 * Usage: npx tsx bench/scaling.ts           measures into bench/scaling.json, and draws docs/images/scaling.svg of it
 *        npx tsx bench/scaling.ts --draw    draws only
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { packageFile } from '../src/file/packageFile.ts';
import { lineChart } from '../src/report/chart/lineChart.ts';
import { toMarkdown } from '../src/report/page/table.ts';
import { writeFigure } from '../src/workflow/pairReport.ts';
import type { Measured } from './measured.ts';
import { extentOf } from './step.ts';

interface Row {
  readonly grid: string;
  readonly threads: number;
  readonly milliseconds: number;
  readonly megabytes: number;
}

interface Scaling {
  readonly processor: string;
  readonly rows: readonly Row[];
}

/** Grids with steps to take, and the threads to take them with: numbers up to that of the cores. */
const GRIDS = [
  { grid: '32', steps: 6, threads: [1, 2, 4, 8, 16] },
  { grid: '48', steps: 4, threads: [1, 2, 4, 8, 16] },
  { grid: '64', steps: 4, threads: [1, 2, 4, 8, 16] },
  { grid: '96', steps: 3, threads: [1, 2, 4, 8, 16] },
  { grid: '160x192x224', steps: 2, threads: [cpus().length] },
];

const file = fileURLToPath(new URL('scaling.json', import.meta.url));
if (!process.argv.includes('--draw')) writeFileSync(file, `${JSON.stringify(measure(), null, 2)}\n`);
const { processor, rows } = JSON.parse(readFileSync(file, 'utf8')) as Scaling;
const most = Math.max(...rows.map(({ threads }) => threads));
const edge = (grid: string): number => Math.cbrt(extentOf(grid).reduce((voxels, length) => voxels * length, 1));
const curve = (threads: number, value: (row: Row) => number): (readonly [number, number])[] =>
  rows.filter((row) => row.threads === threads).map((row) => [edge(row.grid), value(row)]);
const counts = [...new Set(rows.map(({ threads }) => threads))];
await writeFigure(
  packageFile('docs', 'images', 'scaling.svg'),
  lineChart({
    title: "A training step of the paper's network",
    xLabel: 'edge of the grid (voxels; cube root of their number)',
    yLabel: 's, GB',
    logarithmic: true,
    series: [
      ...counts.map((threads) => ({
        name: `s, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
        points: curve(threads, ({ milliseconds }) => milliseconds / 1e3),
      })),
      { name: 'GB', dashed: true, points: curve(most, ({ megabytes }) => megabytes / 1e3) },
    ],
    note: processor,
  }),
);
console.log(
  toMarkdown({
    caption: processor,
    columns: [
      { key: 'grid', heading: 'grid' },
      { key: 'threads', heading: 'threads', digits: 0 },
      { key: 'milliseconds', heading: 'time', unit: 'ms', digits: 0 },
      { key: 'megabytes', heading: 'memory', unit: 'MB', digits: 0 },
    ],
    rows: rows.map((row) => ({ ...row })),
  }),
);

function measure(): Scaling {
  const cores = cpus().length;
  const all = GRIDS.flatMap(({ grid, steps, threads }) =>
    threads
      .filter((count) => count <= cores)
      .map((count): Row => ({ grid, threads: count, ...taken(grid, steps, count) })),
  );
  return { processor: `${cpus()[0]?.model ?? 'unknown processor'}, ${cores} cores`, rows: all };
}

function taken(grid: string, steps: number, threads: number): Measured {
  const script = fileURLToPath(new URL('trainingStep.ts', import.meta.url));
  const args = ['--import', 'tsx', script, grid, String(steps), '--threads', String(threads)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`A step at ${grid} failed: ${stderr}`);
  const { milliseconds, megabytes } = JSON.parse(stdout) as Measured;
  return { milliseconds: Math.round(milliseconds), megabytes: Math.round(megabytes) };
}
