import { scaleLinear, scaleLog } from 'd3-scale';
import {
  CHART_ATTRIBUTES,
  chartTitle,
  type LegendEntry,
  legendRows,
  type Plot,
  type Scale,
  spread,
  xAxis,
  yAxis,
} from './chart.ts';
import { document, element, group, line, polyline, text } from './svg.ts';
import { colourAt, SERIES_COLOURS, TEXT, textWidth } from './theme.ts';

/** One curve. Points that are not finite leave a gap. */
export interface LineSeries {
  /** In the legend; an empty name has no entry there, as for further curves of one method. */
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Default: the next of the palette. */
  readonly colour?: string;
  readonly dashed?: boolean;
  /** Points to mark with a circle, for instance the epoch that was kept; filled ones are marked with a dot. */
  readonly circles?: readonly { readonly at: readonly [x: number, y: number]; readonly filled?: boolean }[];
}

/** What {@link lineChart} shows. */
export interface LineChart {
  readonly series: readonly LineSeries[];
  readonly xLabel: string;
  readonly yLabel: string;
  readonly title?: string;
  /** A vertical line with a note, for instance at the epoch that was kept. */
  readonly mark?: { readonly x: number; readonly label: string };
  /** Default: the extent of the points, rounded. */
  readonly yRange?: readonly [number, number];
  /** Whether the y axis is logarithmic; it then needs positive values, others leave gaps. */
  readonly logarithmic?: boolean;
  /** Whether x counts something, so that ticks between whole numbers make no sense. */
  readonly counted?: boolean;
  /** A line below the chart, for instance what its marks mean. */
  readonly note?: string;
  readonly width?: number;
  readonly height?: number;
}

/** Curves over a common axis, for instance losses over epochs, as an SVG. */
export function lineChart(chart: LineChart): string {
  const width = chart.width ?? 420;
  const height = chart.height ?? 240;
  const curves = chart.series.map((series, index) => ({
    ...series,
    colour: series.colour ?? colourAt(SERIES_COLOURS, index),
  }));
  const logarithmic = chart.logarithmic ?? false;
  const usable = ([x, y]: readonly [number, number]): boolean =>
    Number.isFinite(x) && Number.isFinite(y) && (!logarithmic || y > 0);
  const points = curves.flatMap((curve) => curve.points.filter(usable));
  const titleHeight = chart.title === undefined ? 6 : 10 + TEXT.title;
  const shown = curves.length > 1 ? curves.filter(({ name }) => name !== '') : [];
  const legend = legendRows(shown, { x: 3, y: titleHeight + TEXT.body, width: width - 6 }, swatch);
  const bottom = height - (chart.note === undefined ? 34 : 48);
  const [top, right] = [titleHeight + legend.height + 6, width - 10];
  const yDomain =
    chart.yRange ??
    spread(
      points.map((point) => point[1]),
      logarithmic,
    );
  const linear = scaleLinear(yDomain, [bottom, top]);
  const y: Scale = logarithmic
    ? scaleLog(yDomain, [bottom, top]).nice()
    : chart.yRange === undefined
      ? linear.nice(5)
      : linear;
  const axis = yAxis(y, chart.yLabel, { right, top, bottom, logarithmic });
  const plot: Plot = { left: axis.width, right, top, bottom };
  const x = scaleLinear(spread(points.map(([value]) => value)), [plot.left, plot.right]);
  const paths = curves.map((curve) =>
    element('path', {
      d: runs(curve.points, usable)
        .map((run) => polyline(run.map(([px, py]) => [x(px), y(py)])))
        .join(''),
      fill: 'none',
      stroke: curve.colour,
      'stroke-width': 1.6,
      'stroke-linejoin': 'round',
      'stroke-linecap': 'round',
      'stroke-dasharray': curve.dashed ? '4 3' : undefined,
    }),
  );
  const circles = curves.flatMap((curve) =>
    (curve.circles ?? []).map(({ at: [cx, cy], filled }) =>
      element('circle', {
        cx: x(cx),
        cy: y(cy),
        // A ring stays visible around a dot in the same place.
        r: filled ? 3 : 5,
        fill: filled ? curve.colour : '#ffffff',
        stroke: curve.colour,
        'stroke-width': 1.4,
      }),
    ),
  );
  return document(
    width,
    height,
    { ...CHART_ATTRIBUTES, 'aria-label': chart.title ?? `${chart.yLabel} over ${chart.xLabel}` },
    chartTitle(chart.title, 3, TEXT.title + 2),
    legend.svg,
    axis.svg,
    xAxis(plot, chart.counted ? wholeTicks(x) : x, chart.xLabel),
    chart.note === undefined ? '' : text(3, height - 6, chart.note, { 'font-size': TEXT.small, 'fill-opacity': 0.75 }),
    chart.mark === undefined ? '' : marker(plot, x(chart.mark.x), chart.mark.label),
    group({}, ...paths),
    group({}, ...circles),
  );
}

/** A scale whose ticks are whole numbers. */
function wholeTicks(scale: Scale): Scale {
  return Object.assign((value: number) => scale(value), {
    ticks: (count?: number) => scale.ticks(count).filter(Number.isInteger),
    tickFormat: () => String,
  });
}

function swatch(entry: LegendEntry, x: number, y: number): string {
  return line(x, y, x + 14, y, {
    stroke: entry.colour,
    'stroke-width': 1.8,
    'stroke-dasharray': entry.dashed ? '4 3' : undefined,
  });
}

/** The stretches of usable points; a single point becomes a short dash, which round line ends show as a dot. */
function runs(
  points: LineSeries['points'],
  usable: (point: readonly [number, number]) => boolean,
): (readonly [number, number])[][] {
  const out: (readonly [number, number])[][] = [];
  let open = false;
  for (const point of points) {
    if (!usable(point)) {
      open = false;
    } else if (open) {
      out.at(-1)?.push(point);
    } else {
      out.push([point]);
      open = true;
    }
  }
  return out.map((run) => (run.length === 1 ? [run[0]!, run[0]!] : run));
}

function marker(plot: Plot, x: number, label: string): string {
  const leftwards = x + 4 + textWidth(label, TEXT.small) > plot.right;
  return group(
    {},
    line(x, plot.top, x, plot.bottom, {
      stroke: 'currentColor',
      'stroke-opacity': 0.55,
      'stroke-width': 0.8,
      'stroke-dasharray': '2 2',
    }),
    text(leftwards ? x - 4 : x + 4, plot.top + TEXT.small, label, {
      'font-size': TEXT.small,
      'text-anchor': leftwards ? 'end' : 'start',
      'fill-opacity': 0.75,
    }),
  );
}
