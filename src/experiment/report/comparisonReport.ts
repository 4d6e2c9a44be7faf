import { given } from '../../given.ts';
import { mean, wilcoxonSignedRank } from '../../metric/statistics.ts';
import { boxPlot } from '../../report/chart/boxPlot.ts';
import { summarise, type Table } from '../../report/page/table.ts';
import type { PairMetrics } from '../../training/pairMetrics.ts';
import type { Comparison, Judge, MethodResult } from '../runner/compareLosses.ts';

type Measure = 'dice' | 'hd95' | 'foldedPercent' | 'sdLogJacobian' | 'tre';

/** How what losses are judged by reads. */
const JUDGES: Readonly<Record<Judge, { readonly name: string; readonly unit?: string; readonly axis: string }>> = {
  tre: { name: 'TRE', unit: 'mm', axis: 'TRE (mm), mean of landmarks' },
  dice: { name: 'Dice', axis: 'Dice, mean of labels' },
};

function over(pairs: readonly PairMetrics[], measure: Measure): number[] {
  return pairs.map((pair) => pair[measure]);
}

/** Mean ± SD over the test pairs for each loss, and paired tests against the unregistered pairs and against the first loss. */
export function comparisonTable({ settings, judge, simulated, unregistered, results }: Comparison): Table {
  const [first] = results as [MethodResult];
  const { name, unit } = JUDGES[judge];
  const { crop, size } = settings.preprocessing;
  const seen = crop === 'label' ? 'each scan cropped to the box of its own labels' : 'whole scans';
  const has = (measure: Measure): boolean => over(unregistered, measure).some(Number.isFinite);
  const row = (pairs: readonly PairMetrics[]) => ({
    tre: summarise(over(pairs, 'tre')),
    dice: summarise(over(pairs, 'dice')),
    hd95: summarise(over(pairs, 'hd95')),
    folds: summarise(over(pairs, 'foldedPercent')),
    jacobian: summarise(over(pairs, 'sdLogJacobian')),
  });
  const noun = unregistered.length === 1 ? 'pair' : 'pairs';
  const pairs = `${unregistered.length} ${simulated === undefined ? noun : `simulated ${noun} (${simulated.replace(/[.\s]+$/, '')})`}`;
  return {
    caption: `Instance refinement of ${pairs}, ${seen}, ${size}³ voxels, ${settings.steps} ${settings.steps === 1 ? 'step' : 'steps'}, seed ${settings.seed}; each loss with the smoothness weight that was best on other pairs (*: the smallest or largest that was tried). p: Wilcoxon's signed-rank test of ${name} on the same pairs.`,
    columns: [
      { key: 'loss', heading: 'loss' },
      { key: 'smoothness', heading: 'smoothness' },
      ...(has('tre') ? [{ key: 'tre', heading: 'TRE', unit: 'mm', digits: 3 }] : []),
      ...(has('dice') ? [{ key: 'dice', heading: 'Dice', digits: 4 }] : []),
      ...(has('hd95') ? [{ key: 'hd95', heading: 'HD95', unit: 'mm', digits: 3 }] : []),
      { key: 'folds', heading: 'folded', unit: '%', digits: 3 },
      { key: 'jacobian', heading: 'SD log J', digits: 3 },
      { key: 'seconds', heading: 'time', unit: 's', digits: 2 },
      { key: 'againstStart', heading: 'p against unregistered', digits: 4 },
      {
        key: 'difference',
        heading: `${name} − that of ${first.method.name}`,
        ...given({ unit }),
        digits: 4,
      },
      { key: 'againstFirst', heading: `p against ${first.method.name}`, digits: 4 },
    ],
    rows: [
      { loss: 'unregistered', ...row(unregistered) },
      ...results.map((result) => ({
        loss: result.method.name,
        smoothness: chosenWeight(result),
        ...row(result.pairs),
        seconds: mean(result.pairs.map(({ seconds }) => seconds)),
        againstStart: pOf(result.pairs, unregistered, judge),
        ...(result === first
          ? {}
          : {
              difference: differenceOf(result.pairs, first.pairs, judge),
              againstFirst: pOf(result.pairs, first.pairs, judge),
            }),
      })),
    ],
  };
}

/** Mean difference over the pairs that both have a value of. */
function differenceOf(pairs: readonly PairMetrics[], others: readonly PairMetrics[], judge: Judge): number {
  const reference = over(others, judge);
  return summarise(over(pairs, judge).map((value, n) => value - (reference[n] as number))).mean;
}

/** p of Wilcoxon's signed-rank test on the same pairs. */
function pOf(pairs: readonly PairMetrics[], others: readonly PairMetrics[], judge: Judge): number {
  return wilcoxonSignedRank(over(pairs, judge), over(others, judge)).p;
}

function chosenWeight({ smoothness, tuning }: MethodResult): string {
  const tried = tuning.map((entry) => entry.smoothness);
  const isExtreme = tried.length > 1 && (smoothness === Math.min(...tried) || smoothness === Math.max(...tried));
  return `${Number(smoothness.toPrecision(3))}${isExtreme ? ' *' : ''}`;
}

function testAgainst(pairs: readonly PairMetrics[], others: readonly PairMetrics[], judge: Judge): string {
  const difference = differenceOf(pairs, others, judge);
  const sign = difference === 0 ? '=' : difference > 0 ? '+' : '−';
  const p = pOf(pairs, others, judge);
  return `${sign} ${p < 0.001 ? '< 0.001' : p.toFixed(3)}`;
}

/** p of Wilcoxon's test for every two losses, row against column. */
export function pairedTests({ judge, results }: Comparison): Table {
  const { name } = JUDGES[judge];
  return {
    caption: `Wilcoxon's signed-rank test of ${name} on the same pairs, row against column; + where the row's mean is higher.`,
    columns: [
      { key: 'loss', heading: 'loss' },
      ...results.map(({ method }, column) => ({ key: `against${column}`, heading: method.name })),
    ],
    rows: results.map((result) => ({
      loss: result.method.name,
      ...Object.fromEntries(
        results.map((other, column) => [
          `against${column}`,
          other === result ? undefined : testAgainst(result.pairs, other.pairs, judge),
        ]),
      ),
    })),
  };
}

/** What every loss is judged by as box plots, as an SVG. */
export function comparisonFigure({ judge, simulated, unregistered, results }: Comparison): string {
  const { name, axis } = JUDGES[judge];
  return boxPlot({
    title: `Instance refinement of ${unregistered.length} ${simulated === undefined ? '' : 'simulated '}pairs`,
    xLabel: axis,
    width: 660,
    boxes: [
      { category: 'unregistered', series: name, values: over(unregistered, judge) },
      ...results.map(({ method, pairs }) => ({
        category: method.name,
        series: name,
        values: over(pairs, judge),
      })),
    ],
  });
}
