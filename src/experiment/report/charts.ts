import { valueIn } from '../../metric/measures.ts';
import { mean, median } from '../../metric/statistics.ts';
import { boxPlot } from '../../report/chart/boxPlot.ts';
import type { LineSeries } from '../../report/chart/curve.ts';
import { panelChart } from '../../report/chart/panelChart.ts';
import { ACCENT, COMPARED, capitalised } from '../../report/draw/theme.ts';
import type { StoppingRule } from '../../training/earlyStopping.ts';
import type { EpochRecord } from '../../training/trainer.ts';
import { testScores, valuesOf } from '../protocol/comparison.ts';
import { headlineOf, type MeasureInfo } from '../protocol/measures.ts';
import { type MethodResult, ruleOf, type TrialResult } from '../protocol/results.ts';
import { labelOf, type Outcome } from './tables.ts';

/** What curves run over. */
type Axis = 'epochs' | 'seconds';

type Point = readonly [x: number, y: number];

const AXIS_NAMES: Readonly<Record<Axis, string>> = {
  epochs: 'Epoch',
  seconds: 'Training time (min), without interruptions',
};

/**
 * The headline measure of the validation pairs on the network's grid over epochs or time, a panel a method, a curve a
 * training.
 */
export function measureCurves(outcome: Outcome, axis: Axis): string {
  const { key, column, scale } = headlineOf(outcome.measures);
  const unit = scale !== 1 || column.unit === undefined ? '' : ` (${column.unit})`;
  return curves(outcome, axis, `${column.heading}${unit}, validation pairs`, ({ records }) =>
    records.map((record) => valueIn(record, key)),
  );
}

/**
 * Validation loss in shares of its size before training: losses of any scale can be compared, and all fall as they
 * improve.
 */
export function lossCurves(outcome: Outcome, axis: Axis): string {
  const label = 'Validation loss: 1 + change / size before training';
  return curves(
    outcome,
    axis,
    label,
    ({ records, losses }) => {
      const [start = Number.NaN] = losses;
      return records.map(({ validationLoss }) => 1 + (validationLoss - start) / Math.abs(start));
    },
    1,
  );
}

/** Of so many trainings on, their mean is drawn too. */
const FEWEST_FOR_MEAN = 3;
/** An epoch that took so many times the training's median was interrupted. */
const INTERRUPTED = 5;

function curves(
  { methods, rules, reference }: Outcome,
  axis: Axis,
  yLabel: string,
  values: (result: TrialResult) => readonly number[],
  start?: number,
): string {
  const drawn = methods.filter(({ trials }) => trials.length > 0);
  const first: readonly Point[] = start === undefined ? [] : [[0, start]];
  const pointsOf = (result: TrialResult): readonly Point[] => {
    const times = axis === 'epochs' ? result.records.map(({ epoch }) => epoch) : minutesOf(result.records);
    return values(result).map((value, index) => [times[index]!, value]);
  };
  const compared = drawn.find(({ name }) => name === reference);
  const panels = drawn.map((method) => {
    const own = method.trials.map(({ result }): LineSeries => {
      const points = pointsOf(result);
      const ends = rules.flatMap((rule, rank) => {
        const at = points[ruleOf(result, rule).endEpoch - 1];
        return at ? [{ at, filled: rank === 0 }] : [];
      });
      return {
        name: labelOf(method),
        points: withGaps([...first, ...points], result.records, first.length, axis),
        thin: method.trials.length >= FEWEST_FOR_MEAN,
        circles: ends.toReversed(),
      };
    });
    const besides = compared && compared !== method ? summaryOf(compared, pointsOf, first) : [];
    return {
      name: labelOf(method),
      series: [
        ...besides.map((points) => ({
          name: labelOf(compared as MethodResult),
          points,
          colour: COMPARED,
          dashed: true,
        })),
        ...own,
        ...(own.length >= FEWEST_FOR_MEAN
          ? summaryOf(method, pointsOf, first).map((points) => ({ name: labelOf(method), points, colour: ACCENT }))
          : []),
      ],
    };
  });
  const note = noteOf(rules, drawn, compared);
  return panelChart({ panels, xLabel: AXIS_NAMES[axis], yLabel, note, counted: axis === 'epochs' });
}

/** What stands for a method: the mean of its trainings over the epochs that all reached, or each where they are few. */
function summaryOf(
  { trials }: MethodResult,
  pointsOf: (result: TrialResult) => readonly Point[],
  first: readonly Point[],
): readonly (readonly Point[])[] {
  const all = trials.map(({ result }) => pointsOf(result));
  if (all.length < FEWEST_FOR_MEAN) return all.map((points) => [...first, ...points]);
  const epochs = all.map((points) => points.length).reduce((a, b) => Math.min(a, b));
  const averaged = Array.from({ length: epochs }, (_, epoch): Point => {
    const at = all.map((points) => points[epoch] as Point);
    return [mean(at.map(([x]) => x)), mean(at.map(([, y]) => y))];
  });
  return [[...first, ...averaged]];
}

/** Seconds of each epoch. */
function durations(records: readonly EpochRecord[]): number[] {
  return records.map(({ seconds }, index) => seconds - (records[index - 1]?.seconds ?? 0));
}

function wasInterrupted(records: readonly EpochRecord[]): boolean[] {
  const each = durations(records);
  const usual = median(each);
  return each.map((seconds) => seconds > INTERRUPTED * usual);
}

/** Minutes of training to the end of each epoch; one that was interrupted counts as the usual one. */
function minutesOf(records: readonly EpochRecord[]): number[] {
  const each = durations(records);
  const usual = median(each);
  const interrupted = wasInterrupted(records);
  let total = 0;
  return each.map((seconds, index) => {
    total += interrupted[index] ? usual : seconds;
    return total / 60;
  });
}

/** Over time no line leads through an interruption, in which nobody knows what happened when. */
function withGaps(
  points: readonly Point[],
  records: readonly EpochRecord[],
  offset: number,
  axis: Axis,
): readonly Point[] {
  if (axis === 'epochs') return points;
  const interrupted = wasInterrupted(records);
  return points.flatMap((point, index): readonly Point[] =>
    interrupted[index - offset] ? [[Number.NaN, Number.NaN], point] : [point],
  );
}

function noteOf(
  rules: readonly StoppingRule[],
  methods: readonly MethodResult[],
  compared: MethodResult | undefined,
): string {
  const marks = rules.map((rule, rank) => `${rank === 0 ? 'dot' : 'ring'}: end by the ${rule} rule`).join(', ');
  const most = Math.max(0, ...methods.map(({ trials }) => trials.length));
  return [
    `${capitalised(marks)} of early stopping.`,
    ...(most >= FEWEST_FOR_MEAN ? ['Thin: each training; bold: their mean as far as all go.'] : []),
    ...(compared && methods.length > 1 ? [`Dashed: ${labelOf(compared)}.`] : []),
  ].join(' ');
}

/** One measure of the test pairs, a box a loss. */
export function testBoxes(outcome: Outcome, rule: StoppingRule, { key, axis }: MeasureInfo): string {
  const methods = outcome.methods.filter(({ trials }) => trials.length > 0);
  const scores = methods.map((method) => testScores(method, rule));
  const start = valuesOf(scores[0] ?? [], key, 'before');
  const series = 'test pairs';
  return boxPlot({
    width: 560,
    xLabel: axis,
    boxes: [
      ...(start.some(Number.isFinite) ? [{ category: 'unregistered', series, values: start }] : []),
      ...methods.map((method, index) => ({
        category: labelOf(method),
        series,
        values: valuesOf(scores[index] ?? [], key),
      })),
    ],
  });
}
