import { labelsIn } from '../../metric/dice.ts';
import type { Labels } from '../../volume/grid.ts';
import { FOLD_COLOUR } from '../draw/colourMap.ts';
import { group, line, rectangle, textLines } from '../draw/svg.ts';
import { INK, LABEL_COLOURS, OTHER_LABELS, TEXT, textWidth, wrapText } from '../draw/theme.ts';

/** The colour of the index-th label: its own as far as colours go, then that of all others. */
export function labelColour(index: number): string {
  return LABEL_COLOURS[index] ?? OTHER_LABELS;
}

/** One colour for each label of all segmentations, in ascending order; labels after the last colour share one. */
export function labelColours(segmentations: readonly (Labels | undefined)[]): ReadonlyMap<number, string> {
  const all = segmentations.flatMap((labels) => (labels === undefined ? [] : [labels.data]));
  return new Map(labelsIn(...all).map((label, index) => [label, labelColour(index)]));
}

/** What {@link outlineLegend} explains. */
export interface OutlineLegend {
  readonly labels: readonly { readonly name: string; readonly colour: string }[];
  /** Whether the moving image's outlines are drawn. */
  readonly dashed: boolean;
  readonly folds: boolean;
}

/** The labels of a legend: their names, or their numbers where they have none. */
export function namedLabels(
  colours: ReadonlyMap<number, string>,
  names: Readonly<Record<number, string>> = {},
): OutlineLegend['labels'] {
  return [...colours].map(([label, colour]) => ({ name: names[label] ?? `Label ${label}`, colour }));
}

/** Outlines named one by one; more are only counted. */
const MOST_LABELS = LABEL_COLOURS.length;
const LINE = 11;

/** Lines in the labels' colours with their names, then what solid and dashed mean. `bottom` is where it ends. */
export function outlineLegend(
  place: { readonly x: number; readonly y: number; readonly width: number },
  content: OutlineLegend,
): { svg: string; bottom: number } {
  if (content.labels.length === 0 && !content.folds) return { svg: '', bottom: place.y };
  const end = place.x + place.width;
  const parts: string[] = [];
  let { x } = place;
  let y = place.y + TEXT.body;
  const entry = (name: string, swatch?: (x: number, y: number) => string): void => {
    const indent = swatch === undefined ? 0 : 16;
    const lines = wrapText(name, TEXT.body, place.width - indent);
    const width = indent + Math.max(0, ...lines.map((part) => textWidth(part, TEXT.body)));
    if (x > place.x && x + width > end) {
      x = place.x;
      y += LINE;
    }
    parts.push(
      swatch?.(x, y - TEXT.body * 0.36) ?? '',
      textLines(lines, x + indent, y, LINE, { 'font-size': TEXT.body }),
    );
    x += width + 11;
    y += LINE * Math.max(0, lines.length - 1);
  };
  const stroke =
    (colour: string, dashed = false) =>
    (atX: number, atY: number) =>
      line(atX, atY, atX + 12, atY, {
        stroke: colour,
        'stroke-width': dashed ? 1.4 : 1.8,
        'stroke-dasharray': dashed ? '3 2.2' : undefined,
      });
  for (const label of content.labels.slice(0, MOST_LABELS)) entry(label.name, stroke(label.colour));
  if (content.labels.length > MOST_LABELS) entry(`${content.labels.length - MOST_LABELS} more`, stroke(OTHER_LABELS));
  if (content.dashed) {
    if (content.labels.length > 1) {
      x = place.x;
      y += LINE;
    }
    entry('outline in fixed', stroke(INK));
    entry('in moving or moved', stroke(INK, true));
  }
  if (content.folds) {
    entry('fold (|J| ≤ 0)', (atX, atY) => rectangle(atX + 2, atY - 3, 8, 6, { fill: FOLD_COLOUR }));
  }
  return { svg: group({ class: 'legend' }, ...parts), bottom: y + 3 };
}
