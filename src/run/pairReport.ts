import { UserError } from '../errors.ts';
import { writeAtomically } from '../file/atomic.ts';
import { given } from '../given.ts';
import { areTwoModalities } from '../registration/modality.ts';
import { boxPlot } from '../report/chart/boxPlot.ts';
import type { Provenance } from '../report/page/htmlPage.ts';
import { evaluationReport, pairReport, worstMedianBest } from '../report/page/htmlReport.ts';
import type { FigureMetric } from '../report/slice/figureFooter.ts';
import { modalityFigure } from '../report/slice/modalityFigure.ts';
import { registrationFigure } from '../report/slice/registrationFigure.ts';
import { unwarpPoints } from '../volume/invertWarp.ts';
import { type PairResult, pairResult, resultsTable, summaryTable } from './pairResults.ts';
import type { RegisteredPair } from './registerFiles.ts';

type LabelNames = Readonly<Record<number, string>>;

/** What a figure says beside the pair itself. */
export interface PairFigureText {
  readonly labelNames?: LabelNames;
  readonly note?: string | undefined;
  /** How the images are called where both are shown in one. */
  readonly names?: { readonly fixed: string; readonly moving: string };
  /** Whether the two are of one modality; judged by their intensities when left out. */
  readonly isTwoModalities?: boolean;
}

/** The figure of a registered pair, as SVG: of one modality with differences, of two with one image over the other and landmarks. */
export function pairFigure(pair: RegisteredPair, title: string, text: PairFigureText = {}): string {
  const { labelNames = {}, note } = text;
  if (text.isTwoModalities ?? areTwoModalities(pair)) return overlayFigure(pair, title, text);
  return registrationFigure({
    fixed: pair.fixed,
    moving: pair.before,
    moved: pair.moved,
    warp: pair.warp,
    title,
    labelNames,
    ...given({ note }),
    metrics: figureMetrics(pair),
    ...given({ fixedLabels: pair.fixedLabels, movingLabels: pair.startLabels, movedLabels: pair.movedLabels }),
  });
}

function overlayFigure(pair: RegisteredPair, title: string, { note, names }: PairFigureText): string {
  const { landmarks, landmarkError: error } = pair;
  const moving = landmarks?.moving ?? [];
  return modalityFigure({
    title,
    ...given({ note }),
    fixed: pair.fixed,
    fixedName: names?.fixed ?? 'fixed image',
    movingName: names?.moving ?? 'moving image',
    fixedLandmarks: landmarks?.fixed ?? [],
    methods: [
      {
        name: 'unregistered',
        moved: pair.before,
        landmarks: unwarpPoints(pair.start, moving),
        ...(error ? { error: error.before } : {}),
      },
      {
        name: 'registered',
        moved: pair.moved,
        landmarks: unwarpPoints(pair.warp, moving),
        ...(error ? { error: error.after } : {}),
      },
    ],
  });
}

function figureMetrics({ agreementBefore, agreementAfter, landmarkError, regularity }: RegisteredPair): FigureMetric[] {
  const { foldedPercent } = regularity;
  const folds = Number.isFinite(foldedPercent)
    ? [{ name: 'Folded voxels', after: foldedPercent, unit: '%', digits: 3 }]
    : [];
  const landmarks = landmarkError
    ? [{ name: 'TRE', before: landmarkError.before.mean, after: landmarkError.after.mean, unit: 'mm', digits: 2 }]
    : [];
  if (!agreementBefore || !agreementAfter) return [...landmarks, ...folds];
  return [
    ...landmarks,
    { name: 'Dice', before: agreementBefore.dice, after: agreementAfter.dice },
    { name: 'HD95', before: agreementBefore.hd95, after: agreementAfter.hd95, unit: 'mm', digits: 2 },
    ...folds,
  ];
}

/**
 * Checks the name of a figure's file.
 * @throws UserError when it ends in neither .svg nor .png
 */
export function assertFigureName(path: string): void {
  if (!/\.(svg|png)$/i.test(path))
    throw new UserError(`${path} is no name for a figure; give one that ends in .svg or .png.`);
}

/** Writes a figure: `.svg` as it is, anything else as PNG at 300 dots an inch. */
export async function writeFigure(path: string, svg: string): Promise<void> {
  assertFigureName(path);
  if (path.toLowerCase().endsWith('.svg')) return writeAtomically(path, svg);
  const { rasterise } = await import('../file/rasterise.ts');
  await writeAtomically(path, await rasterise(svg));
}

/** The HTML report of one pair. */
export function onePairReport(
  pair: RegisteredPair,
  names: { fixed: string; moving: string },
  provenance: Provenance,
  labelNames: LabelNames = {},
): string {
  const result = pairResult(names.fixed, names.moving, pair);
  const isTwoModalities = areTwoModalities(pair);
  const { landmarks } = pair;
  return pairReport({
    title: 'Registration report',
    subtitle: `${names.moving} moved onto ${names.fixed}`,
    figure: pairFigure(pair, '', { labelNames, names, isTwoModalities }),
    metrics: summaryTable([result]),
    viewer: {
      fixed: pair.fixed,
      moving: pair.before,
      moved: pair.moved,
      labelNames,
      isTwoModalities,
      ...given({ fixedLabels: pair.fixedLabels, movingLabels: pair.startLabels, movedLabels: pair.movedLabels }),
      ...(landmarks
        ? {
            landmarks: {
              fixed: landmarks.fixed,
              moving: unwarpPoints(pair.start, landmarks.moving),
              moved: unwarpPoints(pair.warp, landmarks.moving),
            },
          }
        : {}),
    },
    provenance,
  });
}

/** What pairs of a report are judged by. */
interface Judge {
  readonly name: string;
  readonly unit: string;
  readonly digits: number;
  readonly better: 'higher' | 'lower';
  readonly before: 'diceBefore' | 'treBefore';
  readonly after: 'diceAfter' | 'treAfter';
}

const JUDGES: readonly Judge[] = [
  { name: 'TRE', unit: ' mm', digits: 2, better: 'lower', before: 'treBefore', after: 'treAfter' },
  { name: 'Dice', unit: '', digits: 3, better: 'higher', before: 'diceBefore', after: 'diceAfter' },
];

/** The HTML report of many pairs; `figureOf` registers a pair again to draw it. */
export async function manyPairsReport(
  results: readonly PairResult[],
  provenance: Provenance,
  figureOf: (index: number) => Promise<string>,
): Promise<string> {
  const numbers = (key: keyof PairResult): number[] =>
    results.map((result) => (result[key] as number | null | undefined) ?? Number.NaN);
  // What most pairs have; landmarks where as many have them as labels.
  const [judge] = JUDGES.map((each) => ({ ...each, measured: numbers(each.after).filter(Number.isFinite).length }))
    .filter(({ measured }) => measured > 0)
    .toSorted((a, b) => b.measured - a.measured);
  const figures = [];
  if (judge)
    for (const { name, index } of worstMedianBest(numbers(judge.after), judge.better)) {
      const { fixed, moving, [judge.after]: value } = results[index] as PairResult;
      const caption = `${name} ${judge.name}, ${(value as number).toFixed(judge.digits)}${judge.unit}: ${moving} onto ${fixed}`;
      figures.push({ caption, svg: await figureOf(index) });
    }
  const boxes = (before: keyof PairResult, after: keyof PairResult, xLabel: string): string[] => {
    const [start, end] = [numbers(before), numbers(after)];
    if (!end.some(Number.isFinite)) return [];
    return [
      boxPlot({
        xLabel,
        boxes: [
          { category: 'unregistered', series: 'unregistered', values: start },
          { category: 'registered', series: 'registered', values: end },
        ],
      }),
    ];
  };
  return evaluationReport({
    title: 'Evaluation report',
    subtitle: results.length === 1 ? '1 pair' : `${results.length} pairs`,
    summary: summaryTable(results),
    pairs: resultsTable(results),
    figures,
    charts: [
      ...boxes('treBefore', 'treAfter', 'TRE (mm), mean of landmarks'),
      ...boxes('diceBefore', 'diceAfter', 'Dice, mean of labels'),
      ...boxes('hd95Before', 'hd95After', 'HD95 (mm), mean of labels'),
    ],
    provenance,
  });
}
