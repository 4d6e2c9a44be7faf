import { UserError } from '../errors.ts';
import { writeAtomically } from '../file/atomic.ts';
import { measures } from '../metric/measures.ts';
import { axisOf, fewDigits, valueText } from '../metric/measureText.ts';
import { judgeOf, type PairResult, resultsTable, summaryTable, valuesIn } from '../outcome/pairResults.ts';
import { boxPlot, varies } from '../report/chart/boxPlot.ts';
import type { Provenance } from '../report/page/htmlPage.ts';
import { evaluationReport, worstMedianBest } from '../report/page/htmlReport.ts';

/**
 * Checks the name of a figure's file.
 * @throws UserError when it ends in neither .svg nor .png
 */
export function assertFigureName(path: string): void {
  if (!/\.(svg|png)$/i.test(path))
    throw new UserError(`${path} is not a name for a figure; give one that ends in .svg or .png.`);
}

/** Writes a figure: `.svg` as it is, anything else as PNG at 300 dots an inch. */
export async function writeFigure(path: string, svg: string): Promise<void> {
  assertFigureName(path);
  if (path.toLowerCase().endsWith('.svg')) return writeAtomically(path, svg);
  const { rasterise } = await import('../file/rasterise.ts');
  await writeAtomically(path, await rasterise(svg));
}

/** The HTML report of many pairs; `figureOf` registers a pair again to draw it. */
export async function manyPairsReport(
  results: readonly PairResult[],
  provenance: Provenance,
  figureOf: (index: number) => Promise<string>,
): Promise<string> {
  const judge = judgeOf(results);
  const figures = [];
  if (judge) {
    const values = valuesIn(results, judge);
    for (const { name, index } of worstMedianBest(values, judge.better === 'less' ? 'lower' : 'higher')) {
      const { fixed, moving } = results[index] as PairResult;
      const value = valueText({ ...judge, title: judge.name }, values[index]!, undefined, fewDigits(judge));
      figures.push({ caption: `${name} ${value}: ${moving} onto ${fixed}`, svg: await figureOf(index) });
    }
  }
  const charts = [...measures().values()].flatMap((measure) => {
    const boxes = (['before', 'after'] as const)
      .map((when) => ({
        name: when === 'before' ? 'unregistered' : 'registered',
        values: valuesIn(results, measure, when),
      }))
      .filter(({ name, values }) => name === 'registered' || values.some(Number.isFinite));
    if (!varies(boxes.flatMap(({ values }) => values))) return [];
    return [
      boxPlot({
        xLabel: axisOf(measure),
        boxes: boxes.map(({ name, values }) => ({ category: name, series: name, values })),
      }),
    ];
  });
  return evaluationReport({
    title: 'Evaluation report',
    subtitle: results.length === 1 ? '1 pair' : `${results.length} pairs`,
    summary: summaryTable(results),
    pairs: resultsTable(results),
    figures,
    charts,
    provenance,
  });
}
