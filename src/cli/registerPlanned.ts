import { basename, resolve, sep } from 'node:path';
import { syntheticAround } from '../dataset/synthetic.ts';
import { UserError } from '../errors.ts';
import { nodeFiles } from '../file/nodeFiles.ts';
import { readVolume } from '../file/volumeFile.ts';
import { given } from '../given.ts';
import { isWatched, measures, valueIn } from '../metric/measures.ts';
import { valueText } from '../metric/measureText.ts';
import { type Judgement, judgement } from '../registration/judgement.ts';
import { type Plan, planPair, planSentence } from '../registration/plan.ts';
import { maskedPair } from '../registration/planned.ts';
import { levelsDone } from '../registration/planProgress.ts';
import type { PlanDone } from '../registration/register.ts';
import type { Provenance } from '../report/page/htmlPage.ts';
import { keysOf, type PairResult, pairResult } from '../run/pairResults.ts';
import { type InverseResidual, registerFiles } from '../run/registerFiles.ts';
import { assertFolderFree, usualFolder, writeRegistrationFolder } from '../run/registrationFolder.ts';
import { optionName } from './options.ts';
import { counted, decimals, printJson, sayWhatIsLeftOut } from './output.ts';
import { commandLine, initialOf, type PairOptions, pairFilesOf } from './pairInputs.ts';
import { choicesOf, openPlanned, type PlannedOptions } from './plannedOptions.ts';
import { type Progress, startProgress } from './progress.ts';
import { version } from './version.ts';

/** Options of `earthmorph register <fixed> <moving>`. */
export interface PlannedRegisterOptions extends PlannedOptions, PairOptions {
  readonly initialTransform?: readonly string[];
  readonly out?: string;
  readonly plan?: boolean;
  readonly json?: boolean;
}

/** Options that have no use where a plan chooses the method and a folder takes the results. */
const USELESS = [
  ...['fixed', 'moving', 'model', 'refine', 'refineGrid', 'refineRate', 'pairs', 'data'],
  ...['moved', 'warp', 'inverseWarp', 'affineTransform', 'movedLabels', 'figure', 'report'],
] as const;

/**
 * Registers two scans as a plan for the pair says, and writes a folder.
 * @param isGiven whether the user gave an option
 */
export async function registerPlanned(
  fixed: string,
  moving: string | undefined,
  options: PlannedRegisterOptions,
  isGiven: (option: string) => boolean,
): Promise<void> {
  if (moving === undefined)
    throw new UserError('Give two scans: first the one that stays, then the one that is moved.');
  const useless = USELESS.find(isGiven);
  if (useless)
    throw new UserError(
      `${optionName(useless)} has no use beside two scans, whose results go to a folder; leave it out, or give the scans with --fixed and --moving.`,
    );
  const { json, initialTransform = [] } = options;
  const choices = choicesOf(options, isGiven);
  if (options.plan) {
    const pair = maskedPair({ fixed: await readVolume(fixed), moving: await readVolume(moving) });
    return printJson(planPair(pair, choices));
  }
  const folder = options.out ?? usualFolder(fixed, moving);
  await assertFolderFree(folder);
  const initial = initialTransform.length === 0 ? undefined : await initialOf(initialTransform, options.init);
  const progress = planProgress();
  const registrar = openPlanned(options, choices, progress.onPlan, progress.onStep);
  const pair = await registerFiles(registrar, pairFilesOf(fixed, moving, options), initial ?? options.init).finally(
    () => progress.stop(),
  );
  const names = { fixed: basename(fixed), moving: basename(moving) };
  const note = (
    await syntheticAround(
      [fixed, moving].map((path) => resolve(path).split(sep).join('/')),
      nodeFiles(),
    )
  )?.description;
  const result = pairResult(names.fixed, names.moving, pair);
  const judged = judgement(pair);
  const { inverse, files } = await writeRegistrationFolder(folder, {
    pair,
    names,
    note,
    provenance: {
      Command: commandLine(),
      EarthMorph: version,
      ...provenanceOfPlan(pair.done),
      ...(initial ? { Start: initialTransform.join(', ') } : {}),
      'Synthetic data': note,
      Device: options.device,
      Date: new Date().toISOString().slice(0, 10),
    },
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
  sayWhatIsDoubtful(pair.done, judged, inverse);
  sayWhatIsLeftOut([result]);
  if (json) printJson({ ...result, judgement: judged, folder, ...given({ inverseResidual: inverse }) });
  else {
    console.log(summary(result, judged, inverse));
    console.log(`Wrote ${folder}: ${files.join(', ')}.`);
  }
  await registrar.release();
}

/** Shows the plan, and how far it is. Nothing tells how far an alignment is; levels count their steps. */
function planProgress() {
  const waiting = startProgress(0, 'registering');
  let bar: Progress | undefined;
  let plan: Plan | undefined;
  return {
    onPlan(made: Plan): void {
      plan = made;
      waiting.line(planSentence(made));
    },
    onStep(level: number, step: number, _: number, loss: number): void {
      const done = levelsDone(plan ?? { levels: [] }, level, step);
      waiting.stop();
      bar ??= startProgress(100, 'registering');
      bar.update(Math.round(100 * done), `level ${level + 1}, loss ${loss.toPrecision(4)}`);
    },
    stop(): void {
      waiting.stop();
      bar?.stop();
    },
  };
}

/** What a plan came to, for the report. */
function provenanceOfPlan(done: PlanDone | undefined): Provenance {
  if (!done) return {};
  const { plan, levels, notes } = done;
  return {
    Model: 'none',
    Plan: planSentence(plan),
    Alignment: plan.alignment ? `${plan.alignment.kind}, ${plan.alignment.loss.name}` : 'none',
    Levels: levels.map(({ spacing, steps }) => `${spacing} mm, ${counted(steps, 'step')}`).join('; ') || 'none',
    Notes: notes.length > 0 ? notes.join(' ') : undefined,
  };
}

/** Residual of an inverse warp in mm, and share of folded voxels in %, that must not go unseen. */
const INVERSE_LIMIT = 0.5;
const MANY_FOLDS = 0.5;

/** Warns where a registration may have gone wrong. */
function sayWhatIsDoubtful(
  done: PlanDone | undefined,
  { before, after, foldedPercent }: Judgement,
  inverse: InverseResidual | undefined,
): void {
  for (const note of done?.notes ?? []) console.error(`Note: ${note}`);
  if (inverse && inverse.max > INVERSE_LIMIT)
    console.error(
      `WARNING: the inverse warp misses by up to ${decimals(inverse.max, 2)} mm (mean ${decimals(inverse.mean, 3)} mm); do not rely on it; a smoother warp (a larger --smoothness) has a better inverse.`,
    );
  if (foldedPercent > MANY_FOLDS)
    console.error(
      `Note: ${decimals(foldedPercent, 1)} % of the voxels are folded; a larger --smoothness makes a smoother warp.`,
    );
  if (after.nmi < before.nmi)
    console.error('WARNING: the scans are less alike than before; look at the result before you use it.');
}

/** What came out, line by line. */
function summary(result: PairResult, judged: Judgement, inverse: InverseResidual | undefined): string {
  const { before, after, movement, foldedPercent, foldedForegroundPercent } = judged;
  const change = (from: number, to: number, digits: number): string =>
    `${decimals(from, digits)} → ${decimals(to, digits)}`;
  const truths = [...measures().values()].filter(isWatched).flatMap((measure) => {
    if (measure.needs === 'warp') return [];
    const { before: from, after: to } = keysOf(measure);
    if (result[to] === undefined) return [];
    return [valueText(measure, valueIn(result, to), from === undefined ? from : valueIn(result, from))];
  });
  const folds = Number.isFinite(foldedPercent)
    ? `; ${decimals(foldedPercent, 3)} % of voxels folded, ${decimals(foldedForegroundPercent, 3)} % of the foreground`
    : '';
  return [
    `Registered in ${decimals(result.seconds, 1)} s${truths.length > 0 ? `: ${truths.join(', ')}` : ''}.`,
    `Likeness: correlation ${change(before.correlation, after.correlation, 3)}, mutual information (NMI) ${change(before.nmi, after.nmi, 3)}.`,
    `Movement: ${decimals(movement.mean, 2)} mm on average, ${decimals(movement.max, 1)} mm at most${folds}.`,
    ...(inverse
      ? [
          `Inverse warp: undoes the warp to ${decimals(inverse.mean, 3)} mm on average, ${decimals(inverse.max, 3)} mm at most.`,
        ]
      : []),
  ].join('\n');
}
