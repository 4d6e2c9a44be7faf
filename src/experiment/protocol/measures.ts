import type { Column } from '../../report/page/table.ts';
import type { MethodResult, Scores } from './results.ts';

/** What is measured of a pair. */
export type Measure = keyof Scores;

/** How a measure reads in tables and figures. */
export interface MeasureInfo {
  readonly key: Measure;
  readonly column: Column;
  /** From its stored unit to the table's. */
  readonly scale: number;
  /** 1: larger is better, −1: smaller is. */
  readonly better: 1 | -1;
  /** Label of an axis, in the stored unit. */
  readonly axis: string;
}

export const MEASURES: Readonly<Record<Measure, MeasureInfo>> = {
  tre: {
    key: 'tre',
    column: { key: 'tre', heading: 'TRE', unit: 'mm', digits: 2 },
    scale: 1,
    better: -1,
    axis: 'TRE (mm), mean of landmarks',
  },
  hd95: {
    key: 'hd95',
    column: { key: 'hd95', heading: 'HD95', unit: 'mm', digits: 2 },
    scale: 1,
    better: -1,
    axis: 'HD95 (mm), mean of labels',
  },
  dice: {
    key: 'dice',
    column: { key: 'dice', heading: 'Dice', unit: '%', digits: 2 },
    scale: 100,
    better: 1,
    axis: 'Dice, mean of labels',
  },
};

/** The measures that an experiment's pairs have, in the order of columns; HD95 and Dice where there is nothing yet. */
export function measuresOf(methods: readonly MethodResult[]): readonly MeasureInfo[] {
  const pairs = methods.flatMap(({ trials }) =>
    trials.flatMap(({ result }) => Object.values(result.rules).flatMap(({ validation }) => validation)),
  );
  const found = Object.values(MEASURES).filter(({ key }) =>
    pairs.some(({ before }) => before[key] !== undefined && before[key] !== null),
  );
  return found.length > 0 ? found : [MEASURES.hd95, MEASURES.dice];
}

/** The measure that methods are compared by: landmarks, where there are any, else Dice. */
export function headlineOf(measures: readonly MeasureInfo[]): MeasureInfo {
  return measures.find(({ key }) => key === 'tre') ?? MEASURES.dice;
}
