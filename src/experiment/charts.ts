import { boxPlot } from '../report/boxPlot.ts';
import { type LineSeries, lineChart } from '../report/lineChart.ts';
import { colourAt, SERIES_COLOURS } from '../report/theme.ts';
import type { StoppingRule } from '../training/earlyStopping.ts';
import type { EpochRecord } from '../training/trainer.ts';
import { testScores, valuesOf } from './comparison.ts';
import { headlineOf, MEASURES, type Measure } from './measures.ts';
import { ruleOf, type TrialResult } from './results.ts';
import { labelOf, type Outcome } from './tables.ts';

/** What curves run over. */
type Axis = 'epochs' | 'seconds';

const AXES: Readonly<Record<Axis, { readonly label: string; at(record: EpochRecord): number }>> = {
  epochs: { label: 'Epoch', at: ({ epoch }) => epoch },
  seconds: { label: 'Training time (min)', at: ({ seconds }) => seconds / 60 },
};

/** The headline measure of the validation pairs on the network's grid over epochs or time, a curve a trial, seeds after the first dashed. */
export function measureCurves(outcome: Outcome, axis: Axis): string {
  const { key, column } = headlineOf(outcome.measures);
  const unit = key === 'dice' ? '' : ` (${column.unit})`;
  return curves(outcome, axis, `${column.heading}${unit}, validation pairs`, (_, record) => record[key] ?? Number.NaN);
}

/** Validation loss as a share of what it was before training, so that losses of any scale can be compared. */
export function lossCurves(outcome: Outcome, axis: Axis): string {
  return curves(
    outcome,
    axis,
    'Validation loss / that before training',
    ({ losses }, record) => record.validationLoss / (losses[0] as number),
    1,
  );
}

function curves(
  { methods, rules }: Outcome,
  axis: Axis,
  yLabel: string,
  value: (result: TrialResult, record: EpochRecord) => number,
  start?: number,
): string {
  const { at, label } = AXES[axis];
  const series = methods.flatMap((method, index) =>
    method.trials.map(({ result }, place): LineSeries => {
      const first = start === undefined ? [] : [[0, start] as const];
      const point = (record: EpochRecord): readonly [number, number] => [at(record), value(result, record)];
      const ends = rules.flatMap((rule, rank) => {
        const record = result.records[ruleOf(result, rule).endEpoch - 1];
        return record ? [{ at: point(record), filled: rank === 0 }] : [];
      });
      return {
        name: place === 0 ? labelOf(method) : '',
        colour: colourAt(SERIES_COLOURS, index),
        points: [...first, ...result.records.map(point)],
        // The headline rule last, over the other where both end training together.
        circles: ends.toReversed(),
        dashed: place > 0,
      };
    }),
  );
  const marks = rules
    .map((rule, rank) => `${rank === 0 ? 'filled' : 'open'} circle: end by the ${rule} rule`)
    .join('; ');
  const dashes = methods.some(({ trials }) => trials.length > 1) ? '; dashed: further seeds' : '';
  const note = `${marks.charAt(0).toUpperCase()}${marks.slice(1)} of early stopping${dashes}.`;
  return lineChart({ series, xLabel: label, yLabel, note, counted: axis === 'epochs', width: 520, height: 320 });
}

/** One measure of the test pairs, a box a loss. */
export function testBoxes(outcome: Outcome, rule: StoppingRule, measure: Measure): string {
  const methods = outcome.methods.filter(({ trials }) => trials.length > 0);
  const scores = methods.map((method) => testScores(method, rule));
  const series = 'test pairs';
  return boxPlot({
    width: 560,
    xLabel: MEASURES[measure].axis,
    boxes: [
      { category: 'unregistered', series, values: valuesOf(scores[0] ?? [], measure, 'before') },
      ...methods.map((method, index) => ({
        category: labelOf(method),
        series,
        values: valuesOf(scores[index] ?? [], measure),
      })),
    ],
  });
}
