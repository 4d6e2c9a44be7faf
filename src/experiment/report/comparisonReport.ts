import { withKind } from '../../dataset/synthetic.ts';
import { type Among, measures, valueIn } from '../../metric/measures.ts';
import { mean } from '../../metric/statistics.ts';
import { boxPlot } from '../../report/chart/boxPlot.ts';
import type { Table } from '../../report/page/table.ts';
import { adjusted, pairedDifference, valuesOf } from '../protocol/comparison.ts';
import { type MeasureInfo, measureInfo, measuresOf } from '../protocol/measures.ts';
import type { PairScore } from '../protocol/results.ts';
import type { Comparison, MethodResult } from '../runner/compareLosses.ts';
import {
  changeCells,
  changeColumns,
  HOW_TESTED,
  pText,
  referenceCells,
  referenceColumns,
  scoreCells,
  withStart,
} from './differences.ts';

/** The test pairs of each loss as the pairs of an experiment are stored. */
function scoresOf({ unregistered, results }: Comparison): readonly (readonly PairScore[])[] {
  const keysOf = (isWarp: boolean): string[] =>
    [...measures().values()].filter(({ needs }) => (needs === 'warp') === isWarp).map(({ key }) => key);
  const [agreement, deformation] = [keysOf(false), keysOf(true)];
  const pick = (values: object, keys: readonly string[]): Record<string, number> =>
    Object.fromEntries(keys.map((key) => [key, valueIn(values, key)]));
  return results.map(({ pairs }) =>
    pairs.map((record, n) => ({
      ...pick(record, deformation),
      fixed: record.fixed,
      moving: record.moving,
      before: pick(unregistered[n] ?? {}, agreement),
      after: pick(record, agreement),
    })),
  );
}

/** The measures that refinements have; records of earlier versions lack some that the unregistered pairs have. */
function measuredOf(all: readonly (readonly PairScore[])[], among?: Among): readonly MeasureInfo[] {
  return measuresOf(all.flat(), among).filter(({ key }) => valuesOf(all.flat(), key).some(Number.isFinite));
}

/** Mean ± SD over the test pairs for each loss, and paired tests against the first loss. */
export function comparisonTable(comparison: Comparison): Table {
  const { settings, judge, synthetic, unregistered, results } = comparison;
  const [first] = results as [MethodResult];
  const all = scoresOf(comparison);
  const found = measuredOf(all, () => true);
  const headline = measureInfo(judge);
  const compared = referenceCells(headline, all, 0);
  const { crop, size } = settings.preprocessing;
  const seen = crop === 'label' ? 'each scan cropped to the box of its own labels' : 'whole scans';
  const noun = unregistered.length === 1 ? 'pair' : 'pairs';
  const pairs = `${unregistered.length} ${withKind(noun, synthetic)}`;
  return {
    caption: `Instance refinement of ${pairs}, ${seen}, ${size}³ voxels, ${settings.steps} ${settings.steps === 1 ? 'step' : 'steps'}, seed ${settings.seed}; each loss with the smoothness weight that was best on other pairs (*: the smallest or largest that was tried). Differences are those of ${headline.column.heading} to ${first.method.name} on the same pairs, ${HOW_TESTED}.`,
    columns: [
      { key: 'loss', heading: 'loss' },
      { key: 'smoothness', heading: 'smoothness' },
      ...found.map(({ column }) => column),
      { key: 'seconds', heading: 'time', unit: 's', digits: 2 },
      ...referenceColumns(headline, first.method.name),
    ],
    rows: [
      { loss: 'unregistered', difference: '', wilcoxon: '', ...scoreCells(found, all[0] ?? [], 'before') },
      ...results.map((result, index) => ({
        loss: result.method.name,
        smoothness: chosenWeight(result),
        ...scoreCells(found, all[index] as readonly PairScore[], 'after'),
        seconds: mean(result.pairs.map(({ seconds }) => seconds)),
        ...compared[index],
      })),
    ],
  };
}

/** Every loss against the unregistered pairs. */
export function changeTable(comparison: Comparison): Table {
  const all = scoresOf(comparison);
  const found = withStart(measuredOf(all), all);
  return {
    caption:
      "What refinement changed, loss − unregistered on the same pairs, with a 95 % interval and p from drawing cases with replacement, and p of Wilcoxon's signed-rank test.",
    columns: [{ key: 'loss', heading: 'loss' }, ...changeColumns(found)],
    rows: comparison.results.map(({ method }, index) => ({
      loss: method.name,
      ...changeCells(found, all[index] as readonly PairScore[]),
    })),
  };
}

function chosenWeight({ smoothness, tuning }: MethodResult): string {
  const tried = tuning.map((entry) => entry.smoothness);
  const isExtreme = tried.length > 1 && (smoothness === Math.min(...tried) || smoothness === Math.max(...tried));
  return `${Number(smoothness.toPrecision(3))}${isExtreme ? ' *' : ''}`;
}

/** The tests of every two losses, row against column, as one family. */
export function pairedTests(comparison: Comparison): Table {
  const { judge, results } = comparison;
  const { column } = measureInfo(judge);
  const all = scoresOf(comparison);
  const couples = all.flatMap((_, row) => all.slice(0, row).map((__, other) => [row, other] as const));
  const differences = couples.map(([row, other]) => pairedDifference(all[row]!, all[other]!, judge));
  const larger = adjusted(differences);
  const cell = (row: number, other: number): string | undefined => {
    const at = couples.findIndex(([a, b]) => a === Math.max(row, other) && b === Math.min(row, other));
    const difference = differences[at];
    if (!difference) return undefined;
    const average = row > other ? difference.mean : -difference.mean;
    const sign = average === 0 ? '=' : average > 0 ? '+' : '−';
    const cases = difference.bootstrap ? `; ${pText(difference.bootstrap.p)}` : '';
    return `${sign} ${pText(difference.wilcoxon)} (${pText(larger[at]!)}${cases})`;
  };
  return {
    caption: `${column.heading} on the same pairs, row against column: + where the row's mean is higher, p of Wilcoxon's signed-rank test, in brackets after Holm's correction for all of these tests${differences.some((difference) => difference?.bootstrap) ? ' and, behind it, p of drawing cases' : ''}.`,
    columns: [
      { key: 'loss', heading: 'loss' },
      ...results.map(({ method }, other) => ({ key: `against${other}`, heading: method.name })),
    ],
    rows: results.map(({ method }, row) => ({
      loss: method.name,
      ...Object.fromEntries(results.map((_, other) => [`against${other}`, cell(row, other)])),
    })),
  };
}

/** What every loss is judged by as box plots, as an SVG. */
export function comparisonFigure(comparison: Comparison): string {
  const { judge, synthetic, unregistered, results } = comparison;
  const { column, axis } = measureInfo(judge);
  const all = scoresOf(comparison);
  return boxPlot({
    title: `Instance refinement of ${unregistered.length} ${synthetic ? `${synthetic.kind} ` : ''}pairs`,
    xLabel: axis,
    width: 660,
    boxes: [
      { category: 'unregistered', series: column.heading, values: valuesOf(all[0] ?? [], judge, 'before') },
      ...results.map(({ method }, index) => ({
        category: method.name,
        series: column.heading,
        values: valuesOf(all[index] as readonly PairScore[], judge),
      })),
    ],
  });
}
