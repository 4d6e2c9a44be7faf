import { type Cell, type Column, summarise } from '../../report/page/table.ts';
import { adjusted, type PairedDifference, pairedDifference, valuesOf } from '../protocol/comparison.ts';
import type { MeasureInfo } from '../protocol/measures.ts';
import type { PairScore } from '../protocol/results.ts';

/** Mean ± SD of each measure over pairs. */
export function scoreCells(
  measures: readonly MeasureInfo[],
  scores: readonly PairScore[],
  when: 'before' | 'aligned' | 'after',
): Record<string, Cell> {
  return Object.fromEntries(
    measures
      .filter(({ needs }) => when === 'after' || needs !== 'warp')
      .map(({ key, column, scale }) => [
        column.key,
        summarise(valuesOf(scores, key, when).map((value) => value * scale)),
      ]),
  );
}

/** How the tests of a table are to be read; behind what is compared on the same pairs. */
export const HOW_TESTED =
  "with a 95 % interval from drawing cases with replacement; p: Wilcoxon's signed-rank test, in brackets after Holm's correction, and the p of drawing cases, which allows for cases that recur in pairs (from ten cases on)";

/** The columns that compare methods with a reference by one measure. */
export function referenceColumns({ column }: MeasureInfo, reference: string): readonly Column[] {
  return [
    { key: 'difference', heading: `${column.heading} − ${reference}`, ...unitOf(column) },
    { key: 'wilcoxon', heading: 'p, Wilcoxon' },
    { key: 'cases', heading: 'p, cases', digits: 3 },
  ];
}

/** The cells of {@link referenceColumns} for each method; `at` is the reference. */
export function referenceCells(
  measure: MeasureInfo,
  all: readonly (readonly PairScore[])[],
  at: number,
): readonly Record<string, Cell>[] {
  const reference = all[at];
  const differences = all.map((scores, index) =>
    index === at || !reference ? undefined : pairedDifference(scores, reference, measure.key),
  );
  const larger = adjusted(differences);
  return differences.map((difference, index) => ({
    difference: difference ? differenceText(difference, measure) : '',
    wilcoxon: difference ? `${pText(difference.wilcoxon)} (${pText(larger[index]!)})` : '',
    ...(difference?.bootstrap ? { cases: difference.bootstrap.p } : {}),
  }));
}

/** The columns of what registration changed; measures that the start has none of are left out. */
export function changeColumns(measures: readonly MeasureInfo[]): readonly Column[] {
  return measures.flatMap(({ key, column }) => [
    { key: `${key}Change`, heading: `change of ${column.heading}`, ...unitOf(column) },
    { key: `${key}Wilcoxon`, heading: 'p, Wilcoxon' },
    { key: `${key}Cases`, heading: 'p, cases', digits: 3 },
  ]);
}

/** The cells of {@link changeColumns}: a method against the unregistered pairs. */
export function changeCells(measures: readonly MeasureInfo[], scores: readonly PairScore[]): Record<string, Cell> {
  return Object.fromEntries(
    measures.flatMap((measure): [string, Cell][] => {
      const { key } = measure;
      const difference = pairedDifference(scores, scores, key, 'before');
      return [
        [`${key}Change`, difference ? differenceText(difference, measure) : ''],
        [`${key}Wilcoxon`, difference ? pText(difference.wilcoxon) : ''],
        [`${key}Cases`, difference?.bootstrap?.p],
      ];
    }),
  );
}

/** The measures that unregistered pairs have too. */
export function withStart(
  measures: readonly MeasureInfo[],
  all: readonly (readonly PairScore[])[],
): readonly MeasureInfo[] {
  return measures.filter(({ key }) => all.some((scores) => valuesOf(scores, key, 'before').some(Number.isFinite)));
}

/** p in words. */
export function pText(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** A mean difference with its interval, where there is one, and of how many pairs, where it is not of all. */
function differenceText({ mean: average, bootstrap, n, of }: PairedDifference, { scale, column }: MeasureInfo): string {
  const text = (value: number): string => {
    const digits = (Math.abs(value) * scale).toFixed(column.digits);
    return value < 0 && Number(digits) > 0 ? `−${digits}` : `+${digits}`;
  };
  const interval = bootstrap ? ` [${text(bootstrap.low)}, ${text(bootstrap.high)}]` : '';
  return `${text(average)}${interval}${n < of ? ` (${n} of ${of})` : ''}`;
}

function unitOf({ unit }: Column): { unit?: string } {
  return unit === undefined ? {} : { unit };
}
