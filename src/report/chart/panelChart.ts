import { scaleLinear, scaleLog } from 'd3-scale';
import { document, ground, group, line, text, textLines } from '../draw/svg.ts';
import { ACCENT, TEXT, textWidth, wrapText } from '../draw/theme.ts';
import {
  AXIS_LINE,
  CHART_ATTRIBUTES,
  chartNote,
  chartTitle,
  GRID_LINE,
  type Scale,
  spread,
  tickLabels,
  wholeTicks,
} from './chart.ts';
import { drawCircles, drawCurve, type LineSeries, usablePoint } from './curve.ts';

/** One small chart: its name stands over it. */
interface ChartPanel {
  readonly name: string;
  readonly series: readonly LineSeries[];
}

/** What {@link panelChart} shows. */
interface PanelChart {
  readonly panels: readonly ChartPanel[];
  readonly xLabel: string;
  readonly yLabel: string;
  readonly title?: string;
  /** Default: the extent of the points, rounded. */
  readonly yRange?: readonly [number, number];
  /** Whether the y axis is logarithmic; it then needs positive values, others leave gaps. */
  readonly logarithmic?: boolean;
  /** Whether x counts something, so that ticks between whole numbers make no sense. */
  readonly counted?: boolean;
  /** Lines below the chart, for instance on what its marks mean. */
  readonly note?: string;
  readonly width?: number;
}

const MOST_COLUMNS = 4;
const PLOT_HEIGHT = 118;
const GAP = 14;
const NAME_LINE = TEXT.body + 2;
const AXIS_NAME_LINE = TEXT.heading + 2;

/**
 * Many curves over a common axis in small panels of one scale, one for each name, as an SVG: a name over a panel needs
 * no colour of its own.
 */
export function panelChart(chart: PanelChart): string {
  const width = chart.width ?? 640;
  const logarithmic = chart.logarithmic ?? false;
  const usable = usablePoint(logarithmic);
  const points = chart.panels.flatMap(({ series }) => series.flatMap((curve) => curve.points.filter(usable)));
  const columns = columnsFor(chart.panels.length);
  const rows = Math.ceil(chart.panels.length / columns);
  const title = chartTitle(chart.title, 3, width);

  const yDomain =
    chart.yRange ??
    spread(
      points.map((point) => point[1]),
      logarithmic,
    );
  const yScale = (bottom: number): Scale => {
    const range = [bottom, bottom - PLOT_HEIGHT];
    if (logarithmic) return scaleLog(yDomain, range).nice();
    return chart.yRange === undefined ? scaleLinear(yDomain, range).nice(4) : scaleLinear(yDomain, range);
  };
  const yTicks = tickLabels(yScale(0), 4, logarithmic ? '~g' : undefined);
  const numbers = Math.max(0, ...yTicks.map(({ label }) => textWidth(label, TEXT.body)));
  const yName = wrapText(chart.yLabel, TEXT.heading, rows * PLOT_HEIGHT);
  const left = 4 + yName.length * AXIS_NAME_LINE + numbers + 8;
  const plotWidth = (width - 14 - left - (columns - 1) * GAP) / columns;
  const xDomain = spread(points.map(([value]) => value));

  const names = chart.panels.map(({ name }) => wrapText(name, TEXT.body, plotWidth, true));
  const parts: string[] = [];
  let y = title.height;
  const firstTop = y;
  for (let row = 0; row < rows; row++) {
    const first = row * columns;
    const inRow = chart.panels.slice(first, first + columns);
    const nameLines = Math.max(0, ...inRow.map((_, column) => names[first + column]!.length));
    const top = y + nameLines * NAME_LINE + 5;
    const bottom = top + PLOT_HEIGHT;
    const scale = yScale(bottom);
    inRow.forEach(({ series }, column) => {
      const at = left + column * (plotWidth + GAP);
      const x = scaleLinear(xDomain, [at, at + plotWidth]);
      const isLowest = first + column + columns >= chart.panels.length;
      const name = names[first + column]!;
      const curves = series.map((curve) => ({ ...curve, colour: curve.colour ?? ACCENT }));
      parts.push(
        textLines(name, at, top - 5 - (name.length - 1) * NAME_LINE, NAME_LINE, { 'font-weight': 'bold' }),
        ...yTicks.map(({ value, label }) => {
          const tick = scale(value);
          const number = text(at - 5, tick + TEXT.body * 0.36, label, { 'text-anchor': 'end' });
          return line(at, tick, at + plotWidth, tick, GRID_LINE) + (column === 0 ? number : '');
        }),
        line(at, bottom, at + plotWidth, bottom, AXIS_LINE),
        ...xTicks(chart.counted ? wholeTicks(x) : x, plotWidth).map(({ value, label }) => {
          const mark = line(x(value), bottom, x(value), bottom + 3, AXIS_LINE);
          const number = text(x(value), bottom + 5 + TEXT.body, label, { 'text-anchor': 'middle' });
          return mark + (isLowest ? number : '');
        }),
        ...curves.map((curve) => drawCurve(curve, x, scale, usable)),
        ...curves.map((curve) => drawCircles(curve, x, scale)),
      );
    });
    y = bottom + (row === rows - 1 || first + columns + inRow.length > chart.panels.length ? 20 : 10);
  }

  const xName = wrapText(chart.xLabel, TEXT.heading, width - left - 14);
  const xNameAt = y + TEXT.heading;
  const noteAt = xNameAt + (xName.length - 1) * AXIS_NAME_LINE + 8;
  const note = chartNote(chart.note, 3, noteAt, width);
  const height = noteAt + note.height + 3;
  const middle = (firstTop + y) / 2;
  return document(
    width,
    height,
    { ...CHART_ATTRIBUTES, 'aria-label': chart.title ?? `${chart.yLabel} over ${chart.xLabel}` },
    ground(width, height),
    title.svg,
    group({}, ...parts),
    group(
      { transform: `translate(${TEXT.heading} ${middle.toFixed(2)}) rotate(-90)` },
      textLines(yName, 0, 0, AXIS_NAME_LINE, { 'text-anchor': 'middle', 'font-size': TEXT.heading }),
    ),
    textLines(xName, (left + width - 14) / 2, xNameAt, AXIS_NAME_LINE, {
      'text-anchor': 'middle',
      'font-size': TEXT.heading,
    }),
    note.svg,
  );
}

/** As many columns as fit, filled as evenly as they can be. */
function columnsFor(count: number): number {
  const rows = Math.max(1, Math.ceil(count / MOST_COLUMNS));
  return Math.max(1, Math.ceil(count / rows));
}

/** As many numbers as keep clear of each other. */
function xTicks(scale: Scale, width: number): { value: number; label: string }[] {
  for (let count = Math.floor(width / 30); count > 2; count--) {
    const ticks = tickLabels(scale, count);
    const widest = Math.max(0, ...ticks.map(({ label }) => textWidth(label, TEXT.body)));
    const apart = ticks.slice(1).map(({ value }, index) => scale(value) - scale(ticks[index]!.value));
    if (apart.every((distance) => distance > widest + 4)) return ticks;
  }
  return tickLabels(scale, 2);
}
