import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Dataset, isPaired, openDataset } from '../../dataset/dataset.ts';
import { nodeFiles } from '../../file/nodeFiles.ts';
import { given } from '../../given.ts';
import { isWatched, measuresOf, type Values, valueIn } from '../../metric/measures.ts';
import { fewDigits, valueText } from '../../metric/measureText.ts';
import { mean } from '../../metric/statistics.ts';
import type { RegisteredPair } from '../../registration/judged.ts';
import { Registrar } from '../../registration/register.ts';
import { varies } from '../../report/chart/boxPlot.ts';
import { lossFigure } from '../../report/loss/lossFigure.ts';
import type { StoppingRule } from '../../training/earlyStopping.ts';
import { modalityPicture, type RegisteredBy } from '../../workflow/modalityPicture.ts';
import { writeFigure } from '../../workflow/pairReport.ts';
import type { ExperimentFolder } from '../folder/experimentFolder.ts';
import { testScores, valuesOf } from '../protocol/comparison.ts';
import { headlineOf } from '../protocol/measures.ts';
import { type MethodResult, type PairScore, pairKey, scoreValue } from '../protocol/results.ts';
import type { Trial } from '../protocol/trials.ts';
import { modelPath, registerCases, trialModel } from '../runner/runTrial.ts';
import { lossCurves, measureCurves, testBoxes } from './charts.ts';
import { labelOf, type Outcome } from './tables.ts';

/**
 * Writes the figures (SVG and PNG) of the finished part of an experiment. Curves and boxes are drawn from its records.
 * If scans and models are there, a test pair is drawn as every loss registers it (the paper's Figure 2; across
 * modalities Figure 3).
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
  const tested = done.flatMap((method) => testScores(method, rule));
  for (const measure of outcome.measures) {
    const values = (['before', 'after'] as const).flatMap((when) => valuesOf(tested, measure.key, when));
    if (varies(values)) await write(`${measure.key}-boxes`, testBoxes(outcome, rule, measure));
  }
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
  const { pair, chosen } = medianPair(outcome, done, rule);
  const drawn = done.flatMap((method) => {
    const trial = trialWith(method, pair, rule);
    return trial ? [{ name: labelOf(method), trial, model: modelPath(folder, trial.id, rule) }] : [];
  });
  const there = drawn.filter(({ model }) => existsSync(model));
  const lost = [folder.stored.data, ...drawn.map(({ model }) => model)].find((path) => !existsSync(path));
  if (!existsSync(folder.stored.data) || there.length === 0) {
    return [`Figures 2 and 3 are not drawn again, since ${lost} is missing.`];
  }
  const dataset = await openDataset(folder.stored.data, nodeFiles(), { mri: folder.config.mri });
  const registered: RegisteredBy[] = [];
  for (const { name, trial } of there) {
    const registrar = new Registrar(await trialModel(folder, trial.id, rule));
    try {
      registered.push({ name, pair: await registerCases(registrar, dataset, pair, trial, folder) });
    } finally {
      await registrar.release();
    }
  }
  const last = registered.at(-1)?.pair;
  if (!last) return [];
  const kind = folder.synthetic ? ` (${folder.synthetic.kind})` : '';
  const svg = isPaired(dataset)
    ? modalityPicture(registered, {
        title: `${folder.config.name}, ${pair.fixed}: ${chosen}`,
        dataset,
      })
    : lossPicture(registered, last, dataset, `${pair.moving} onto ${pair.fixed}${kind}: ${chosen}`);
  await write(isPaired(dataset) ? 'figure3-modalities' : 'figure2-losses', svg);
  const without = drawn.filter((method) => !there.includes(method)).map(({ name }) => name);
  return without.length === 0
    ? []
    : [`Figures 2 and 3 leave out ${without.join(', ')}, since their models are missing (${lost}).`];
}

function lossPicture(
  registered: readonly RegisteredBy[],
  { fixed, before, fixedLabels, startLabels, assessment }: RegisteredPair,
  { labelNames }: Dataset,
  title: string,
): string {
  return lossFigure({
    fixed,
    moving: before,
    ...given({ fixedLabels, movingLabels: startLabels }),
    ...given({ movingNote: noteOf(assessment.before) }),
    methods: registered.map(
      ({
        name,
        pair: {
          moved,
          movedLabels,
          assessment: { after },
        },
      }) => ({
        name,
        moved,
        ...given({ movedLabels }),
        ...given({ note: noteOf(after) }),
      }),
    ),
    labelNames,
    title,
  });
}

/** The watched label measures, as `Dice 0.731, HD95 3.14 mm`. */
function noteOf(values: Values): string | undefined {
  const texts = measuresOf('labels')
    .filter((measure) => isWatched(measure) && values[measure.key] !== undefined)
    .map((measure) => valueText(measure, valueIn(values, measure.key), undefined, fewDigits(measure)));
  return texts.length > 0 ? texts.join(', ') : undefined;
}

/** The first training of a method that met a pair only when it was tested. */
function trialWith({ trials }: MethodResult, pair: PairScore, rule: StoppingRule): Trial | undefined {
  const isIn = (scores: readonly PairScore[] | undefined): boolean =>
    scores?.some((score) => pairKey(score) === pairKey(pair)) ?? false;
  return trials.find(({ test }) => isIn(test[rule]))?.result.trial;
}

/**
 * The test pair with the median of what all methods together changed in the headline measure: neither the best nor the
 * worst is shown. Of an even number of pairs it is the lower of the two in the middle. `chosen` says so, for the
 * figure's title.
 */
export function medianPair(
  { measures }: Pick<Outcome, 'measures'>,
  done: readonly MethodResult[],
  rule: StoppingRule,
): { readonly pair: PairScore; readonly chosen: string } {
  const { key, better, column } = headlineOf(measures);
  const changes = new Map<string, { pair: PairScore; values: number[] }>();
  for (const score of done.flatMap((method) => testScores(method, rule))) {
    const entry = changes.get(pairKey(score)) ?? { pair: score, values: [] };
    entry.values.push(better * (scoreValue(score, key) - scoreValue(score, key, 'before')));
    changes.set(pairKey(score), entry);
  }
  const all = [...changes.values()].map(({ pair, values }) => ({ pair, change: mean(values) }));
  const measured = all.filter(({ change }) => Number.isFinite(change));
  if (measured.length === 0) return { pair: (all[0] as (typeof all)[number]).pair, chosen: 'the first test pair' };
  const ranked = measured.toSorted((a, b) => a.change - b.change);
  const { pair } = ranked[Math.floor((ranked.length - 1) / 2)] as (typeof all)[number];
  const chosen = `the median of ${ranked.length} test pairs by improvement of ${column.heading}`;
  return { pair, chosen: ranked.length === 1 ? 'the one test pair that is measured' : chosen };
}
