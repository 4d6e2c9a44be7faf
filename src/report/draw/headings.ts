import { PAGE_WIDTH } from './printedFigure.ts';
import { group, text, textLines } from './svg.ts';
import { MUTED, TEXT, textWidth, wrapText } from './theme.ts';

const TITLE_LINE = TEXT.title + 3;

/**
 * A figure's title from `left` on, in as many lines as it needs. `bottom` is where the figure goes on, with a title or
 * without.
 */
export function figureTitle(title: string | undefined, left: number): { svg: string; bottom: number } {
  const lines = wrapText(title ?? '', TEXT.title, PAGE_WIDTH - left - 1, true);
  if (lines.length === 0) return { svg: '', bottom: 4 };
  return {
    svg: textLines(lines, left, 4 + TEXT.title, TITLE_LINE, { 'font-size': TEXT.title, 'font-weight': 'bold' }),
    bottom: 4 + TEXT.title + (lines.length - 1) * TITLE_LINE + 7,
  };
}

/** A heading above a column of panels. */
interface PanelHeading {
  /** From 0; becomes a letter. */
  readonly index: number;
  readonly name: string;
  /** Said beside the name, in grey. */
  readonly when?: string;
}

/** Height of a line of a panel's name. */
export const PANEL_NAME_LINE = TEXT.body + 2;

/** The lines of a panel's name that is no wider than `width` with its letter. */
export function panelName({ index, name, when }: PanelHeading, width: number): string[] {
  const whenWidth = when === undefined ? 0 : 4 + textWidth(when, TEXT.body);
  return wrapText(name, TEXT.body, width - nameIndent(index) - whenWidth);
}

/** The panel's letter and its name, whose last line stands on `y`. */
export function panelHeading(
  place: { readonly x: number; readonly y: number; readonly width: number },
  heading: PanelHeading,
): string {
  const { x, y } = place;
  const { index, when } = heading;
  const lines = panelName(heading, place.width);
  const first = y - (lines.length - 1) * PANEL_NAME_LINE;
  const start = x + nameIndent(index);
  return (
    text(x, first, letterOf(index), { 'font-size': TEXT.body + 0.5, 'font-weight': 'bold' }) +
    textLines(lines, start, first, PANEL_NAME_LINE, { 'font-size': TEXT.body }) +
    (when === undefined
      ? ''
      : text(start + 4 + textWidth(lines.at(-1) ?? '', TEXT.body), y, when, { 'font-size': TEXT.body, fill: MUTED }))
  );
}

/** a to z, then aa, ab, … */
export function letterOf(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letterOf(Math.floor(index / 26) - 1) + last;
}

function nameIndent(index: number): number {
  return textWidth(letterOf(index), TEXT.body, true) + 3.5;
}

/** A name that runs upwards along a row of panels, in the gutter on the figure's left. */
export function rowHeading(name: string, middle: number): string {
  return group(
    { transform: `translate(7 ${middle.toFixed(2)}) rotate(-90)` },
    text(0, 0, name, { 'text-anchor': 'middle', 'font-size': TEXT.body }),
  );
}
