import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openDataset } from '../dataset/dataset.ts';
import { UserError } from '../errors.ts';
import { lossCurves, measureCurves, testBoxes } from '../experiment/charts.ts';
import { testScores } from '../experiment/comparison.ts';
import { headlineOf, measuresOf } from '../experiment/measures.ts';
import { type MethodResult, type PairScore, pairKey } from '../experiment/results.ts';
import {
  labelOf,
  type Outcome,
  searchTable,
  startTable,
  testTable,
  trialTable,
  validationTable,
} from '../experiment/tables.ts';
import { methodsOf, referenceOf, type Trial } from '../experiment/trials.ts';
import { writeAtomically } from '../file/atomic.ts';
import { nodeFiles } from '../file/nodeFiles.ts';
import type { Agreement } from '../registration/assess.ts';
import { Registrar } from '../registration/register.ts';
import { frameworkFigure } from '../report/frameworkFigure.ts';
import { type LossResult, lossFigure } from '../report/lossFigure.ts';
import { type Table, toCsv, toMarkdown } from '../report/table.ts';
import { readModel } from '../run/modelFile.ts';
import { writeFigure } from '../run/pairReport.ts';
import type { RegisteredPair } from '../run/registerFiles.ts';
import type { ExperimentFolder } from './experimentFolder.ts';
import { methodResults } from './runExperiment.ts';
import { modelPath, registerCases } from './runTrial.ts';

/** What was written. */
export interface ExperimentReport {
  readonly tables: Readonly<Record<string, Table>>;
  /** Sentences on what is missing, and why. */
  readonly notes: readonly string[];
}

/**
 * Writes the tables (`tables.md`, `tables.json`, a CSV each) and figures (SVG and PNG) of what is done of an experiment.
 * @throws UserError when not one trial is tested
 */
export async function writeExperimentReport(folder: ExperimentFolder): Promise<ExperimentReport> {
  const { config } = folder;
  const methods = await methodResults(folder);
  const done = methods.filter(({ trials }) => trials.length > 0);
  const [failure] = methods.flatMap(({ failures }) => failures);
  if (done.length === 0)
    throw new UserError(
      failure === undefined
        ? `No training in ${folder.path} is finished and tested yet; "earthmorph experiment run" goes on with it.`
        : `Nothing in ${folder.path} is finished and tested, and trainings failed: ${failure}`,
    );
  const outcome: Outcome = {
    name: config.name,
    methods,
    reference: referenceOf(config, methodsOf(config)).name,
    rules: config.stopping,
    paper: config.paper,
    pairs: pairsText(folder),
    measures: measuresOf(methods),
  };
  const tables = tablesOf(outcome);
  const text = Object.values(tables).map(toMarkdown).join('\n');
  await writeAtomically(join(folder.path, 'tables.md'), text);
  await writeAtomically(join(folder.path, 'tables.json'), `${JSON.stringify(tables, null, 1)}\n`);
  for (const [name, table] of Object.entries(tables))
    await writeAtomically(join(folder.path, `${name}.csv`), toCsv(table));
  const notes = await writeFigures(folder, outcome, done);
  return { tables, notes: [...notes, ...missing(methods, folder)] };
}

/** What the pairs are; nothing synthetic or simulated may pass for real. */
function pairsText({ config, stored }: ExperimentFolder): string {
  if (stored.simulated !== undefined) return `simulated pairs (${stored.simulated.replace(/[.\s]+$/, '')})`;
  return config.data === 'phantom' ? 'synthetic pairs (phantoms)' : 'pairs';
}

/** The tables by the name of their file; those of further rules of early stopping end in the rule's name. */
function tablesOf(outcome: Outcome): Readonly<Record<string, Table>> {
  const perRule = outcome.rules.flatMap((rule, rank): [string, Table][] => {
    const suffix = rank === 0 ? '' : `-${rule}`;
    return [
      [`table1-validation${suffix}`, validationTable(outcome, rule)],
      [`table2-test${suffix}`, testTable(outcome, rule)],
      [`table3-unregistered${suffix}`, startTable(outcome, rule)],
      [`table4-trials${suffix}`, trialTable(outcome, rule)],
    ];
  });
  const search = searchTable(outcome);
  return Object.fromEntries([...perRule, ...(search ? [['table5-search', search] as const] : [])]);
}

function missing(methods: readonly MethodResult[], { config }: ExperimentFolder): string[] {
  const wanted = config.seeds.length * (config.folds ?? 1);
  return methods.flatMap(({ name, trials, failures }) => [
    ...(trials.length < wanted ? [`${name}: ${trials.length} of ${wanted} trainings are done.`] : []),
    ...failures.map((failure) => `${name}: a training failed: ${failure}`),
  ]);
}

async function writeFigures(
  folder: ExperimentFolder,
  outcome: Outcome,
  done: readonly MethodResult[],
): Promise<string[]> {
  const [rule = 'absolute'] = outcome.rules;
  const write = async (name: string, svg: string): Promise<void> => {
    for (const type of ['svg', 'png']) await writeFigure(join(folder.path, 'figures', `${name}.${type}`), svg);
  };
  const headline = headlineOf(outcome.measures).key;
  await write(`${headline}-over-epochs`, measureCurves(outcome, 'epochs'));
  await write(`${headline}-over-time`, measureCurves(outcome, 'seconds'));
  await write('loss-over-epochs', lossCurves(outcome, 'epochs'));
  await write('loss-over-time', lossCurves(outcome, 'seconds'));
  for (const { key } of outcome.measures) await write(`${key}-boxes`, testBoxes(outcome, rule, key));
  const pair = medianPair(done.map((method) => testScores(method, rule)));
  const models = done.map((method) => modelPath(folder, trialOf(method).id, rule));
  const lost = [folder.stored.data, ...models].find((path) => !existsSync(path));
  if (lost !== undefined) {
    if (!existsSync(join(folder.path, 'figures', 'figure1-framework.svg')))
      await write('figure1-framework', frameworkFigure());
    return [
      `Figures 1 and 2 show scans and what the models make of them, and ${lost} is not there; they are left as they are.`,
    ];
  }
  const dataset = await openDataset(folder.stored.data, nodeFiles(), { mri: folder.config.mri });
  const shown: LossResult[] = [];
  let last: RegisteredPair | undefined;
  for (const [index, method] of done.entries()) {
    const registrar = new Registrar(await readModel(models[index]));
    try {
      last = await registerCases(registrar, dataset, pair, trialOf(method));
    } finally {
      await registrar.release();
    }
    shown.push({
      name: labelOf(method),
      moved: last.moved,
      ...(last.movedLabels ? { movedLabels: last.movedLabels } : {}),
      ...(last.agreementAfter ? { note: noteOf(last.agreementAfter) } : {}),
    });
  }
  if (!last) return [];
  const { fixed, before, fixedLabels, startLabels, agreementBefore } = last;
  await write(
    'figure1-framework',
    frameworkFigure({ slices: { fixed, moving: before, moved: last.moved, warp: last.warp } }),
  );
  await write(
    'figure2-losses',
    lossFigure({
      fixed,
      moving: before,
      ...(fixedLabels ? { fixedLabels } : {}),
      ...(startLabels ? { movingLabels: startLabels } : {}),
      ...(agreementBefore ? { movingNote: noteOf(agreementBefore) } : {}),
      methods: shown,
      labelNames: dataset.labelNames,
      title: `${pair.moving} onto ${pair.fixed}${folder.config.data === 'phantom' ? ' (synthetic)' : ''}`,
    }),
  );
  return [];
}

function noteOf({ dice, hd95 }: Agreement): string {
  return `Dice ${dice.toFixed(3)}, HD95 ${hd95.toFixed(2)} mm`;
}

/** The first training of a method. */
function trialOf({ trials }: MethodResult): Trial {
  return (trials[0] as MethodResult['trials'][number]).result.trial;
}

/** The test pair with the median of the mean Dice over all methods: neither the best nor the worst is shown. */
function medianPair(scores: readonly (readonly PairScore[])[]): PairScore {
  const [first] = scores as [readonly PairScore[]];
  const sums = new Map<string, number>();
  for (const score of scores.flat()) {
    const key = pairKey(score);
    sums.set(key, (sums.get(key) ?? 0) + (score.after.dice ?? 0));
  }
  const ranked = first.toSorted((a, b) => (sums.get(pairKey(a)) ?? 0) - (sums.get(pairKey(b)) ?? 0));
  return ranked[Math.floor((ranked.length - 1) / 2)] as PairScore;
}
