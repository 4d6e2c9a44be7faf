import { UserError } from '../errors.ts';
import { writeAtomically } from '../file/atomic.ts';
import { boxPlot } from '../report/boxPlot.ts';
import type { FigureMetric } from '../report/figureFooter.ts';
import type { Provenance } from '../report/htmlPage.ts';
import { evaluationReport, pairReport, worstMedianBest } from '../report/htmlReport.ts';
import { registrationFigure } from '../report/registrationFigure.ts';
import { type PairResult, pairResult, resultsTable, summaryTable } from './pairResults.ts';
import type { RegisteredPair } from './registerFiles.ts';

type LabelNames = Readonly<Record<number, string>>;

/** The figure of a registered pair, as SVG. */
export function pairFigure(
  pair: RegisteredPair,
  title: string,
  { labelNames = {}, note }: { readonly labelNames?: LabelNames; readonly note?: string | undefined } = {},
): string {
  return registrationFigure({
    fixed: pair.fixed,
    moving: pair.before,
    moved: pair.moved,
    warp: pair.warp,
    title,
    labelNames,
    ...(note === undefined ? {} : { note }),
    metrics: figureMetrics(pair),
    ...(pair.fixedLabels ? { fixedLabels: pair.fixedLabels } : {}),
    ...(pair.startLabels ? { movingLabels: pair.startLabels } : {}),
    ...(pair.movedLabels ? { movedLabels: pair.movedLabels } : {}),
  });
}

function figureMetrics({ agreementBefore, agreementAfter, regularity }: RegisteredPair): FigureMetric[] {
  const { foldedPercent } = regularity;
  const folds = Number.isFinite(foldedPercent)
    ? [{ name: 'Folded voxels', after: foldedPercent, unit: '%', digits: 3 }]
    : [];
  if (!agreementBefore || !agreementAfter) return folds;
  return [
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
  return pairReport({
    title: 'Registration report',
    subtitle: `${names.moving} moved onto ${names.fixed}`,
    figure: pairFigure(pair, '', { labelNames }),
    metrics: summaryTable([result]),
    viewer: {
      fixed: pair.fixed,
      moving: pair.before,
      moved: pair.moved,
      labelNames,
      ...(pair.fixedLabels ? { fixedLabels: pair.fixedLabels } : {}),
      ...(pair.startLabels ? { movingLabels: pair.startLabels } : {}),
      ...(pair.movedLabels ? { movedLabels: pair.movedLabels } : {}),
    },
    provenance,
  });
}

/** The HTML report of many pairs; `figureOf` registers a pair again to draw it. */
export async function manyPairsReport(
  results: readonly PairResult[],
  provenance: Provenance,
  figureOf: (index: number) => Promise<string>,
): Promise<string> {
  const scored = results.some(({ diceAfter }) => diceAfter !== null);
  const figures = [];
  if (scored)
    for (const { name, index } of worstMedianBest(
      results.map(({ diceAfter }) => diceAfter ?? Number.NaN),
      'higher',
    )) {
      const { fixed, moving, diceAfter } = results[index] as PairResult;
      const caption = `${name} Dice, ${(diceAfter as number).toFixed(3)}: ${moving} onto ${fixed}`;
      figures.push({ caption, svg: await figureOf(index) });
    }
  const boxes = (before: 'diceBefore' | 'hd95Before', after: 'diceAfter' | 'hd95After') => [
    { category: 'unregistered', series: 'unregistered', values: results.map((r) => r[before] ?? Number.NaN) },
    { category: 'registered', series: 'registered', values: results.map((r) => r[after] ?? Number.NaN) },
  ];
  return evaluationReport({
    title: 'Evaluation report',
    subtitle: results.length === 1 ? '1 pair' : `${results.length} pairs`,
    summary: summaryTable(results),
    pairs: resultsTable(results),
    figures,
    charts: scored
      ? [
          boxPlot({ boxes: boxes('diceBefore', 'diceAfter'), xLabel: 'Dice, mean of labels' }),
          boxPlot({ boxes: boxes('hd95Before', 'hd95After'), xLabel: 'HD95 (mm), mean of labels' }),
        ]
      : [],
    provenance,
  });
}
