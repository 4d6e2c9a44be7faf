import { group, line, text, textLines } from '../draw/svg.ts';
import { FONT_FAMILY, INK, TEXT, textWidth, wrapText } from '../draw/theme.ts';

/** The rectangle between the axes, in user units. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The part of a d3 scale that an axis needs. */
export interface Scale {
  (value: number): number;
  ticks(count?: number): number[];
  tickFormat(count?: number, specifier?: string): (value: number) => string;
}

/**
 * Attributes of a chart's outermost element. Text and axes are drawn in `currentColor`. It is dark on the chart's white
 * ground. On an HTML page it is the colour that the style sheet gives the class `chart`, so that charts follow a dark
 * page.
 */
/** Width of a single chart, in user units. */
export const CHART_WIDTH = 420;

export const CHART_ATTRIBUTES = {
  class: 'chart',
  role: 'img',
  'font-family': FONT_FAMILY,
  'font-size': TEXT.body,
  color: INK,
  fill: 'currentColor',
} as const;

/** Lines across a plot, and its edges. */
export const GRID_LINE = { stroke: 'currentColor', 'stroke-opacity': 0.14, 'stroke-width': 0.6 } as const;
export const AXIS_LINE = { stroke: 'currentColor', 'stroke-opacity': 0.7, 'stroke-width': 0.8 } as const;

/**
 * The extent of the finite values, widened where it has no width, but not below zero where they are not: the domain of
 * an axis.
 */
export function spread(values: readonly number[], logarithmic = false): [number, number] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return logarithmic ? [0.1, 1] : [0, 1];
  const low = finite.reduce((a, b) => Math.min(a, b));
  const high = finite.reduce((a, b) => Math.max(a, b));
  if (low < high) return [low, high];
  if (logarithmic) return [low / 2, low * 2];
  return [low < 0 ? low - 0.5 : Math.max(0, low - 0.5), low + 0.5];
}

/** The labels of an axis' ticks: numbers as the scale formats them, with a true minus sign. */
export function tickLabels(scale: Scale, count: number, specifier?: string): { value: number; label: string }[] {
  const format = scale.tickFormat(count, specifier);
  return scale.ticks(count).map((value) => ({ value, label: format(value).replace('-', '−') }));
}

/** A scale whose ticks are whole numbers. */
export function wholeTicks(scale: Scale): Scale {
  return Object.assign((value: number) => scale(value), {
    ticks: (count?: number) => scale.ticks(count).filter(Number.isInteger),
    tickFormat: () => String,
  });
}

/** Height of a line of an axis' name. */
const NAME_LINE = TEXT.heading + 2;

/** The lines of a name below a plot, and the height of the axis with them. */
function xName(plot: Pick<Plot, 'left' | 'right'>, label: string): { lines: string[]; height: number } {
  const lines = wrapText(label, TEXT.heading, plot.right - plot.left);
  return { lines, height: 21 + TEXT.body + lines.length * NAME_LINE - TEXT.heading };
}

/** The room that {@link xAxis} takes below a plot. */
export function xAxisHeight(plot: Pick<Plot, 'left' | 'right'>, label: string): number {
  return xName(plot, label).height;
}

/** Ticks, numbers and the name below a plot; vertical grid lines on request. */
export function xAxis(plot: Plot, scale: Scale, label: string, gridLines = false): string {
  const count = Math.max(2, Math.floor((plot.right - plot.left) / 48));
  const ticks = tickLabels(scale, count).map(({ value, label: number }) => {
    const x = scale(value);
    return (
      (gridLines ? line(x, plot.top, x, plot.bottom, GRID_LINE) : '') +
      line(x, plot.bottom, x, plot.bottom + 3, AXIS_LINE) +
      text(x, plot.bottom + 5 + TEXT.body, number, { 'text-anchor': 'middle' })
    );
  });
  return group(
    {},
    ...ticks,
    line(plot.left, plot.bottom, plot.right, plot.bottom, AXIS_LINE),
    textLines(xName(plot, label).lines, (plot.left + plot.right) / 2, plot.bottom + 19 + TEXT.body, NAME_LINE, {
      'text-anchor': 'middle',
      'font-size': TEXT.heading,
    }),
  );
}

/**
 * The axis on the left edge: its name, numbers, and horizontal grid lines from the returned width to `right`.
 * The width depends on the numbers; the plot begins where it ends. Without a name there is no room for one.
 */
export function yAxis(
  scale: Scale,
  label: string,
  place: { readonly right: number; readonly top: number; readonly bottom: number; readonly logarithmic: boolean },
): { svg: string; width: number } {
  const count = Math.max(2, Math.floor((place.bottom - place.top) / 32));
  const middle = (place.top + place.bottom) / 2;
  // Without a format of their own, numbers on a logarithmic axis would get SI prefixes.
  const ticks = tickLabels(scale, count, place.logarithmic ? '~g' : undefined);
  const lines = wrapText(label, TEXT.heading, place.bottom - place.top);
  const named = lines.length === 0 ? 0 : lines.length * NAME_LINE - 2;
  const width = named + 12 + Math.max(0, ...ticks.map(({ label: number }) => textWidth(number, TEXT.body)));
  const drawn = ticks.map(({ value, label: number }) => {
    const y = scale(value);
    return (
      line(width, y, place.right, y, GRID_LINE) +
      text(width - 5, y + TEXT.body * 0.36, number, { 'text-anchor': 'end' })
    );
  });
  const name = group(
    { transform: `translate(${TEXT.heading} ${middle.toFixed(2)}) rotate(-90)` },
    textLines(lines, 0, 0, NAME_LINE, { 'text-anchor': 'middle', 'font-size': TEXT.heading }),
  );
  return { svg: group({}, ...drawn, name), width };
}

/** One entry of a legend. */
export interface LegendEntry {
  readonly name: string;
  readonly colour: string;
  readonly dashed?: boolean;
}

/**
 * A legend in rows, starting at (x, y); `swatch` draws the sign of an entry in a box 14 wide, centred on its height. A
 * name that is wider than the place goes on below itself.
 */
export function legendRows(
  entries: readonly LegendEntry[],
  place: { readonly x: number; readonly y: number; readonly width: number },
  swatch: (entry: LegendEntry, x: number, y: number) => string,
): { svg: string; height: number } {
  let { x, y } = place;
  const parts = entries.map((entry) => {
    const lines = wrapText(entry.name, TEXT.body, place.width - 18);
    const width = 18 + Math.max(0, ...lines.map((name) => textWidth(name, TEXT.body)));
    if (x > place.x && x + width > place.x + place.width) {
      x = place.x;
      y += 12;
    }
    const part = swatch(entry, x, y - TEXT.body * 0.36) + textLines(lines, x + 18, y, 12);
    x += width + 14;
    y += 12 * Math.max(0, lines.length - 1);
    return part;
  });
  return { svg: group({ class: 'legend' }, ...parts), height: entries.length === 0 ? 0 : y - place.y + 12 };
}

/** The title above a chart in as many lines as it needs, and the height that it takes; a narrow margin without one. */
export function chartTitle(title: string | undefined, x: number, width: number): { svg: string; height: number } {
  const lines = wrapText(title ?? '', TEXT.title, width - 2 * x, true);
  if (lines.length === 0) return { svg: '', height: 6 };
  const lineHeight = TEXT.title + 3;
  return {
    svg: textLines(lines, x, TEXT.title + 2, lineHeight, { 'font-size': TEXT.title, 'font-weight': 'bold' }),
    height: 10 + TEXT.title + (lines.length - 1) * lineHeight,
  };
}

/** Lines below a chart, for instance on what its marks mean; `y` is where they begin. */
export function chartNote(
  note: string | undefined,
  x: number,
  y: number,
  width: number,
): { svg: string; height: number } {
  const lines = wrapText(note ?? '', TEXT.small, width - 2 * x);
  const lineHeight = TEXT.small + 3;
  return {
    svg: textLines(lines, x, y + TEXT.small, lineHeight, { 'font-size': TEXT.small, 'fill-opacity': 0.75 }),
    height: lines.length * lineHeight,
  };
}
