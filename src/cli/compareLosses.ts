import { join } from 'node:path';
import { z } from 'zod';
import { isPaired } from '../dataset/dataset.ts';
import type { MriSequence } from '../dataset/resect.ts';
import { changeTable, comparisonFigure, comparisonTable, pairedTests } from '../experiment/report/comparisonReport.ts';
import { compareLosses, type LossMethod } from '../experiment/runner/compareLosses.ts';
import { writeAtomically } from '../file/atomic.ts';
import { assertDistinctFiles } from '../file/distinctFiles.ts';
import { readVolume } from '../file/volumeFile.ts';
import { given } from '../given.ts';
import type { Device } from '../graph/index.ts';
import { chooseSimilarity } from '../loss/registry.ts';
import { headlines } from '../metric/measures.ts';
import { defaultWeight } from '../objective/objective.ts';
import { type Preprocessing, preprocessingSchema } from '../preparation/preprocessing.ts';
import { refineSchema } from '../registration/refine.ts';
import { toCsv, toMarkdown } from '../report/page/table.ts';
import { spacingOf } from '../volume/matrix.ts';
import { writeFigure } from '../workflow/pairReport.ts';
import { type PairList, readPairList } from '../workflow/registerPairs.ts';
import { interruptible } from './interruptible.ts';
import { assignments, deviceOption, jsonOption, mriOption, threadsOption } from './options.ts';
import { counted, duration, printJson, saySynthetic, sayWritten, toJson } from './output.ts';
import type { CommandDefinition } from './program.ts';
import { startProgress } from './progress.ts';
import { addSettingOptions, allSettings } from './settingsOptions.ts';

const { crop, pad, spacing, margin } = preprocessingSchema.shape;

/** The settings of a comparison: how volumes become what is compared, and those of the refinement. */
const comparisonSchema = z.strictObject({
  weights: z
    .array(z.number().min(0))
    .min(1)
    .default([0.25, 0.5, 1, 2, 4])
    .describe("smoothness weights to choose from, as multiples of each loss's default"),
  crop: crop
    .unwrap()
    .optional()
    .describe(
      'part of a scan that fills the grid: none, a cube with the scan in its middle; label, the box of its labels',
    )
    .meta({ placeholder: 'how', otherwise: 'label; none for two modalities' }),
  pad: pad
    .unwrap()
    .optional()
    .describe('with --crop none: edge of the cube to which volumes are padded')
    .meta({ placeholder: 'voxels', otherwise: '64; --size for two modalities' }),
  spacing: spacing
    .unwrap()
    .optional()
    .describe('with --crop none: voxel edge of that cube')
    .meta({ placeholder: 'mm', otherwise: '1; for two modalities, such that the first fixed image fits' }),
  margin,
  size: preprocessingSchema.shape.size.default(48).describe('edge of the grid'),
  ...refineSchema.shape,
});
type Settings = z.infer<typeof comparisonSchema>;

interface Options extends Record<string, unknown> {
  readonly data: string;
  readonly pairs: string;
  readonly tune: string;
  readonly out: string;
  readonly loss?: readonly string[];
  readonly mriSequence?: MriSequence;
  readonly device: Device;
  readonly threads?: number;
  readonly json?: boolean;
}

/** Losses that are compared when none is named: the paper's four and NCC. */
const DEFAULT_LOSSES = ['mse', 'ncc', 'swd', 'radon directions=64', 'pswd'];

/** `earthmorph compare-losses`: which loss registers best, pair by pair, without training. */
export const compareLossesCommand: CommandDefinition = (program) => {
  const command = program
    .command('compare-losses')
    .summary('compare losses on a list of pairs, without training')
    .description(
      'Optimises the displacement of each pair with each loss. The smoothness weight of each loss is chosen on other pairs. Writes a table with paired tests, and a figure. The same command continues an interrupted comparison.',
    )
    .requiredOption('--data <dir>', 'folder of the scans and their labels or landmarks')
    .requiredOption(
      '--pairs <csv>',
      'pairs to report: columns fixed,moving with names of cases, or paths relative to --data. A case that is named in both columns stands for its two images, as in RESECT',
    )
    .requiredOption('--tune <csv>', 'pairs of other cases, on which the smoothness weights are chosen')
    .requiredOption('--out <dir>', 'folder of the results')
    .option(
      '--loss <text>',
      `a loss and its options, as in "pswd patch=7 directions=16"; may be repeated (default: ${DEFAULT_LOSSES.join(', ')})`,
      (text: string, known: readonly string[] = []) => [...known, text],
    );
  addSettingOptions(command, comparisonSchema)
    .addOption(mriOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Example:
  earthmorph compare-losses --data Task04_Hippocampus --pairs test.csv --tune validation.csv --out comparison --loss mse --loss "pswd patch=7"
  earthmorph compare-losses --data RESECT --pairs test.csv --tune validation.csv --spacing 2.4 --out comparison --loss mind --loss nmi`,
    )
    .action(run);
};

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

/** Of two modalities the whole images count, except the uniform surroundings of an ultrasound's field of view. */
function preprocessingOf({ crop, pad, spacing, margin, size }: Settings, modalities: boolean): Preprocessing {
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
  const largest = Math.max(...voxels.map((count, axis) => count * edges[axis]!));
  return Math.ceil((100 * largest) / size - 1e-3) / 100;
}

/** Files of the folder of results, beside the figure of what losses are judged by. */
const RESULTS = ['comparison.json', 'refinements.jsonl', 'table.md', 'table.csv', 'results.json'];

async function run(options: Options): Promise<void> {
  const { data, out, json } = options;
  await assertDistinctFiles(
    [...RESULTS, ...headlines().flatMap(({ key }) => [`${key}.svg`, `${key}.png`])].map((name) => ({
      name: 'a result',
      path: join(out, name),
    })),
    [options.pairs, options.tune].map((path) => ({ name: 'a list of pairs', path })),
  );
  const named = options.loss ?? DEFAULT_LOSSES;
  const settings = allSettings(comparisonSchema, options);
  const methods = named.map((text) => methodOf(text, settings.weights));
  const open = given({ mri: options.mriSequence });
  const test = await readPairList(options.pairs, data, open);
  const tune = await readPairList(options.tune, data, open);
  const { steps, grid, rate, seed, size } = settings;
  const mask = isPaired(test.dataset);
  const spacing = settings.spacing ?? (mask ? await fittingSpacing(test, size) : undefined);
  const preprocessing = preprocessingOf({ ...settings, ...given({ spacing }) }, mask);
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
          if (!bar) saySynthetic(test.dataset);
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
      const changes = changeTable(comparison);
      const tests = pairedTests(comparison);
      const text = [table, changes, tests].map(toMarkdown).join('\n');
      await writeAtomically(join(out, 'table.md'), text);
      await writeAtomically(join(out, 'table.csv'), toCsv(table));
      await writeAtomically(join(out, 'results.json'), `${toJson(comparison)}\n`);
      const figure = comparisonFigure(comparison);
      await writeFigure(join(out, `${comparison.judge}.svg`), figure);
      await writeFigure(join(out, `${comparison.judge}.png`), figure);
      if (json) printJson({ table: table.rows, changes: changes.rows, tests: tests.rows });
      else {
        console.log(text);
        const { judge } = comparison;
        sayWritten(
          ...['table.md', 'table.csv', 'results.json', `${judge}.svg`, `${judge}.png`].map((name) => join(out, name)),
        );
      }
    } finally {
      reading.stop();
      bar?.stop();
    }
  }, `stopped; what is done is kept in ${out}, and the same command continues it.`);
}
