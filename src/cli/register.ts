import { basename, join, resolve, sep } from 'node:path';
import type { Command } from 'commander';
import { syntheticAround } from '../dataset/synthetic.ts';
import { UserError } from '../errors.ts';
import { writeAtomically } from '../file/atomic.ts';
import { assertDistinctFiles } from '../file/distinctFiles.ts';
import { nodeFiles } from '../file/nodeFiles.ts';
import { assertTransformName, transformPath } from '../file/transformFile.ts';
import { assertWritable } from '../file/volumeFile.ts';
import { given } from '../given.ts';
import { foldedShare } from '../metric/jacobian.ts';
import { isWatched, measures, valueIn } from '../metric/measures.ts';
import { valueText } from '../metric/measureText.ts';
import type { FixedSide } from '../registration/landmarkError.ts';
import { toCsv, toMarkdown } from '../report/page/table.ts';
import { assertFigureName, onePairReport, pairFigure, writeFigure } from '../run/pairReport.ts';
import { keysOf, type PairResult, pairResult, resultsTable, summaryTable } from '../run/pairResults.ts';
import { type InverseResidual, registerFiles, writeRegistration } from '../run/registerFiles.ts';
import { pairInputs, pairOutputs, readPairList, registerPairs, usualStart } from '../run/registerPairs.ts';
import { addModelOptions, type ModelOptions, openRegistrar, provenanceOf, startOf } from './modelOptions.ts';
import { choice, jsonOption, optionName } from './options.ts';
import {
  counted,
  decimals,
  printJson,
  saySynthetic,
  sayWarnings,
  sayWhatIsLeftOut,
  sayWritten,
  toJson,
} from './output.ts';
import { assertOutputs } from './outputs.ts';
import { commandLine, initialOf, pairFilesOf } from './pairInputs.ts';
import { addPlannedOptions, assertNotPlanned } from './plannedOptions.ts';
import type { CommandDefinition } from './program.ts';
import { type Progress, startProgress } from './progress.ts';
import { type PlannedRegisterOptions, registerPlanned } from './registerPlanned.ts';

interface Options extends ModelOptions, PlannedRegisterOptions {
  readonly fixed?: string;
  readonly moving?: string;
  readonly moved?: string;
  readonly warp?: string;
  readonly inverseWarp?: string;
  readonly affineTransform?: string;
  readonly initialTransform?: readonly string[];
  readonly fixedLabels?: string;
  readonly movingLabels?: string;
  readonly movedLabels?: string;
  readonly fixedMask?: string;
  readonly movingMask?: string;
  readonly landmarks?: string;
  readonly fixedPoints?: FixedSide;
  readonly figure?: string;
  readonly report?: string;
  readonly pairs?: string;
  readonly data?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** `earthmorph register`: one pair, or many. */
export const registerCommand: CommandDefinition = (program) => {
  const command = program
    .command('register')
    .summary('move one scan onto another')
    .description(
      'Registers a moving scan onto a fixed one. Given just two scans, it looks at the pair, says what it plans, aligns the two, goes from coarse to fine, and writes a folder: moved image, warp and its inverse, transform, report with a viewer. Given --fixed and --moving, it takes one pass through a trained network, optimises the pair itself (--refine), or both; --pairs registers a list.',
    )
    .argument('[fixed]', 'scan that stays: a file, or a folder of DICOM slices')
    .argument('[moving]', 'scan that is moved onto it')
    .option('-f, --fixed <file>', 'scan that stays: a file, or a folder of DICOM slices')
    .option('-m, --moving <file>', 'scan that is moved onto it')
    .option('--moved <file>', 'writes the moved scan, in the fixed grid: .nii, .nii.gz, .nrrd or .mha')
    .option('--warp <file>', 'writes the warp: .nii.gz (5-D), .nrrd or .mha, LPS mm, fixed point to moving point')
    .option('--inverse-warp <file>', 'writes the inverse warp, on the moving grid')
    .option(
      '--affine-transform <file>',
      'with --affine: writes the transform alone, as an ITK file: .tfm or .txt, LPS mm, fixed point to moving point',
    )
    .option(
      '--initial-transform <file>',
      'where the moving scan starts, in place of --init: a linear transform, fixed point to moving point (.tfm, .txt, .mat, .h5; inverse:<file> backwards); may be repeated, in the order of earthmorph warp',
      (file: string, others: readonly string[] = []) => [...others, file],
    )
    .option('--fixed-labels <file>', 'labels of the fixed scan, to measure the result')
    .option('--moving-labels <file>', 'labels of the moving scan')
    .option('--moved-labels <file>', 'writes the moved labels')
    .option(
      '--fixed-mask <file>',
      'segmentation of where the fixed scan counts, or none; left out, an even surrounding does not count, as around ultrasound, unless a scan shows nothing but an outline',
    )
    .option('--moving-mask <file>', 'the same of the moving scan')
    .option('--landmarks <file>', 'landmarks of both scans (.tag or .csv), to measure the result in mm')
    .option(
      '--fixed-points <which>',
      'with --landmarks: which points of a row are the fixed ones, first or second (default: second, as RESECT has MRI first and moves it)',
      choice(['first', 'second'] as const),
    )
    .option('--figure <file>', 'draws the result: .png or .svg')
    .option('--report <file>', 'writes an HTML report with an interactive viewer')
    .option(
      '--pairs <csv>',
      'registers many pairs: columns fixed,moving (and fixed_labels,moving_labels) with paths relative to --data or absolute',
    )
    .option('--data <dir>', "folder of the pairs' scans")
    .option(
      '-o, --out <dir>',
      "folder for the results: of two scans, beside the moving one when left out; of a list, the pairs' moved_…, labels_…, warp_… and results.csv, results.json",
    )
    .option('--plan', 'of two scans: print what would be done as JSON, and stop');
  addPlannedOptions(addModelOptions(command))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  earthmorph register fixed.nii.gz moving.nii.gz
  earthmorph register fixed.nii.gz moving.nii.gz --effort best --loss mse --out registered
  earthmorph register --fixed a.nii.gz --moving b.nii.gz --moved moved.nii.gz --warp warp.nii.gz
  earthmorph register --fixed a.nii.gz --moving b.nii.gz --model runs/ncc --report report.html
  earthmorph register --fixed a.nii.gz --moving b.nii.gz --model none --refine 100 --loss pswd --moved moved.nii.gz
  earthmorph register --fixed t1.nii.gz --moving t2.nii.gz --model none --affine rigid --moved moved.nii.gz
  earthmorph register --pairs pairs.csv --data Task04_Hippocampus --out registered`,
    )
    .action(run);
};

/** What a single pair is written to, and what is read of it. */
const OUTPUTS = ['moved', 'warp', 'inverseWarp', 'affineTransform', 'movedLabels', 'figure', 'report'] as const;
const INPUTS = [
  'fixed',
  'moving',
  'fixedLabels',
  'movingLabels',
  'fixedMask',
  'movingMask',
  'landmarks',
  'model',
] as const;

async function run(
  fixedScan: string | undefined,
  movingScan: string | undefined,
  options: Options,
  command: Command,
): Promise<void> {
  if (fixedScan !== undefined) {
    const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
    return registerPlanned(fixedScan, movingScan, options, isGiven);
  }
  assertNotPlanned(options);
  if (options.pairs !== undefined) return runPairs(options, options.pairs);
  const { fixed, moving, json } = options;
  if (fixed === undefined || moving === undefined)
    throw new UserError('Give the scans with --fixed and --moving, or a list of pairs with --pairs, --data and --out.');
  const measured =
    options.landmarks !== undefined || (options.fixedLabels !== undefined && options.movingLabels !== undefined);
  if (options.fixedPoints !== undefined && options.landmarks === undefined)
    throw new UserError('--fixed-points says which landmarks are the fixed ones; give --landmarks too.');
  if (OUTPUTS.every((name) => options[name] === undefined) && !json && !measured)
    throw new UserError(
      'Nothing would be written or measured; give --moved, --warp, --figure or --report, or the labels of both scans.',
    );
  for (const volume of [options.moved, options.warp, options.inverseWarp, options.movedLabels])
    if (volume !== undefined) assertWritable(volume);
  if (options.affineTransform !== undefined) {
    assertTransformName(options.affineTransform);
    if (options.affine === 'none')
      throw new UserError('--affine-transform writes what --affine finds; give --affine rigid or --affine affine too.');
  }
  if (options.figure !== undefined) assertFigureName(options.figure);
  const { initialTransform = [] } = options;
  await assertOutputs(
    options,
    OUTPUTS,
    INPUTS,
    initialTransform.map((each) => ({ name: '--initial-transform', path: transformPath(each) })),
  );
  const initial = initialTransform.length === 0 ? undefined : await initialOf(initialTransform, options.init);
  let refining: Progress | undefined;
  const registrar = await openRegistrar(options, (step, steps, loss) => {
    waiting.stop();
    refining ??= startProgress(steps, 'refining');
    refining.update(step, `loss ${loss.toPrecision(4)}`);
  });
  // Nothing tells how far an alignment is; a refinement counts its steps.
  const waiting = startProgress(0, 'registering');
  const pair = await registerFiles(
    registrar,
    pairFilesOf(fixed, moving, options),
    initial ?? startOf(options, registrar),
  ).finally(() => {
    waiting.stop();
    refining?.stop();
  });
  const inverse = await writeRegistration(pair, {
    ...given({
      moved: options.moved,
      warp: options.warp,
      inverseWarp: options.inverseWarp,
      affineTransform: options.affineTransform,
      movedLabels: options.movedLabels,
    }),
  });
  const names = { fixed: basename(fixed), moving: basename(moving) };
  const paths = [fixed, moving].map((path) => resolve(path).split(sep).join('/'));
  const note = (await syntheticAround(paths, nodeFiles()))?.description;
  if (options.figure !== undefined)
    await writeFigure(options.figure, pairFigure(pair, `${names.moving} moved onto ${names.fixed}`, { note }));
  if (options.report !== undefined)
    await writeAtomically(
      options.report,
      onePairReport(
        pair,
        names,
        {
          ...provenanceOf(commandLine(), options, registrar),
          ...(initial ? { Start: initialTransform.join(', ') } : {}),
          'Synthetic data': note,
        },
        { note },
      ),
    );
  const result = pairResult(names.fixed, names.moving, pair);
  if (inverse && inverse.max > INVERSE_LIMIT)
    console.error(
      `WARNING: the inverse warp misses by up to ${decimals(inverse.max, 2)} mm (mean ${decimals(inverse.mean, 3)} mm); do not rely on it; a smoother warp (a larger --smoothness) has a better inverse.`,
    );
  sayWarnings([result]);
  sayWhatIsLeftOut([result]);
  if (json) printJson({ ...result, ...given({ inverseResidual: inverse }) });
  else {
    console.log(sentence(result, inverse));
    const folded = valueIn(result, foldedShare.key);
    if (options.refine !== undefined && folded > MANY_FOLDS)
      console.error(
        `Note: ${decimals(folded, 1)} % of the voxels are folded; a larger --smoothness makes a smoother warp.`,
      );
    sayWritten(...OUTPUTS.map((name) => options[name]));
  }
  await registrar.release();
}

async function runPairs(options: Options, csv: string): Promise<void> {
  const { data, out, json } = options;
  if (data === undefined || out === undefined)
    throw new UserError('A list of pairs needs --data (the folder of its scans) and --out (the folder for results).');
  for (const name of [...INPUTS, ...OUTPUTS, 'initialTransform'] as const)
    if (name !== 'model' && options[name] !== undefined)
      throw new UserError(`${optionName(name)} belongs to a single pair; leave it out with --pairs.`);
  const list = await readPairList(csv, data);
  const table = join(out, 'results.csv');
  const document = join(out, 'results.json');
  await assertDistinctFiles(
    [...pairOutputs(list, out), ...[table, document].map((path) => ({ name: 'a result', path }))],
    [...pairInputs(list), { name: 'the list of pairs', path: csv }],
  );
  const registrar = await openRegistrar(options);
  saySynthetic(list.dataset);
  const bar = startProgress(list.pairs.length, 'registering');
  try {
    const results = await registerPairs(list, {
      registrar,
      out,
      start: startOf(options, registrar, usualStart(list)),
      onPair: (result, done) => bar.update(done, `${result.moving} onto ${result.fixed}`),
    });
    await writeAtomically(table, toCsv(resultsTable(results)));
    await writeAtomically(document, `${toJson(results)}\n`);
    bar.stop();
    sayWarnings(results);
    sayWhatIsLeftOut(results);
    if (json) printJson(results);
    else {
      console.log(toMarkdown(summaryTable(results)));
      console.log(
        `Wrote ${out}: the images and warps of ${counted(results.length, 'pair')}, results.csv and results.json.`,
      );
    }
  } finally {
    bar.stop();
    await registrar.release();
  }
}

/** Folded voxels in % that are worth a word. */
const MANY_FOLDS = 0.5;

/** Residual of an inverse warp in mm that must not go unseen. */
const INVERSE_LIMIT = 0.5;

function sentence(result: PairResult, inverse: InverseResidual | undefined): string {
  const measured = [...measures().values()].filter(isWatched).flatMap((measure) => {
    const { before, after } = keysOf(measure);
    const value = valueIn(result, after);
    const isThere = measure.needs === 'warp' ? Number.isFinite(value) : result[after] !== undefined;
    return isThere ? [`${valueText(measure, value, before === undefined ? before : valueIn(result, before))}, `] : [];
  });
  const seconds = `${decimals(result.seconds, 2)} s`;
  const back = inverse
    ? ` The inverse warp undoes the warp to ${decimals(inverse.mean, 3)} mm on average, ${decimals(inverse.max, 3)} mm at most.`
    : '';
  return `Registered: ${measured.join('')}${seconds}.${back}`;
}
