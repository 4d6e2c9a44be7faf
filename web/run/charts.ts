import { measures, valueIn } from '../../src/metric/measures.ts';
import { axisOf } from '../../src/metric/measureText.ts';
import type { LineSeries } from '../../src/report/chart/curve.ts';
import { lineChart } from '../../src/report/chart/lineChart.ts';
import type { EpochRecord } from '../../src/training/epochRecord.ts';

/** A training as its curves need it. */
export interface Curved {
  readonly name: string;
  /** What is minimised, in words: losses of different ones share no axis. */
  readonly loss: string;
  readonly records: readonly EpochRecord[];
  /** Losses of steps, by epochs that have passed. */
  readonly steps?: readonly (readonly [epochs: number, loss: number])[];
}

/** A chart by what it shows. */
export interface ShownChart {
  readonly key: string;
  readonly svg: string;
}

const WIDTH = 420;

/** The curves of one training: its loss, and each measure of its validation pairs. */
export function chartsOfOne(run: Curved): readonly ShownChart[] {
  const { loss, records, steps = [] } = run;
  const over = (key: string): LineSeries['points'] => records.map((record) => [record.epoch, valueIn(record, key)]);
  const series: LineSeries[] = [
    ...(steps.length > 1 ? [{ name: 'each pair', points: steps, thin: true, colour: '#999999' }] : []),
    { name: 'training, mean of the epoch', points: over('trainLoss') },
    { name: 'validation', points: over('validationLoss') },
  ];
  return [
    chart('loss', `Loss: ${loss}`, series, markOf(records)),
    ...measuresIn([run]).map(([key, label]) => chart(key, label, [{ name: '', points: over(key) }], markOf(records))),
  ];
}

/** The curves of several trainings together: each loss by itself, and each measure. */
export function chartsOfSeveral(runs: readonly Curved[]): readonly ShownChart[] {
  const over = (among: readonly Curved[], key: string): LineSeries[] =>
    among.map(({ name, records }) => ({ name, points: records.map((record) => [record.epoch, valueIn(record, key)]) }));
  const losses = [...new Set(runs.map(({ loss }) => loss))];
  return [
    ...losses.flatMap((loss) => {
      const same = runs.filter((run) => run.loss === loss);
      return [
        chart(`train ${loss}`, `Training loss: ${loss}`, over(same, 'trainLoss')),
        chart(`validation ${loss}`, `Validation loss: ${loss}`, over(same, 'validationLoss')),
      ];
    }),
    ...measuresIn(runs).map(([key, label]) => chart(key, label, over(runs, key))),
  ];
}

function chart(key: string, yLabel: string, series: readonly LineSeries[], mark?: { x: number; label: string }) {
  return {
    key,
    svg: lineChart({ series, xLabel: 'Epoch', yLabel, counted: true, width: WIDTH, ...(mark && { mark }) }),
  };
}

/** The epoch whose weights are kept. */
function markOf(records: readonly EpochRecord[]): { x: number; label: string } | undefined {
  const best = records.findLast((record) => record.best);
  return best && { x: best.epoch, label: 'kept' };
}

/** The measures that records hold, with the names of their axes. */
function measuresIn(runs: readonly Curved[]): readonly (readonly [key: string, label: string])[] {
  return [...measures().values()]
    .filter(({ key }) => runs.some(({ records }) => records.some((record) => Number.isFinite(valueIn(record, key)))))
    .map((measure) => [measure.key, `${axisOf(measure)}, validation pairs`]);
}
