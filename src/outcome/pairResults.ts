import type { LabelMeasure, LandmarkMeasure, Measure } from '../metric/measure.ts';
import { headlines, measures, measuresOf, type Values, valueIn } from '../metric/measures.ts';
import { manyDigits, rowOf } from '../metric/measureText.ts';
import type { RegisteredPair } from '../registration/judged.ts';
import { type Cell, type Column, summarise, type Table } from '../report/page/table.ts';

/** Measures of labels and landmarks by their keys, as `diceBefore` (start alignment) and `diceAfter`. */
interface BeforeAndAfter {
  readonly [measured: `${string}Before` | `${string}After`]: number | null;
}

/**
 * One row of `results.csv`: the measures of a pair, NaN where one cannot be had. A key is left out where the pair lacks
 * what its measure needs.
 */
export interface PairResult extends BeforeAndAfter {
  /** Of a list: what the names of the pair's files hold, `<fixed>_<moving>` where no other pair has that name. */
  readonly name?: string;
  readonly fixed: string;
  readonly moving: string;
  readonly seconds: number;
  /** What may be wrong with the alignment, a sentence each; left out where nothing is. */
  readonly warnings?: readonly string[];
  readonly labels: readonly (BeforeAndAfter & { readonly label: number })[];
  /**
   * Measures of the deformation by their keys, as `foldedPercent`; NaN where the fixed image has too few slices for
   * them.
   */
  readonly [measured: string]: unknown;
}

/** The measures of a registered pair. */
export function pairResult(
  fixed: string,
  moving: string,
  { assessment, seconds, warnings }: RegisteredPair,
): PairResult {
  const { before, after, deformation, labels } = assessment;
  return {
    fixed,
    moving,
    ...beside(before, after),
    ...deformation,
    seconds,
    ...(warnings?.length ? { warnings } : {}),
    labels: labels.map(({ label, ...values }) => ({ label, ...beside(values.before, values.after) })),
  };
}

/** What was before and what is after under keys of their own, for each measure that is after. */
function beside(before: Values, after: Values): BeforeAndAfter {
  return Object.fromEntries(
    [...measuresOf('labels'), ...measuresOf('landmarks')]
      .filter(({ key }) => after[key] !== undefined)
      .flatMap((measure) => {
        const { key } = measure;
        const start = hasStart(measure) ? [[`${key}Before`, valueIn(before, key)]] : [];
        return [...start, [`${key}After`, valueIn(after, key)]];
      }),
  );
}

/** Whether pairs have a value before registration too. */
function hasStart(measure: Measure): measure is LabelMeasure | LandmarkMeasure {
  return measure.needs === 'labels' || (measure.needs === 'landmarks' && !measure.needsStart);
}

/** Where the values of a measure are in a {@link PairResult}. */
export function keysOf(measure: Measure): { readonly before?: string; readonly after: string } {
  const { key } = measure;
  if (measure.needs === 'warp') return { after: key };
  return { ...(hasStart(measure) ? { before: `${key}Before` } : {}), after: `${key}After` };
}

/** What a measure is in each pair, after registration or before; NaN where it is not there. */
export function valuesIn(
  results: readonly PairResult[],
  measure: Measure,
  when: 'before' | 'after' = 'after',
): readonly number[] {
  const { [when]: key } = keysOf(measure);
  return results.map((result) => (key === undefined ? Number.NaN : valueIn(result, key)));
}

/**
 * The measure that most pairs have of those that registrations are ranked by; landmarks where as many have them as
 * labels.
 */
export function judgeOf(results: readonly PairResult[]): Measure | undefined {
  const [judge] = headlines()
    .map((measure) => ({ measure, n: valuesIn(results, measure).filter(Number.isFinite).length }))
    .filter(({ n }) => n > 0)
    .toSorted((a, b) => b.n - a.n);
  return judge?.measure;
}

/** The measures that some pair has what they need for. */
function measured(results: readonly PairResult[]): readonly Measure[] {
  return [...measures().values()].filter((measure) => {
    const { after } = keysOf(measure);
    return results.some((result) => typeof result[after] === 'number');
  });
}

/** All pairs as a table, with the measures that some pair has; names only where the ids do not tell them. */
export function resultsTable(results: readonly PairResult[]): Table {
  const named = results.some(({ name, fixed, moving }) => name !== undefined && name !== `${fixed}_${moving}`);
  const columns = [
    ...(named ? [{ key: 'name', heading: 'pair' }] : []),
    { key: 'fixed', heading: 'fixed' },
    { key: 'moving', heading: 'moving' },
    ...measured(results).flatMap((measure): Column[] => {
      const { before, after } = keysOf(measure);
      const column = { ...(measure.unit === undefined ? {} : { unit: measure.unit }), digits: manyDigits(measure) };
      return before === undefined
        ? [{ key: after, heading: measure.name, ...column }]
        : [
            { key: before, heading: `${measure.name} before`, ...column },
            { key: after, heading: `${measure.name} after`, ...column },
          ];
    }),
    { key: 'seconds', heading: 'time', unit: 's', digits: 2 },
  ];
  const rows = results.map((result) =>
    Object.fromEntries(columns.map(({ key }) => [key, (result[key] as Cell | null) ?? undefined])),
  );
  return { columns, rows };
}

/** Mean ± SD over pairs, before and after. */
export function summaryTable(results: readonly PairResult[]): Table {
  const labels = [...new Set(results.flatMap((result) => result.labels.map(({ label }) => label)))].sort(
    (a, b) => a - b,
  );
  const ofLabel = (label: number, key: string): Cell =>
    summarise(results.map((result) => valueIn(result.labels.find((entry) => entry.label === label) ?? {}, key)));
  const row = (measure: Measure, over: string | undefined, cell: (key: string) => Cell): Record<string, Cell> => {
    const { before, after } = keysOf(measure);
    return {
      measure: over === undefined ? rowOf(measure) : rowOf(measure, over),
      ...(before === undefined ? {} : { before: cell(before) }),
      after: cell(after),
    };
  };
  return {
    columns: [
      { key: 'measure', heading: results.length === 1 ? '1 pair' : `${results.length} pairs` },
      { key: 'before', heading: 'unregistered', digits: 4 },
      { key: 'after', heading: 'registered', digits: 4 },
    ],
    rows: measured(results)
      .filter((measure) => measure.needs !== 'warp' || valuesIn(results, measure).some(Number.isFinite))
      .flatMap((measure) => [
        row(measure, undefined, (key) => summarise(results.map((result) => valueIn(result, key)))),
        ...(measure.needs === 'labels' ? labels : []).map((label) =>
          row(measure, `label ${label}`, (key) => ofLabel(label, key)),
        ),
      ]),
  };
}
