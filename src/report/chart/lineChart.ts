import { scaleLinear, scaleLog } from 'd3-scale';
import { document, ground, group, line, text } from '../draw/svg.ts';
import { colourAt, SERIES_COLOURS, TEXT, textWidth } from '../draw/theme.ts';
import {
  CHART_ATTRIBUTES,
  CHART_WIDTH,
  chartNote,
  chartTitle,
  type LegendEntry,
  legendRows,
  type Plot,
  type Scale,
  spread,
  wholeTicks,
  xAxis,
  xAxisHeight,
  yAxis,
} from './chart.ts';
import { type Curve, drawCircles, drawCurve, type LineSeries, usablePoint } from './curve.ts';
import { panelChart } from './panelChart.ts';

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

/** Curves over a common axis, for instance losses over epochs, as an SVG. More names than colours get a panel each. */
export function lineChart(chart: LineChart): string {
  const named = chart.series.filter(({ name }) => name !== '');
  if (named.length > SERIES_COLOURS.length && named.every(({ colour }) => colour === undefined))
    return panelChart({ ...chart, panels: panelsOf(chart.series) });
  const width = chart.width ?? CHART_WIDTH;
  const height = chart.height ?? 240;
  const curves = chart.series.map(
    (series, index): Curve => ({ ...series, colour: series.colour ?? colourAt(SERIES_COLOURS, index) }),
  );
  const logarithmic = chart.logarithmic ?? false;
  const usable = usablePoint(logarithmic);
  const points = curves.flatMap((curve) => curve.points.filter(usable));
  const title = chartTitle(chart.title, 3, width);
  const shown = curves.length > 1 ? curves.filter(({ name }) => name !== '') : [];
  const legend = legendRows(shown, { x: 3, y: title.height + TEXT.body, width: width - 6 }, swatch);
  const note = chartNote(chart.note, 3, 0, width);
  const [top, right] = [title.height + legend.height + 6, width - 14];
  const yDomain =
    chart.yRange ??
    spread(
      points.map((point) => point[1]),
      logarithmic,
    );
  const belowFrom = (left: number): number => xAxisHeight({ left, right }, chart.xLabel) + 6 + note.height;
  const upwards = (below: number) => {
    const bottom = Math.max(height - below, top + 60);
    const linear = scaleLinear(yDomain, [bottom, top]);
    const rounded = chart.yRange === undefined ? linear.nice(5) : linear;
    const y: Scale = logarithmic ? scaleLog(yDomain, [bottom, top]).nice() : rounded;
    return { bottom, y, axis: yAxis(y, chart.yLabel, { right, top, bottom, logarithmic }) };
  };
  // The name below needs more lines where the axis on the left is wide, and that is wider where the plot is low.
  const below = belowFrom(upwards(belowFrom(width / 2)).axis.width);
  const { bottom, y, axis } = upwards(below);
  const plot: Plot = { left: axis.width, right, top, bottom };
  const x = scaleLinear(spread(points.map(([value]) => value)), [plot.left, plot.right]);
  return document(
    width,
    bottom + below,
    { ...CHART_ATTRIBUTES, 'aria-label': chart.title ?? `${chart.yLabel} over ${chart.xLabel}` },
    ground(width, bottom + below),
    title.svg,
    legend.svg,
    axis.svg,
    xAxis(plot, chart.counted ? wholeTicks(x) : x, chart.xLabel),
    chartNote(chart.note, 3, bottom + below - note.height - 2, width).svg,
    chart.mark === undefined ? '' : marker(plot, x(chart.mark.x), chart.mark.label),
    group({}, ...curves.map((curve) => drawCurve(curve, x, y, usable))),
    group({}, ...curves.map((curve) => drawCircles(curve, x, y))),
  );
}

/** A panel for each name; a curve without one belongs to the name before it. */
function panelsOf(series: readonly LineSeries[]): { name: string; series: LineSeries[] }[] {
  const panels: { name: string; series: LineSeries[] }[] = [];
  for (const each of series) {
    if (each.name !== '' || panels.length === 0) panels.push({ name: each.name, series: [] });
    panels.at(-1)?.series.push(each);
  }
  return panels;
}

function swatch(entry: LegendEntry, x: number, y: number): string {
  return line(x, y, x + 14, y, {
    stroke: entry.colour,
    'stroke-width': 1.8,
    'stroke-dasharray': entry.dashed ? '4 3' : undefined,
  });
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
