import { scaleLinear } from 'd3-scale';
import { mean } from '../metric/statistics.ts';
import { percentiles } from '../volume/percentile.ts';
import { CHART_ATTRIBUTES, chartTitle, type LegendEntry, legendRows, type Plot, spread, xAxis } from './chart.ts';
import { document, element, group, line, polyline, rectangle, text } from './svg.ts';
import { colourAt, fitText, HAIRLINE, SERIES_COLOURS, TEXT, textWidth } from './theme.ts';

/** One box: the values of one series (a method, or before and after) in one category (a label). */
export interface Box {
  readonly category: string;
  readonly series: string;
  readonly values: readonly number[];
}

/** What {@link boxPlot} shows. Categories and series keep the order of their first box. */
export interface BoxPlot {
  readonly boxes: readonly Box[];
  readonly xLabel: string;
  readonly title?: string;
  /** Default: the extent of the values, rounded. */
  readonly range?: readonly [number, number];
  readonly width?: number;
}

/** Tukey's five numbers, the mean, and the values beyond the whiskers. */
export interface BoxStatistics {
  readonly lowerWhisker: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly upperWhisker: number;
  readonly mean: number;
  readonly outliers: readonly number[];
}

const BOX_HEIGHT = 11;
const BOX_GAP = 4;
const CATEGORY_GAP = 12;
/** Above so many values a box shows its outliers only, not every value. */
const MOST_DOTS = 80;

/**
 * Quartiles by linear interpolation; the whiskers end at the last values within 1.5 interquartile ranges of the box
 * (Tukey 1977). Values that are not finite are left out; undefined when none is left.
 */
export function boxStatistics(values: readonly number[]): BoxStatistics | undefined {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const [lower, middle, upper] = percentiles(sorted, [25, 50, 75]) as [number, number, number];
  const reach = 1.5 * (upper - lower);
  const inside = sorted.filter((value) => value >= lower - reach && value <= upper + reach);
  return {
    lowerWhisker: Math.min(lower, inside[0]!),
    lowerQuartile: lower,
    median: middle,
    upperQuartile: upper,
    upperWhisker: Math.max(upper, inside.at(-1)!),
    mean: mean(sorted),
    outliers: sorted.filter((value) => value < lower - reach || value > upper + reach),
  };
}

/** Lying box plots, one row a category, with every value as a dot and the mean as a diamond, as an SVG. */
export function boxPlot(chart: BoxPlot): string {
  const width = chart.width ?? 420;
  const categories = [...new Set(chart.boxes.map((box) => box.category))];
  const series = [...new Set(chart.boxes.map((box) => box.series))];
  const colours = series.map((name, index) => ({ name, colour: colourAt(SERIES_COLOURS, index) }));
  const widest = Math.max(0, ...categories.map((name) => textWidth(labelled(name, chart), TEXT.body)));
  const left = Math.min(widest, width * 0.35) + 12;
  let top = chart.title === undefined ? 6 : 10 + TEXT.title;
  const title = chartTitle(chart.title, 3, TEXT.title + 2);
  const shown = series.length > 1 ? colours : [];
  const legend = legendRows(shown, { x: 3, y: top + TEXT.body, width: width - 6 }, swatch);
  top += legend.height + 4;
  const rowHeight = series.length * (BOX_HEIGHT + BOX_GAP) - BOX_GAP + CATEGORY_GAP;
  const plot: Plot = { left, right: width - 12, top, bottom: top + categories.length * rowHeight };
  const domain = spread(chart.boxes.flatMap((box) => box.values));
  const x =
    chart.range === undefined
      ? scaleLinear(domain, [plot.left + 4, plot.right]).nice(6)
      : scaleLinear(chart.range, [plot.left + 4, plot.right]);
  const rows = categories.map((category, row) => {
    const start = plot.top + row * rowHeight;
    const drawn = colours.map(({ name, colour }, index) => {
      const y = start + CATEGORY_GAP / 2 + index * (BOX_HEIGHT + BOX_GAP) + BOX_HEIGHT / 2;
      const values = chart.boxes
        .filter((box) => box.category === category && box.series === name)
        .flatMap((box) => box.values);
      return drawBox(values, x, y, colour);
    });
    const label = text(
      plot.left - 6,
      start + rowHeight / 2 + TEXT.body * 0.36,
      fitText(labelled(category, chart), TEXT.body, left - 12),
      {
        'text-anchor': 'end',
      },
    );
    const rule =
      row === 0
        ? ''
        : line(plot.left, start, plot.right, start, { stroke: HAIRLINE, 'stroke-opacity': 0.5, 'stroke-width': 0.5 });
    return rule + label + drawn.join('');
  });
  return document(
    width,
    plot.bottom + 32,
    { ...CHART_ATTRIBUTES, 'aria-label': chart.title ?? chart.xLabel },
    title,
    legend.svg,
    xAxis(plot, x, chart.xLabel, true),
    group({}, ...rows),
  );
}

/** A category's name and, where some of its values are not there, of how many its boxes are. */
function labelled(category: string, { boxes }: BoxPlot): string {
  const values = boxes.filter((box) => box.category === category).flatMap((box) => box.values);
  const there = values.filter(Number.isFinite).length;
  return there < values.length ? `${category} (${there} of ${values.length})` : category;
}

function swatch(entry: LegendEntry, x: number, y: number): string {
  return rectangle(x, y - 3.5, 14, 7, {
    fill: entry.colour,
    'fill-opacity': 0.3,
    stroke: entry.colour,
    'stroke-width': 1.2,
    rx: 1,
  });
}

function drawBox(values: readonly number[], x: (value: number) => number, y: number, colour: string): string {
  const box = boxStatistics(values);
  if (box === undefined) return '';
  const half = BOX_HEIGHT / 2;
  const dots = values.length > MOST_DOTS ? box.outliers : values.filter(Number.isFinite);
  const drawn = dots.map((value, index) => {
    // The golden ratio spreads neighbouring values evenly over the height, and the same way on every run.
    const jitter = ((index * 0.618034) % 1) - 0.5;
    return element('circle', { cx: x(value), cy: y + jitter * BOX_HEIGHT * 0.75, r: 1.2 });
  });
  const [lower, upper, middle, average] = [x(box.lowerQuartile), x(box.upperQuartile), x(box.median), x(box.mean)];
  return group(
    { stroke: colour, 'stroke-width': 1.2 },
    group({ fill: colour, 'fill-opacity': 0.5, stroke: 'none' }, ...drawn),
    line(x(box.lowerWhisker), y, lower, y),
    line(upper, y, x(box.upperWhisker), y),
    line(x(box.lowerWhisker), y - half * 0.5, x(box.lowerWhisker), y + half * 0.5),
    line(x(box.upperWhisker), y - half * 0.5, x(box.upperWhisker), y + half * 0.5),
    rectangle(lower, y - half, upper - lower, BOX_HEIGHT, { fill: colour, 'fill-opacity': 0.25, rx: 1 }),
    line(middle, y - half, middle, y + half, { 'stroke-width': 2.2 }),
    element('path', {
      d: polyline(
        [
          [average, y - 3],
          [average + 3, y],
          [average, y + 3],
          [average - 3, y],
        ],
        true,
      ),
      fill: '#ffffff',
      'stroke-width': 1,
    }),
  );
}
