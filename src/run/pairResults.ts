import type { Cell, Table } from '../report/page/table.ts';
import { summarise } from '../report/page/table.ts';
import type { RegisteredPair } from './registerFiles.ts';

/** One row of `results.csv`: measures of a pair, before (start alignment) and after. Empty where there are no labels. */
export interface PairResult {
  /** Of a list: what the names of the pair's files hold, `<fixed>_<moving>` where no other pair has that name. */
  readonly name?: string;
  readonly fixed: string;
  readonly moving: string;
  readonly diceBefore: number | null;
  readonly diceAfter: number | null;
  readonly hd95Before: number | null;
  readonly hd95After: number | null;
  /** Mean distance of the landmarks in mm; left out where there are none. */
  readonly treBefore?: number;
  readonly treAfter?: number;
  /** NaN where the fixed image has too few slices for a Jacobian, as is the next. */
  readonly foldedPercent: number;
  readonly sdLogJacobian: number;
  readonly seconds: number;
  /** The same for each label, after. */
  readonly labels: readonly {
    readonly label: number;
    readonly diceBefore: number;
    readonly diceAfter: number;
    readonly hd95Before: number;
    readonly hd95After: number;
  }[];
}

/** The measures of a registered pair. */
export function pairResult(fixed: string, moving: string, pair: RegisteredPair): PairResult {
  const { agreementBefore: before, agreementAfter: after } = pair;
  return {
    fixed,
    moving,
    diceBefore: before?.dice ?? null,
    diceAfter: after?.dice ?? null,
    hd95Before: before?.hd95 ?? null,
    hd95After: after?.hd95 ?? null,
    ...(pair.landmarkError
      ? { treBefore: pair.landmarkError.before.mean, treAfter: pair.landmarkError.after.mean }
      : {}),
    foldedPercent: pair.regularity.foldedPercent,
    sdLogJacobian: pair.regularity.sdLogJacobian,
    seconds: pair.seconds,
    labels: (after?.labels ?? []).map((label) => {
      const start = before?.labels.find((entry) => entry.label === label.label);
      return {
        label: label.label,
        diceBefore: start?.dice ?? Number.NaN,
        diceAfter: label.dice,
        hd95Before: start?.hd95 ?? Number.NaN,
        hd95After: label.hd95,
      };
    }),
  };
}

const COLUMNS = [
  { key: 'name', heading: 'pair' },
  { key: 'fixed', heading: 'fixed' },
  { key: 'moving', heading: 'moving' },
  { key: 'diceBefore', heading: 'Dice before', digits: 4 },
  { key: 'diceAfter', heading: 'Dice after', digits: 4 },
  { key: 'hd95Before', heading: 'HD95 before', unit: 'mm', digits: 3 },
  { key: 'hd95After', heading: 'HD95 after', unit: 'mm', digits: 3 },
  { key: 'treBefore', heading: 'TRE before', unit: 'mm', digits: 3 },
  { key: 'treAfter', heading: 'TRE after', unit: 'mm', digits: 3 },
  { key: 'foldedPercent', heading: 'folded', unit: '%', digits: 4 },
  { key: 'sdLogJacobian', heading: 'SD log J', digits: 4 },
  { key: 'seconds', heading: 'time', unit: 's', digits: 2 },
] as const;

/** All pairs as a table; landmarks only where a pair has them, names only where the ids do not tell them. */
export function resultsTable(results: readonly PairResult[]): Table {
  const named = results.some(({ name, fixed, moving }) => name !== undefined && name !== `${fixed}_${moving}`);
  const columns = COLUMNS.filter(
    ({ key }) => (hasLandmarks(results) || !key.startsWith('tre')) && (named || key !== 'name'),
  );
  return {
    columns,
    rows: results.map(
      (result) => Object.fromEntries(columns.map(({ key }) => [key, result[key] ?? undefined])) as Record<string, Cell>,
    ),
  };
}

function hasLandmarks(results: readonly PairResult[]): boolean {
  return results.some(({ treAfter }) => treAfter !== undefined);
}

/** Mean ± SD over pairs, before and after. */
export function summaryTable(results: readonly PairResult[]): Table {
  const over = (key: keyof PairResult): Cell =>
    summarise(results.map((result) => (result[key] as number | null | undefined) ?? Number.NaN));
  const labels = [...new Set(results.flatMap((result) => result.labels.map(({ label }) => label)))].sort(
    (a, b) => a - b,
  );
  const ofLabel = (label: number, key: 'diceBefore' | 'diceAfter' | 'hd95Before' | 'hd95After'): Cell =>
    summarise(results.map((result) => result.labels.find((entry) => entry.label === label)?.[key] ?? Number.NaN));
  return {
    columns: [
      { key: 'measure', heading: results.length === 1 ? '1 pair' : `${results.length} pairs` },
      { key: 'before', heading: 'unregistered', digits: 4 },
      { key: 'after', heading: 'registered', digits: 4 },
    ],
    rows: [
      ...(labels.length > 0
        ? [
            { measure: 'Dice, mean of labels', before: over('diceBefore'), after: over('diceAfter') },
            ...labels.map((label) => ({
              measure: `Dice, label ${label}`,
              before: ofLabel(label, 'diceBefore'),
              after: ofLabel(label, 'diceAfter'),
            })),
            { measure: 'HD95, mean of labels (mm)', before: over('hd95Before'), after: over('hd95After') },
            ...labels.map((label) => ({
              measure: `HD95, label ${label} (mm)`,
              before: ofLabel(label, 'hd95Before'),
              after: ofLabel(label, 'hd95After'),
            })),
          ]
        : []),
      ...(hasLandmarks(results)
        ? [{ measure: 'TRE, mean of landmarks (mm)', before: over('treBefore'), after: over('treAfter') }]
        : []),
      ...(results.some(({ foldedPercent }) => Number.isFinite(foldedPercent))
        ? [
            { measure: 'folded voxels (%)', after: over('foldedPercent') },
            { measure: 'SD of log Jacobian', after: over('sdLogJacobian') },
          ]
        : []),
    ],
  };
}
