import { join } from 'node:path';
import { isPaired } from '../dataset/dataset.ts';
import { MRI_SEQUENCES, type MriSequence } from '../dataset/resect.ts';
import { UserError } from '../errors.ts';
import { comparisonFigure, comparisonTable, pairedTests } from '../experiment/report/comparisonReport.ts';
import { compareLosses, type LossMethod } from '../experiment/runner/compareLosses.ts';
import { writeAtomically } from '../file/atomic.ts';
import { assertDistinctFiles } from '../file/distinctFiles.ts';
import { readVolume } from '../file/volumeFile.ts';
import { given } from '../given.ts';
import type { Device } from '../graph/index.ts';
import { chooseSimilarity } from '../loss/registry.ts';
import { defaultWeight } from '../objective/objective.ts';
import { type Preprocessing, preprocessingSchema } from '../preparation/preprocessing.ts';
import { REFINE_DEFAULTS } from '../registration/refine.ts';
import { toCsv, toMarkdown } from '../report/page/table.ts';
import { writeFigure } from '../run/pairReport.ts';
import { type PairList, readPairList } from '../run/registerPairs.ts';
import { spacingOf } from '../volume/matrix.ts';
import { interruptible } from './interruptible.ts';
import { assignments, choice, DEVICE_HELP, device, number, whole } from './options.ts';
import { counted, duration, printJson, sayWritten, toJson } from './output.ts';
import type { CommandDefinition } from './program.ts';
import { startProgress } from './progress.ts';

interface Options {
  readonly data: string;
  readonly pairs: string;
  readonly tune: string;
  readonly out: string;
  readonly loss: readonly string[];
  readonly weights: readonly number[];
  readonly mri?: MriSequence;
  readonly crop?: 'none' | 'label';
  readonly pad?: number;
  readonly spacing?: number;
  readonly margin: number;
  readonly size: number;
  readonly steps: number;
  readonly grid: number;
  readonly rate: number;
  readonly seed: number;
  readonly device: Device;
  readonly threads?: number;
  readonly json?: boolean;
}

/** Losses that are compared when none is named: the paper's four and NCC. */
const DEFAULT_LOSSES = ['mse', 'ncc', 'swd', 'radon directions=64', 'pswd'];

/** `earthmorph compare-losses`: which loss registers best, pair by pair, without training. */
export const compareLossesCommand: CommandDefinition = (program) => {
  program
    .command('compare-losses')
    .summary('compare losses on a list of pairs, without training')
    .description(
      "Optimises the displacement of each pair with each loss, chooses each loss's smoothness weight on other pairs, and writes a table with paired tests and a figure. An interrupted comparison goes on when the same command is given again.",
    )
    .requiredOption('--data <dir>', 'folder of the scans and their labels or landmarks')
    .requiredOption(
      '--pairs <csv>',
      'pairs to report: columns fixed,moving with paths relative to --data or names of cases; a case named twice stands for its own two images, as in RESECT',
    )
    .requiredOption('--tune <csv>', 'pairs of other cases, on which the smoothness weights are chosen')
    .requiredOption('--out <dir>', 'folder of the results')
    .option(
      '--loss <text>',
      `a loss and its options, as in "pswd patch=7 directions=16"; may be repeated (default: ${DEFAULT_LOSSES.join(', ')})`,
      (text: string, known: readonly string[]) => [...known, text],
      [] as readonly string[],
    )
    .option(
      '--weights <a,b,…>',
      "smoothness weights to choose from, as multiples of the loss's own",
      weights,
      [0.25, 0.5, 1, 2, 4],
    )
    .option(
      '--mri <sequence>',
      'RESECT: which MRI is moved onto the ultrasound, T1 (default) or FLAIR',
      choice(MRI_SEQUENCES),
    )
    .option(
      '--crop <how>',
      'none or label: box of its own labels (default: label; of two modalities none)',
      choice(['none', 'label'] as const),
    )
    .option(
      '--pad <voxels>',
      'with --crop none: edge of the cube that volumes are padded to (default: 64; of two modalities --size)',
      whole(8),
    )
    .option(
      '--spacing <mm>',
      'with --crop none: edge of the voxels of that cube (default: 1; of two modalities so that the first fixed image fits)',
      number(1e-9),
    )
    .option('--margin <voxels>', 'with --crop label: voxels around the label box', whole(0), 5)
    .option('--size <voxels>', 'edge of the grid', whole(8), 48)
    .option('--steps <n>', 'steps a pair', whole(1), REFINE_DEFAULTS.steps)
    .option('--grid <n>', 'optimise on a grid so many times coarser', whole(1), REFINE_DEFAULTS.grid)
    .option('--rate <voxels>', 'length of the first steps', number(1e-9), REFINE_DEFAULTS.rate)
    .option('--seed <n>', "seed of the losses' random directions", whole(0), REFINE_DEFAULTS.seed)
    .option('--device <name>', DEVICE_HELP, device, 'cpu')
    .option('--threads <n>', 'threads of the CPU (default: all cores)', whole(1))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Example:
  earthmorph compare-losses --data Task04_Hippocampus --pairs test.csv --tune validation.csv --out comparison --loss mse --loss "pswd patch=7"
  earthmorph compare-losses --data RESECT --pairs test.csv --tune validation.csv --spacing 2.4 --out comparison --loss mind --loss nmi`,
    )
    .action(run);
};

function weights(text: string): readonly number[] {
  const values = text.split(',').map(Number);
  if (values.some((value) => !(value >= 0)))
    throw new UserError(`--weights ${text} are not numbers of at least 0; give for instance 0.5,1,2.`);
  return values;
}

/** Reads `pswd patch=7 directions=16`. */
function methodOf(text: string, multiples: readonly number[]): LossMethod {
  const [loss = '', ...words] = text.trim().split(/\s+/);
  const options = words.reduce<Record<string, unknown>>((known, word) => assignments(word, known), {});
  const chosen = chooseSimilarity(loss, options);
  return {
    name: [loss, ...words].join(' '),
    loss,
    options,
    weights: multiples.map((multiple) => multiple * defaultWeight(chosen, 'pair')),
  };
}

/** Of two modalities the whole images count, but for the even surroundings of an ultrasound's field of view. */
function preprocessingOf({ crop, pad, spacing, margin, size }: Options, modalities: boolean): Preprocessing {
  const how = modalities ? ({ pad: size, outside: 'edge', foreground: true } as const) : ({ crop: 'label' } as const);
  return preprocessingSchema.parse({
    ...how,
    ...given({ crop, pad, spacing }),
    margin,
    size,
  });
}

/** The edge of voxels, in mm, with which the first fixed image fits into a cube of so many. */
async function fittingSpacing({ pairs }: PairList, size: number): Promise<number> {
  const { size: voxels, affine } = await readVolume((pairs[0] as PairList['pairs'][number]).fixed.image);
  const edges = spacingOf(affine);
  const largest = Math.max(...voxels.map((count, axis) => count * (edges[axis] as number)));
  return Math.ceil((100 * largest) / size - 1e-3) / 100;
}

/** Files of the folder of results. */
const RESULTS = [
  'comparison.json',
  'refinements.jsonl',
  'table.md',
  'table.csv',
  'results.json',
  ...['dice', 'tre'].flatMap((judge) => [`${judge}.svg`, `${judge}.png`]),
];

async function run(options: Options): Promise<void> {
  const { data, out, json } = options;
  await assertDistinctFiles(
    RESULTS.map((name) => ({ name: 'a result', path: join(out, name) })),
    [options.pairs, options.tune].map((path) => ({ name: 'a list of pairs', path })),
  );
  const named = options.loss.length > 0 ? options.loss : DEFAULT_LOSSES;
  const methods = named.map((text) => methodOf(text, options.weights));
  const open = options.mri === undefined ? {} : { mri: options.mri };
  const test = await readPairList(options.pairs, data, open);
  const tune = await readPairList(options.tune, data, open);
  if (test.dataset.simulated !== undefined) console.error(`Note: ${test.dataset.simulated}`);
  const { steps, grid, rate, seed } = options;
  const mask = isPaired(test.dataset);
  const spacing = options.spacing ?? (mask ? await fittingSpacing(test, options.size) : undefined);
  const preprocessing = preprocessingOf({ ...options, ...given({ spacing }) }, mask);
  const started = performance.now();
  const reading = startProgress(0, 'reading scans');
  let bar: ReturnType<typeof startProgress> | undefined;
  let last = '';
  let refined = 0;
  await interruptible(async (signal) => {
    try {
      const comparison = await compareLosses({
        methods,
        settings: { preprocessing, steps, grid, rate, seed, mask },
        tune,
        test,
        out,
        runtime: { device: options.device, ...given({ threads: options.threads }) },
        signal,
        onNote: (sentence) => console.error(`Note: ${sentence}`),
        onRefined({ method, smoothness }, known, done, total) {
          reading.stop();
          bar ??= startProgress(total, 'refining', 'own');
          bar.update(done, method);
          if (known) return;
          refined++;
          const title = `${method}, smoothness ${Number(smoothness.toPrecision(3))}`;
          const left = ((performance.now() - started) / 1000 / refined) * (total - done);
          if (title !== last)
            bar.line(`${title}: ${done} of ${counted(total, 'refinement')}, about ${duration(left)} left`);
          last = title;
        },
      });
      bar?.stop();
      const table = comparisonTable(comparison);
      const tests = pairedTests(comparison);
      await writeAtomically(join(out, 'table.md'), `${toMarkdown(table)}\n${toMarkdown(tests)}`);
      await writeAtomically(join(out, 'table.csv'), toCsv(table));
      await writeAtomically(join(out, 'results.json'), `${toJson(comparison)}\n`);
      const figure = comparisonFigure(comparison);
      await writeFigure(join(out, `${comparison.judge}.svg`), figure);
      await writeFigure(join(out, `${comparison.judge}.png`), figure);
      if (json) printJson({ table: table.rows, tests: tests.rows });
      else {
        console.log(`${toMarkdown(table)}\n${toMarkdown(tests)}`);
        const { judge } = comparison;
        sayWritten(
          ...['table.md', 'table.csv', 'results.json', `${judge}.svg`, `${judge}.png`].map((name) => join(out, name)),
        );
      }
    } finally {
      reading.stop();
      bar?.stop();
    }
  }, `stopped; what is done is kept in ${out}, and the same command goes on with it.`);
}
