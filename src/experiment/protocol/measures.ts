import type { Measure } from '../../metric/measure.ts';
import { type Among, headlines, measures } from '../../metric/measures.ts';
import { axisOf } from '../../metric/measureText.ts';
import type { Column } from '../../report/page/table.ts';
import { type PairScore, scoreValue } from './results.ts';

/** How a measure reads in tables and figures that compare methods. */
export interface MeasureInfo {
  readonly key: string;
  readonly needs: Measure['needs'];
  readonly column: Column;
  /** From its stored unit to the table's. */
  readonly scale: number;
  /** 1: larger is better, −1: smaller is. */
  readonly better: 1 | -1;
  /** Label of an axis, in the stored unit. */
  readonly axis: string;
}

/** Columns whose key in stored tables is not that of their measure. */
const COLUMN_KEYS: Readonly<Record<string, string>> = { foldedPercent: 'folds' };

function infoOf(measure: Measure): MeasureInfo {
  const { key, needs, name, unit, digits, share, better } = measure;
  const shown = share
    ? { unit: '%', digits: Math.max(0, digits - 2) }
    : { ...(unit === undefined ? {} : { unit }), digits };
  return {
    key,
    needs,
    column: { key: COLUMN_KEYS[key] ?? key, heading: name, ...shown },
    scale: share ? 100 : 1,
    better: better === 'less' ? -1 : 1,
    axis: axisOf(measure),
  };
}

/** A measure by its key. */
export function measureInfo(key: string): MeasureInfo {
  const measure = measures().get(key);
  if (!measure) throw new RangeError(`There is no measure "${key}".`);
  return infoOf(measure);
}

/** Landmarks, labels, deformation; of each the distances first, as the paper has them. */
function place({ needs, column }: MeasureInfo): number {
  return 2 * ['landmarks', 'labels', 'warp'].indexOf(needs) + (column.unit === 'mm' ? 0 : 1);
}

/** The measures that pairs have, in the order of columns. By default only those that can compare methods. */
export function measuresOf(
  pairs: readonly PairScore[],
  among: Among = ({ better }) => better !== undefined,
): readonly MeasureInfo[] {
  const isThere = (key: string): boolean =>
    pairs.some((pair) => [scoreValue(pair, key, 'before'), scoreValue(pair, key)].some(Number.isFinite));
  return [...measures().values()]
    .filter((measure) => among(measure) && isThere(measure.key))
    .map(infoOf)
    .toSorted((a, b) => place(a) - place(b));
}

/** The measure that methods are compared by: of landmarks, where there are any, else of labels. */
export function headlineOf(found: readonly MeasureInfo[]): MeasureInfo {
  const ranking = headlines().map(({ key }) => key);
  const [first] = ranking.flatMap((key) => found.find((info) => info.key === key) ?? []);
  return first ?? measureInfo(ranking.at(-1) as string);
}
