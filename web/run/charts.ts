import { given } from '../../src/given.ts';
import { measures, valueIn } from '../../src/metric/measures.ts';
import { axisOf } from '../../src/metric/measureText.ts';
import type { LineSeries } from '../../src/report/chart/curve.ts';
import { type LineChart, lineChart } from '../../src/report/chart/lineChart.ts';
import { SERIES_COLOURS } from '../../src/report/draw/theme.ts';
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
/** Of what lies behind the curves. */
const GREY = '#999999';

/** The curves of one training: its loss, and each measure of its validation pairs. */
export function chartsOfOne(run: Curved): readonly ShownChart[] {
  const { loss, records, steps = [] } = run;
  const each: LineSeries[] = steps.length > 1 ? [{ name: 'each pair', points: steps, thin: true, colour: GREY }] : [];
  const [first, second] = SERIES_COLOURS;
  const series: LineSeries[] = [
    ...each,
    curve('training, mean of the epoch', records, 'trainLoss', first),
    curve('validation', records, 'validationLoss', second),
  ];
  return [
    chart('loss', { yLabel: `Loss: ${loss}`, series, ...given({ mark: markOf(records) }) }),
    ...measuresIn([run]).map(([key, yLabel]) =>
      chart(key, { yLabel, series: [curve('', records, key, first)], ...given({ mark: markOf(records) }) }),
    ),
  ];
}

/** The curves of several trainings together: each measure, and each loss by itself. */
export function chartsOfSeveral(runs: readonly Curved[]): readonly ShownChart[] {
  // Where there are more than colours, a chart gives each a panel.
  const colourOf = (run: Curved): string | undefined =>
    runs.length > SERIES_COLOURS.length ? undefined : SERIES_COLOURS[runs.indexOf(run)];
  const losses = [...new Set(runs.map(({ loss }) => loss))];
  return [
    ...measuresIn(runs).map(([key, yLabel]) =>
      chart(key, { yLabel, series: runs.map((run) => curve(run.name, run.records, key, colourOf(run))) }),
    ),
    ...losses.map((loss) =>
      chart(loss, {
        yLabel: `Loss: ${loss}`,
        note: 'Dashed: training, mean of the epoch. Through: validation.',
        series: runs
          .filter((run) => run.loss === loss)
          .flatMap((run) => [
            curve(run.name, run.records, 'validationLoss', colourOf(run)),
            { ...curve('', run.records, 'trainLoss', colourOf(run)), dashed: true },
          ]),
      }),
    ),
  ];
}

/** A value over the epochs; a single epoch is a dot. */
function curve(name: string, records: readonly EpochRecord[], key: string, colour: string | undefined): LineSeries {
  const points = records.map((record) => [record.epoch, valueIn(record, key)] as const);
  const circles = points.length === 1 ? points.map((at) => ({ at, filled: true })) : [];
  return { name, points, circles, ...given({ colour }) };
}

function chart(key: string, parts: Pick<LineChart, 'yLabel' | 'series' | 'mark' | 'note'>): ShownChart {
  return { key, svg: lineChart({ ...parts, xLabel: 'Epoch', counted: true, width: WIDTH }) };
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
