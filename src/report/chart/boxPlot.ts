import { scaleLinear } from 'd3-scale';
import { mean } from '../../metric/statistics.ts';
import { percentiles } from '../../volume/percentile.ts';
import { document, element, ground, group, line, polyline, rectangle, textLines } from '../draw/svg.ts';
import { ACCENT, colourAt, HAIRLINE, SERIES_COLOURS, TEXT, textWidth, wrapText } from '../draw/theme.ts';
import {
  CHART_ATTRIBUTES,
  CHART_WIDTH,
  chartTitle,
  type LegendEntry,
  legendRows,
  type Plot,
  spread,
  xAxis,
  xAxisHeight,
} from './chart.ts';

/** One box: the values of one series (a method, or before and after) in one category (a label). */
interface Box {
  readonly category: string;
  readonly series: string;
  readonly values: readonly number[];
}

/** What {@link boxPlot} shows. Categories and series keep the order of their first box. */
interface BoxPlot {
  readonly boxes: readonly Box[];
  readonly xLabel: string;
  readonly title?: string;
  /** Default: the extent of the values, rounded. */
  readonly range?: readonly [number, number];
  readonly width?: number;
}

/** Tukey's five numbers, the mean, and the values beyond the whiskers. */
interface BoxStatistics {
  readonly lowerWhisker: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly upperWhisker: number;
  readonly mean: number;
  readonly outliers: readonly number[];
}

/** Whether boxes show anything of these values: of what is the same everywhere there is nothing to see. */
export function varies(values: readonly number[]): boolean {
  return new Set(values.filter(Number.isFinite)).size > 1;
}

const BOX_HEIGHT = 11;
const BOX_GAP = 4;
const CATEGORY_GAP = 12;
/** Height of a line of a category's name. */
const NAME_LINE = TEXT.body + 2;
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

/**
 * Lying box plots, one row a category, with every value as a dot and the mean as a diamond, as an SVG. If a category
 * has several boxes, series have colours and a legend. If there are more series than colours, names stand beside their
 * rows.
 */
export function boxPlot(chart: BoxPlot): string {
  const width = chart.width ?? CHART_WIDTH;
  const rows = rowsOf(chart.boxes);
  const series = [...new Set(rows.flatMap(({ boxes }) => boxes.map(({ name }) => name)))];
  const isPlain = rows.every(({ boxes }) => boxes.length === 1);
  const colours = series.map((name, index) => ({ name, colour: isPlain ? ACCENT : colourAt(SERIES_COLOURS, index) }));
  const names = rows.map((row) => wrapText(labelled(row), TEXT.body, width * 0.4));
  const left = Math.max(0, ...names.flat().map((name) => textWidth(name, TEXT.body))) + 12;
  const title = chartTitle(chart.title, 3, width);
  const legend = legendRows(isPlain ? [] : colours, { x: 3, y: title.height + TEXT.body, width: width - 6 }, swatch);
  const top = title.height + legend.height + 4;
  const slots = isPlain ? 1 : series.length;
  const leastHeight = slots * (BOX_HEIGHT + BOX_GAP) - BOX_GAP + CATEGORY_GAP;
  const heights = names.map((lines) => Math.max(leastHeight, lines.length * NAME_LINE + 4));
  const starts = heights.map((_, row) => heights.slice(0, row).reduce((sum, height) => sum + height, top));
  const plot: Plot = { left, right: width - 16, top, bottom: heights.reduce((sum, height) => sum + height, top) };
  const domain = spread(chart.boxes.flatMap((box) => box.values));
  const x =
    chart.range === undefined
      ? scaleLinear(domain, [plot.left + 4, plot.right]).nice(6)
      : scaleLinear(chart.range, [plot.left + 4, plot.right]);
  const drawnRows = rows.map(({ boxes }, row) => {
    const middle = starts[row]! + heights[row]! / 2;
    const drawn = boxes.map(({ name, values }) => {
      const slot = isPlain ? 0 : series.indexOf(name);
      const y = middle + (slot - (slots - 1) / 2) * (BOX_HEIGHT + BOX_GAP);
      return drawBox(values, x, y, colours[series.indexOf(name)]!.colour);
    });
    const lines = names[row]!;
    const label = textLines(
      lines,
      plot.left - 6,
      middle + TEXT.body * 0.36 - ((lines.length - 1) * NAME_LINE) / 2,
      NAME_LINE,
      { 'text-anchor': 'end' },
    );
    const rule =
      row === 0
        ? ''
        : line(plot.left, starts[row]!, plot.right, starts[row]!, {
            stroke: HAIRLINE,
            'stroke-opacity': 0.5,
            'stroke-width': 0.5,
          });
    return rule + label + drawn.join('');
  });
  const height = plot.bottom + xAxisHeight(plot, chart.xLabel) + 4;
  return document(
    width,
    height,
    { ...CHART_ATTRIBUTES, 'aria-label': chart.title ?? chart.xLabel },
    ground(width, height),
    title.svg,
    legend.svg,
    xAxis(plot, x, chart.xLabel, true),
    group({}, ...drawnRows),
  );
}

/** A row: its name, and the values of each series in it. */
interface Row {
  readonly name: string;
  readonly boxes: readonly { readonly name: string; readonly values: readonly number[] }[];
}

/** A row's name and, where some of its values are not there, of how many its boxes are. */
function labelled({ name, boxes }: Row): string {
  const values = boxes.flatMap((box) => box.values);
  const there = values.filter(Number.isFinite).length;
  return there < values.length ? `${name} (${there} of ${values.length})` : name;
}

/** A row a category; a row a box where there are more series than colours. */
function rowsOf(boxes: readonly Box[]): readonly Row[] {
  const categories = [...new Set(boxes.map(({ category }) => category))];
  const rows = categories.map((name): Row => {
    const own = boxes.filter(({ category }) => category === name);
    const series = [...new Set(own.map((box) => box.series))];
    return {
      name,
      boxes: series.map((each) => ({
        name: each,
        values: own.filter((box) => box.series === each).flatMap(({ values }) => values),
      })),
    };
  });
  const series = new Set(boxes.map((box) => box.series));
  if (series.size <= SERIES_COLOURS.length || rows.every((row) => row.boxes.length === 1)) return rows;
  return rows.flatMap(({ name, boxes: own }) => own.map((box) => ({ name: `${name}, ${box.name}`, boxes: [box] })));
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
