import { basename, resolve, sep } from 'node:path';
import { syntheticAround } from '../dataset/synthetic.ts';
import { UserError } from '../errors.ts';
import { writeAtomically } from '../file/atomic.ts';
import { nodeFiles } from '../file/nodeFiles.ts';
import { assertTransformName, transformPath } from '../file/transformFile.ts';
import { assertWritable, readVolume } from '../file/volumeFile.ts';
import { given } from '../given.ts';
import { isWatched, measures, valueIn } from '../metric/measures.ts';
import { valueText } from '../metric/measureText.ts';
import { foldsText, judgementSentences } from '../outcome/judgementText.ts';
import { onePairReport, pairFigure, provenanceOfPlan } from '../outcome/onePairReport.ts';
import { keysOf, type PairResult, pairResult } from '../outcome/pairResults.ts';
import { type Judgement, judgement } from '../registration/judgement.ts';
import { planPair } from '../registration/plan.ts';
import { maskedPair } from '../registration/planned.ts';
import type { PlanDone } from '../registration/register.ts';
import { bidsOutputs } from '../workflow/bidsNames.ts';
import { assertFigureName, writeFigure } from '../workflow/pairReport.ts';
import { type InverseResidual, registerFiles, writeRegistration } from '../workflow/registerFiles.ts';
import { assertFolderFree, usualFolder, writeRegistrationFolder } from '../workflow/registrationFolder.ts';
import { openMethod, pairProgress } from './method.ts';
import { assertOutputs } from './options.ts';
import { decimals, printJson, sayWarnings, sayWhatIsLeftOut, sayWritten } from './output.ts';
import { commandLine, INPUTS, initialOf, OUTPUTS, type PairOptions, pairFilesOf } from './pairOptions.ts';
import { choicesOf, isPlanned, type PlannedOptions } from './plannedOptions.ts';
import { version } from './version.ts';

/** Options of `earthmorph register <fixed> <moving>`. */
export interface RegisterOptions extends PlannedOptions, PairOptions {
  readonly out?: string;
  readonly plan?: boolean;
  readonly bids?: boolean;
  readonly mean?: string;
  readonly processes?: number;
  readonly json?: boolean;
}

/** Registers two scans, and writes the files that are named, or a folder. */
export async function registerPair(fixed: string, moving: string, options: RegisterOptions): Promise<void> {
  if (options.plan) return printPlan(fixed, moving, options);
  const folder = await checkedOutputs(fixed, moving, options);
  const { json, initialTransform = [] } = options;
  const initial = initialTransform.length === 0 ? undefined : await initialOf(initialTransform, options.init);
  const progress = pairProgress();
  const { registrar, start, provenance } = await openMethod(options, 'planned', progress).catch((error: unknown) => {
    progress.stop();
    throw error;
  });
  const pair = await registerFiles(registrar, pairFilesOf(fixed, moving, options), initial ?? start).finally(() =>
    progress.stop(),
  );
  const names = { fixed: basename(fixed), moving: basename(moving) };
  const paths = [fixed, moving].map((path) => resolve(path).split(sep).join('/'));
  const note = (await syntheticAround(paths, nodeFiles()))?.description;
  const judged = judgement(pair);
  const origin = {
    ...provenance(commandLine()),
    ...provenanceOfPlan(pair.done),
    Folds: foldsText(judged),
    ...(initial ? { Start: initialTransform.join(', ') } : {}),
    'Synthetic data': note,
  };
  const result = pairResult(names.fixed, names.moving, pair);
  const alone = await writeRegistration(pair, options);
  if (options.figure !== undefined)
    await writeFigure(options.figure, pairFigure(pair, `${names.moving} moved onto ${names.fixed}`, { note }));
  if (options.report !== undefined)
    await writeAtomically(
      options.report,
      onePairReport(pair, names, origin, { note, remarks: judgementSentences(judged, alone) }),
    );
  const written =
    folder === undefined
      ? undefined
      : await writeRegistrationFolder(folder, {
          pair,
          names,
          note,
          provenance: origin,
          remarks: (residual) => judgementSentences(judged, residual),
          ...(options.bids ? { called: bidsOutputs(fixed, moving) } : {}),
          record: (residual) => ({
            earthmorph: version,
            date: new Date().toISOString(),
            command: commandLine(),
            fixed: resolve(fixed),
            moving: resolve(moving),
            ...given({ plan: pair.done?.plan, levels: pair.done?.levels, notes: pair.done?.notes }),
            judgement: judged,
            ...given({ inverse: residual }),
            result,
          }),
        });
  const inverse = written?.inverse ?? alone;
  sayWhatIsDoubtful(pair.done, judged, inverse);
  sayWarnings([result]);
  sayWhatIsLeftOut([result]);
  if (json) printJson({ ...result, judgement: judged, ...given({ folder, inverseResidual: inverse }) });
  else {
    console.log(summary(result, judged, inverse));
    if (folder !== undefined && written) console.log(`Wrote ${folder}: ${written.files.join(', ')}.`);
    sayWritten(...OUTPUTS.map((name) => options[name]));
  }
  await registrar.release();
}

/** Prints the plan for a pair, and what it was made from. */
async function printPlan(fixed: string, moving: string, options: RegisterOptions): Promise<void> {
  if (!isPlanned(options))
    throw new UserError('--plan cannot be used with --model or --refine, which register without a plan; leave it out.');
  const pair = maskedPair({ fixed: await readVolume(fixed), moving: await readVolume(moving) });
  printJson(planPair(pair, choicesOf(options)));
}

/**
 * Checks the names of all that will be written, before any work.
 * @returns the folder that the results go to; undefined where single files are named, or where JSON is all that is
 * asked for
 */
async function checkedOutputs(fixed: string, moving: string, options: RegisterOptions): Promise<string | undefined> {
  const { initialTransform = [] } = options;
  for (const name of ['mean', 'processes'] as const)
    if (options[name] !== undefined)
      throw new UserError(`--${name} belongs to a list of pairs; give --pairs, or leave it out.`);
  if (options.fixedPoints !== undefined && options.landmarks === undefined)
    throw new UserError('--fixed-points belongs to --landmarks; give --landmarks too.');
  for (const volume of [options.moved, options.warp, options.inverseWarp, options.movedLabels])
    if (volume !== undefined) assertWritable(volume);
  if (options.affineTransform !== undefined) {
    assertTransformName(options.affineTransform);
    const align = options.align ?? (isPlanned(options) ? 'planned' : 'none');
    if (align === 'none')
      throw new UserError(
        '--affine-transform writes the transform of an alignment; give --align rigid or --align affine too.',
      );
  }
  if (options.figure !== undefined) assertFigureName(options.figure);
  // A name that is none of BIDS is said before any work.
  if (options.bids) bidsOutputs(fixed, moving);
  await assertOutputs(
    options,
    OUTPUTS,
    [...INPUTS, 'model'],
    initialTransform.map((each) => ({ name: '--initial-transform', path: transformPath(each) })),
  );
  const isSingle = options.json === true || OUTPUTS.some((name) => options[name] !== undefined);
  const folder = options.out ?? (isSingle ? undefined : usualFolder(fixed, moving));
  if (folder !== undefined) await assertFolderFree(folder);
  return folder;
}

/** Residual of an inverse warp in mm, and share of folded voxels in %, that must not go unseen. */
const INVERSE_LIMIT = 0.5;
const MANY_FOLDS = 0.5;
/** Share of what the scans have in common at the start, that they must have in the end. */
const KEPT = 0.75;
/** Correlation of scans that are alike, whatever interpolation took from their mutual information. */
const ALIKE = 0.95;

/** Warns where a registration may have gone wrong. */
function sayWhatIsDoubtful(
  done: PlanDone | undefined,
  { before, after, foldedPercent }: Judgement,
  inverse: InverseResidual | undefined,
): void {
  for (const note of done?.notes ?? []) console.error(`Note: ${note}`);
  if (inverse && inverse.max > INVERSE_LIMIT)
    console.error(
      `WARNING: the inverse warp misses by up to ${decimals(inverse.max, 2)} mm (mean ${decimals(inverse.mean, 3)} mm); do not rely on it, or register with a larger --smoothness, since a smoother warp has a better inverse.`,
    );
  if (foldedPercent > MANY_FOLDS)
    console.error(
      `Note: ${decimals(foldedPercent, 1)} % of the voxels are folded; a larger --smoothness gives fewer folds.`,
    );
  // Of what two scans have in common, above 1, sampling alone takes a little away.
  if (after.nmi - 1 < KEPT * (before.nmi - 1) && after.correlation < ALIKE)
    console.error(
      'WARNING: the scans are less alike than before the registration; look at the result before you use it.',
    );
}

/** What came out, line by line. */
function summary(result: PairResult, judged: Judgement, inverse: InverseResidual | undefined): string {
  const truths = [...measures().values()].filter(isWatched).flatMap((measure) => {
    if (measure.needs === 'warp') return [];
    const { before: from, after: to } = keysOf(measure);
    if (result[to] === undefined) return [];
    return [valueText(measure, valueIn(result, to), from === undefined ? from : valueIn(result, from))];
  });
  return [
    `Registered in ${decimals(result.seconds, 1)} s${truths.length > 0 ? `: ${truths.join(', ')}` : ''}.`,
    ...judgementSentences(judged, inverse),
  ].join('\n');
}
