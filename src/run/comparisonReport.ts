import { mean, wilcoxonSignedRank } from '../metric/statistics.ts';
import { boxPlot } from '../report/boxPlot.ts';
import { summarise, type Table } from '../report/table.ts';
import type { PairMetrics } from '../training/pairMetrics.ts';
import type { Comparison, MethodResult } from './compareLosses.ts';

type Measure = 'dice' | 'hd95' | 'foldedPercent' | 'sdLogJacobian';

function over(pairs: readonly PairMetrics[], measure: Measure): number[] {
  return pairs.map((pair) => pair[measure]);
}

/** p of Wilcoxon's signed-rank test of Dice on the same pairs, as a table shows it. */
function testAgainst(pairs: readonly PairMetrics[], others: readonly PairMetrics[]): string {
  const { p } = wilcoxonSignedRank(over(pairs, 'dice'), over(others, 'dice'));
  const better = mean(over(pairs, 'dice')) >= mean(over(others, 'dice')) ? '+' : '−';
  return `${better} ${p < 0.001 ? '< 0.001' : p.toFixed(3)}`;
}

/** Mean ± SD over the test pairs for each loss, and paired tests against the unregistered pairs and against the first loss. */
export function comparisonTable({ unregistered, results }: Comparison): Table {
  const [first] = results as [MethodResult];
  const row = (pairs: readonly PairMetrics[]) => ({
    dice: summarise(over(pairs, 'dice')),
    hd95: summarise(over(pairs, 'hd95')),
    folds: summarise(over(pairs, 'foldedPercent')),
    jacobian: summarise(over(pairs, 'sdLogJacobian')),
  });
  return {
    caption: `Instance refinement of ${unregistered.length} pairs; each loss with the smoothness weight that was best on other pairs. p: Wilcoxon's signed-rank test of Dice on the same pairs, + where the mean is higher.`,
    columns: [
      { key: 'loss', heading: 'loss' },
      { key: 'smoothness', heading: 'smoothness' },
      { key: 'dice', heading: 'Dice', digits: 4 },
      { key: 'hd95', heading: 'HD95', unit: 'mm', digits: 3 },
      { key: 'folds', heading: 'folded', unit: '%', digits: 3 },
      { key: 'jacobian', heading: 'SD log J', digits: 3 },
      { key: 'seconds', heading: 'time', unit: 's', digits: 2 },
      { key: 'againstStart', heading: 'p against unregistered' },
      { key: 'againstFirst', heading: `p against ${first.method.name}` },
    ],
    rows: [
      { loss: 'unregistered', ...row(unregistered) },
      ...results.map((result) => ({
        loss: result.method.name,
        smoothness: String(Number(result.smoothness.toPrecision(3))),
        ...row(result.pairs),
        seconds: mean(result.pairs.map(({ seconds }) => seconds)),
        againstStart: testAgainst(result.pairs, unregistered),
        againstFirst: result === first ? undefined : testAgainst(result.pairs, first.pairs),
      })),
    ],
  };
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
