import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Dataset, isPaired, openDataset } from '../dataset/dataset.ts';
import { lossCurves, measureCurves, testBoxes } from '../experiment/charts.ts';
import { testScores } from '../experiment/comparison.ts';
import { headlineOf, type Measure } from '../experiment/measures.ts';
import { type MethodResult, type PairScore, pairKey } from '../experiment/results.ts';
import { labelOf, type Outcome } from '../experiment/tables.ts';
import type { Trial } from '../experiment/trials.ts';
import { nodeFiles } from '../file/nodeFiles.ts';
import type { Agreement } from '../registration/assess.ts';
import { Registrar } from '../registration/register.ts';
import { frameworkFigure } from '../report/frameworkFigure.ts';
import { lossFigure } from '../report/lossFigure.ts';
import { modalityPicture, type RegisteredBy } from '../run/modalityPicture.ts';
import { readModel } from '../run/modelFile.ts';
import { writeFigure } from '../run/pairReport.ts';
import type { RegisteredPair } from '../run/registerFiles.ts';
import type { StoppingRule } from '../training/earlyStopping.ts';
import type { ExperimentFolder } from './experimentFolder.ts';
import { modelPath, registerCases } from './runTrial.ts';

/**
 * Writes the figures (SVG and PNG) of what is done of an experiment: curves and boxes from its records; where scans and models are there,
 * the framework (the paper's Figure 1) and a test pair as every loss leaves it (Figure 2; across modalities Figure 3).
 * @returns sentences on what is missing
 */
export async function writeExperimentFigures(
  folder: ExperimentFolder,
  outcome: Outcome,
  done: readonly MethodResult[],
): Promise<string[]> {
  const [rule = 'absolute'] = outcome.rules;
  const write: Write = async (name, svg) => {
    for (const type of ['svg', 'png']) await writeFigure(join(folder.path, 'figures', `${name}.${type}`), svg);
  };
  const headline = headlineOf(outcome.measures).key;
  await write(`${headline}-over-epochs`, measureCurves(outcome, 'epochs'));
  await write(`${headline}-over-time`, measureCurves(outcome, 'seconds'));
  await write('loss-over-epochs', lossCurves(outcome, 'epochs'));
  await write('loss-over-time', lossCurves(outcome, 'seconds'));
  for (const { key } of outcome.measures) await write(`${key}-boxes`, testBoxes(outcome, rule, key));
  return writePairFigures(folder, outcome, done, rule, write);
}

type Write = (name: string, svg: string) => Promise<void>;

async function writePairFigures(
  folder: ExperimentFolder,
  outcome: Outcome,
  done: readonly MethodResult[],
  rule: StoppingRule,
  write: Write,
): Promise<string[]> {
  const scores = done.map((method) => testScores(method, rule));
  const pair = medianPair(scores, headlineOf(outcome.measures).key);
  const trials = done.flatMap((method) => trialWith(method, pair, rule) ?? []);
  const lost = [folder.stored.data, ...trials.map(({ id }) => modelPath(folder, id, rule))].find(
    (path) => !existsSync(path),
  );
  if (lost !== undefined) {
    if (!existsSync(join(folder.path, 'figures', 'figure1-framework.svg')))
      await write('figure1-framework', frameworkFigure());
    return [
      `Figures 1 to 3 show scans and what the models make of them, and ${lost} is not there; they are left as they are.`,
    ];
  }
  const dataset = await openDataset(folder.stored.data, nodeFiles(), { mri: folder.config.mri });
  const registered: RegisteredBy[] = [];
  for (const method of done) {
    const trial = trialWith(method, pair, rule);
    if (!trial) continue;
    const registrar = new Registrar(await readModel(modelPath(folder, trial.id, rule)));
    try {
      registered.push({ name: labelOf(method), pair: await registerCases(registrar, dataset, pair, trial, folder) });
    } finally {
      await registrar.release();
    }
  }
  const last = registered.at(-1)?.pair;
  if (!last) return [];
  const { fixed, before, moved, warp } = last;
  await write('figure1-framework', frameworkFigure({ slices: { fixed, moving: before, moved, warp } }));
  const svg = isPaired(dataset)
    ? modalityPicture(registered, { title: `${dataset.name}, ${pair.fixed}`, dataset, mri: folder.config.mri })
    : lossPicture(registered, last, dataset, `${pair.moving} onto ${pair.fixed}${synthetic(folder)}`);
  await write(isPaired(dataset) ? 'figure3-modalities' : 'figure2-losses', svg);
  return [];
}

function synthetic({ config }: ExperimentFolder): string {
  return config.data === 'phantom' ? ' (synthetic)' : '';
}

function lossPicture(
  registered: readonly RegisteredBy[],
  { fixed, before, fixedLabels, startLabels, agreementBefore }: RegisteredPair,
  { labelNames }: Dataset,
  title: string,
): string {
  return lossFigure({
    fixed,
    moving: before,
    ...(fixedLabels ? { fixedLabels } : {}),
    ...(startLabels ? { movingLabels: startLabels } : {}),
    ...(agreementBefore ? { movingNote: noteOf(agreementBefore) } : {}),
    methods: registered.map(({ name, pair: { moved, movedLabels, agreementAfter } }) => ({
      name,
      moved,
      ...(movedLabels ? { movedLabels } : {}),
      ...(agreementAfter ? { note: noteOf(agreementAfter) } : {}),
    })),
    labelNames,
    title,
  });
}

function noteOf({ dice, hd95 }: Agreement): string {
  return `Dice ${dice.toFixed(3)}, HD95 ${hd95.toFixed(2)} mm`;
}

/** The first training of a method that met a pair only when it was tested. */
function trialWith({ trials }: MethodResult, pair: PairScore, rule: StoppingRule): Trial | undefined {
  const isIn = (scores: readonly PairScore[] | undefined): boolean =>
    scores?.some((score) => pairKey(score) === pairKey(pair)) ?? false;
  return trials.find(({ test }) => isIn(test[rule]))?.result.trial;
}

/** The test pair with the median of a measure's mean over all methods: neither the best nor the worst is shown. */
function medianPair(scores: readonly (readonly PairScore[])[], measure: Measure): PairScore {
  const [first] = scores as [readonly PairScore[]];
  const sums = new Map<string, number>();
  for (const score of scores.flat()) {
    const key = pairKey(score);
    sums.set(key, (sums.get(key) ?? 0) + (score.after[measure] ?? Number.NaN));
  }
  const measured = first.filter((pair) => Number.isFinite(sums.get(pairKey(pair))));
  const ranked = (measured.length > 0 ? measured : first).toSorted(
    (a, b) => (sums.get(pairKey(a)) ?? 0) - (sums.get(pairKey(b)) ?? 0),
  );
  return ranked[Math.floor((ranked.length - 1) / 2)] as PairScore;
}
