import { mean, wilcoxonSignedRank } from '../metric/statistics.ts';
import { boxPlot } from '../report/boxPlot.ts';
import { summarise, type Table } from '../report/table.ts';
import type { PairMetrics } from '../training/pairMetrics.ts';
import type { Comparison, MethodResult } from './compareLosses.ts';

type Measure = 'dice' | 'hd95' | 'foldedPercent' | 'sdLogJacobian';

function over(pairs: readonly PairMetrics[], measure: Measure): number[] {
  return pairs.map((pair) => pair[measure]);
}

/** p of Wilcoxon's signed-rank test of Dice on the same pairs. */
function pOf(pairs: readonly PairMetrics[], others: readonly PairMetrics[]): number {
  return wilcoxonSignedRank(over(pairs, 'dice'), over(others, 'dice')).p;
}

/** Mean ± SD over the test pairs for each loss, and paired tests against the unregistered pairs and against the first loss. */
export function comparisonTable({ settings, unregistered, results }: Comparison): Table {
  const [first] = results as [MethodResult];
  const { crop, size } = settings.preprocessing;
  const seen = crop === 'label' ? 'each scan cropped to the box of its own labels' : 'whole scans';
  const row = (pairs: readonly PairMetrics[]) => ({
    dice: summarise(over(pairs, 'dice')),
    hd95: summarise(over(pairs, 'hd95')),
    folds: summarise(over(pairs, 'foldedPercent')),
    jacobian: summarise(over(pairs, 'sdLogJacobian')),
  });
  return {
    caption: `Instance refinement of ${unregistered.length} pairs, ${seen}, ${size}³ voxels, ${settings.steps} steps, seed ${settings.seed}; each loss with the smoothness weight that was best on other pairs (*: the smallest or largest that was tried). p: Wilcoxon's signed-rank test of Dice on the same pairs.`,
    columns: [
      { key: 'loss', heading: 'loss' },
      { key: 'smoothness', heading: 'smoothness' },
      { key: 'dice', heading: 'Dice', digits: 4 },
      { key: 'hd95', heading: 'HD95', unit: 'mm', digits: 3 },
      { key: 'folds', heading: 'folded', unit: '%', digits: 3 },
      { key: 'jacobian', heading: 'SD log J', digits: 3 },
      { key: 'seconds', heading: 'time', unit: 's', digits: 2 },
      { key: 'againstStart', heading: 'p against unregistered', digits: 4 },
      { key: 'difference', heading: `Dice − that of ${first.method.name}`, digits: 4 },
      { key: 'againstFirst', heading: `p against ${first.method.name}`, digits: 4 },
    ],
    rows: [
      { loss: 'unregistered', ...row(unregistered) },
      ...results.map((result) => ({
        loss: result.method.name,
        smoothness: chosenWeight(result),
        ...row(result.pairs),
        seconds: mean(result.pairs.map(({ seconds }) => seconds)),
        againstStart: pOf(result.pairs, unregistered),
        ...(result === first
          ? {}
          : {
              difference: mean(over(result.pairs, 'dice')) - mean(over(first.pairs, 'dice')),
              againstFirst: pOf(result.pairs, first.pairs),
            }),
      })),
    ],
  };
}

function chosenWeight({ smoothness, tuning }: MethodResult): string {
  const tried = tuning.map((entry) => entry.smoothness);
  const isExtreme = tried.length > 1 && (smoothness === Math.min(...tried) || smoothness === Math.max(...tried));
  return `${Number(smoothness.toPrecision(3))}${isExtreme ? ' *' : ''}`;
}

function testAgainst(pairs: readonly PairMetrics[], others: readonly PairMetrics[]): string {
  const difference = mean(over(pairs, 'dice')) - mean(over(others, 'dice'));
  const sign = difference === 0 ? '=' : difference > 0 ? '+' : '−';
  const p = pOf(pairs, others);
  return `${sign} ${p < 0.001 ? '< 0.001' : p.toFixed(3)}`;
}

/** p of Wilcoxon's test of Dice for every two losses, row against column. */
export function pairedTests({ results }: Comparison): Table {
  return {
    caption:
      "Wilcoxon's signed-rank test of Dice on the same pairs, row against column; + where the row's mean is higher.",
    columns: [
      { key: 'loss', heading: 'loss' },
      ...results.map(({ method }, column) => ({ key: `against${column}`, heading: method.name })),
    ],
    rows: results.map((result) => ({
      loss: result.method.name,
      ...Object.fromEntries(
        results.map((other, column) => [
          `against${column}`,
          other === result ? undefined : testAgainst(result.pairs, other.pairs),
        ]),
      ),
    })),
  };
}

/** Dice of every loss as box plots, as an SVG. */
export function comparisonFigure({ unregistered, results }: Comparison): string {
  return boxPlot({
    title: `Instance refinement of ${unregistered.length} pairs`,
    xLabel: 'Dice, mean of labels',
    width: 660,
    boxes: [
      { category: 'unregistered', series: 'Dice', values: over(unregistered, 'dice') },
      ...results.map(({ method, pairs }) => ({
        category: method.name,
        series: 'Dice',
        values: over(pairs, 'dice'),
      })),
    ],
  });
}
