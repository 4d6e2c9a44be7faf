/**
 * Where the time of a training step of the paper's network goes, by operation, and which part of the processor's peak
 * its convolutions and matrix products reach. Usage: npm run bench -- --profile [edge] [steps]
 *
 * The peak is stated twice: what a large matrix product reaches here, and what the vector units could, from the clock
 * (a chain of dependent multiplications of whole numbers, of three cycles each) and 32 operations a cycle and core (two
 * units that multiply and add eight numbers).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, Graph, gemm } from '../src/graph/index.ts';
import { randomStream } from '../src/random.ts';
import { toMarkdown } from '../src/report/page/table.ts';
import { operatorTimes } from './gpu/profile.ts';
import { extentOf, stepOf } from './step.ts';

/** Operators that are named; the rest is one row. */
const NAMED = 12;
const CYCLES_OF_PRODUCT = 3;
const OPERATIONS_OF_CYCLE = 32;

const [edge = '48', steps = '10'] = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const threads = availableParallelism();
const runtime = { threads, spins: true };
const reached = await matrixProduct(1536);
const hertz = clock();
const folder = mkdtempSync(join(tmpdir(), 'earthmorph-profile-'));
try {
  const prefix = join(folder, 'step');
  const step = await stepOf({ extent: extentOf(edge), runtime: { ...runtime, profile: prefix } });
  for (let taken = 0; taken < Number(steps); taken++) await step.run();
  step.program.endProfiling();
  const times = operatorTimes(prefix);
  const total = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const others = times.slice(NAMED);
  const sumOf = (key: 'calls' | 'milliseconds'): number => others.reduce((sum, time) => sum + time[key], 0);
  const rest = { operator: 'others', calls: sumOf('calls'), milliseconds: sumOf('milliseconds'), operations: 0 };
  const rows = [...times.slice(0, NAMED), rest].map(({ operator, calls, milliseconds, operations }) => {
    const speed = operations > 0 ? operations / milliseconds / 1e6 : undefined;
    const share = speed && (100 * speed) / reached;
    return { operator, calls, milliseconds, part: (100 * milliseconds) / total, speed, share };
  });
  console.log(
    toMarkdown({
      caption: `Training step of the paper's network at ${edge}, ${cpus()[0]?.model}, ${threads} threads`,
      columns: [
        { key: 'operator', heading: 'operator' },
        { key: 'calls', heading: 'calls', digits: 0 },
        { key: 'milliseconds', heading: 'time', unit: 'ms', digits: 1 },
        { key: 'part', heading: 'of the step', unit: '%', digits: 1 },
        { key: 'speed', heading: 'GFLOP/s', digits: 0 },
        { key: 'share', heading: 'of a matrix product', unit: '%', digits: 0 },
      ],
      rows,
    }),
  );
  const peak = (hertz / 1e9) * OPERATIONS_OF_CYCLE * threads;
  console.log(`A product of two matrices of 1536² reaches ${reached.toFixed(0)} GFLOP/s.`);
  console.log(`At ${(hertz / 1e9).toFixed(2)} GHz the vector units could do ${peak.toFixed(0)} GFLOP/s.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Operations a nanosecond of a product of square matrices, the best of some. */
async function matrixProduct(size: number): Promise<number> {
  const graph = new Graph('product');
  const stream = randomStream(1, 'product');
  const values = Float32Array.from({ length: size ** 2 }, () => stream.uniform());
  const product = gemm(graph.input('a', [size, size]), graph.constant(values, [size, size]));
  const program = await compile(graph, { product }, runtime);
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 12; run++) {
    const started = performance.now();
    await program.run({ a: values });
    best = Math.min(best, performance.now() - started);
  }
  await program.release();
  return (2 * size ** 3) / best / 1e6;
}

/** Cycles a second of a core at work. */
function clock(): number {
  let value = 1;
  let best = Number.POSITIVE_INFINITY;
  const length = 1e8;
  for (let run = 0; run < 4; run++) {
    const factor = 16777619 + 2 * run;
    const started = performance.now();
    for (let k = 0; k < length; k++) value = Math.imul(value, factor);
    best = Math.min(best, performance.now() - started);
  }
  if (value === 0) throw new Error('A product of odd numbers is not 0.');
  return (CYCLES_OF_PRODUCT * length) / (best / 1e3);
}
