/**
 * `npm run bench:registration`: what one line of `earthmorph register` reaches on real pairs, in turn with elastix if it
 * is installed. Dice or landmark error and folds come from the written warps; CPU seconds and peak memory are measured.
 *
 *   EARTHMORPH_DATA=data npm run bench:registration --
 *     [--pairs brains,lungs] [--hippocampi 8] [--options="--effort best"] [--keep folder] [--json results.json]
 *     [--no-elastix]
 *
 * `--options` may be repeated: each is one way to register. This repeats the choice of levels, losses and weights:
 * `--options="--loss mse --smoothness 0.5" --options="--levels 8:40,4:30,2:20"`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { summarise, toMarkdown } from '../../src/report/page/table.ts';
import { byElastix } from './elastix.ts';
import { type Judged, judged } from './judged.ts';
import { type BenchPair, benchPairs } from './pairs.ts';
import { type Taken, watched } from './watched.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '' },
    hippocampi: { type: 'string', default: '8' },
    options: { type: 'string', multiple: true, default: [''] },
    keep: { type: 'string' },
    json: { type: 'string' },
    'no-elastix': { type: 'boolean', default: false },
  },
});

interface Run extends Judged, Taken {
  readonly method: string;
  readonly pair: string;
  readonly kind: string;
}

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const wanted = values.pairs.split(',').filter((word) => word !== '');
const root = resolve(process.env.EARTHMORPH_DATA ?? 'data');
const pairs = benchPairs(root, Number(values.hippocampi)).filter(
  ({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
);
if (pairs.length === 0) throw new Error(`There are no such pairs in ${root}; set EARTHMORPH_DATA.`);
const hasElastix = !values['no-elastix'] && spawnSync('elastix', ['--version']).status === 0;
if (!hasElastix) console.error('Note: without elastix (Debian: apt-get install elastix).');
const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'earthmorph-bench-'));

async function byEarthmorph(pair: BenchPair, options: string, out: string): Promise<{ warp: string; taken: Taken }> {
  const more = options.split(/\s+/).filter((word) => word !== '');
  const taken = await watched(process.execPath, [cli, 'register', pair.fixed, pair.moving, '--out', out, ...more]);
  return { warp: join(out, 'warp.nii.gz'), taken };
}

const runs: Run[] = [];
for (const pair of pairs) {
  const at = (method: string): string => join(folder, `${pair.name}-${method}`.replace(/[^A-Za-z0-9.]+/g, '_'));
  const methods = [
    ...values.options.map((options) => ({
      method: `earthmorph ${options}`.trim(),
      run: () => byEarthmorph(pair, options, at(`earthmorph${options}`)),
    })),
    ...(hasElastix ? [{ method: 'elastix', run: () => byElastix(pair, at('elastix')) }] : []),
  ];
  for (const { method, run } of methods) {
    const { warp, taken } = await run();
    runs.push({ method, pair: pair.name, kind: pair.kind, ...(await judged(pair, warp)), ...taken });
    console.error(JSON.stringify(runs.at(-1)));
  }
}
if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(runs, undefined, 2)}\n`);

const kinds = [...new Set(runs.map(({ kind }) => kind))];
const rows = kinds.flatMap((kind) => {
  const ofKind = runs.filter((run) => run.kind === kind);
  return [...new Set(ofKind.map(({ method }) => method))].map((method) => {
    const of = ofKind.filter((run) => run.method === method);
    const all = (value: (run: Run) => number | undefined): number | ReturnType<typeof summarise> => {
      const numbers = of.map((run) => value(run) ?? Number.NaN);
      return numbers.length === 1 ? numbers[0]! : summarise(numbers);
    };
    return {
      ...{ pair: kind, method },
      ...{ before: all((run) => run.before), after: all((run) => run.after), folds: all((run) => run.folds) },
      ...{
        cpu: all((run) => run.cpuSeconds),
        seconds: all((run) => run.seconds),
        memory: all((run) => run.peakGigabytes),
      },
    };
  });
});
console.log(
  toMarkdown({
    columns: [
      { key: 'pair', heading: 'pair' },
      { key: 'method', heading: 'method' },
      { key: 'before', heading: 'before' },
      { key: 'after', heading: 'Dice, or landmark error in mm', digits: 4 },
      { key: 'folds', heading: 'folds', unit: '%', digits: 4 },
      { key: 'cpu', heading: 'CPU time', unit: 's', digits: 1 },
      { key: 'seconds', heading: `on ${cpus().length} cores`, unit: 's', digits: 1 },
      { key: 'memory', heading: 'peak memory', unit: 'GB', digits: 2 },
    ],
    rows,
  }),
);
