import { PAGE_WIDTH } from './printedFigure.ts';
import { group, text } from './svg.ts';
import { fitText, MUTED, TEXT, textWidth } from './theme.ts';

/** A figure's title from `left` on, in one line. `bottom` is where the figure goes on, with a title or without. */
export function figureTitle(title: string | undefined, left: number): { svg: string; bottom: number } {
  if (title === undefined) return { svg: '', bottom: 4 };
  const shown = fitText(title, TEXT.title, PAGE_WIDTH - left, true);
  return {
    svg: text(left, 4 + TEXT.title, shown, { 'font-size': TEXT.title, 'font-weight': 'bold' }),
    bottom: 4 + TEXT.title + 7,
  };
}

/** A heading above a column of panels. */
export interface PanelHeading {
  /** From 0; becomes a letter. */
  readonly index: number;
  readonly name: string;
  /** Said beside the name, in grey. */
  readonly when?: string;
}

/** The panel's letter and its name, no wider than `width`. */
export function panelHeading(
  place: { readonly x: number; readonly y: number; readonly width: number },
  { index, name, when }: PanelHeading,
): string {
  const { x, y } = place;
  const letter = String.fromCharCode(97 + index);
  const start = x + textWidth(letter, TEXT.body, true) + 3.5;
  const whenWidth = when === undefined ? 0 : 4 + textWidth(when, TEXT.body);
  const shown = fitText(name, TEXT.body, x + place.width - start - whenWidth);
  return (
    text(x, y, letter, { 'font-size': TEXT.body + 0.5, 'font-weight': 'bold' }) +
    text(start, y, shown, { 'font-size': TEXT.body }) +
    (when === undefined
      ? ''
      : text(start + 4 + textWidth(shown, TEXT.body), y, when, { 'font-size': TEXT.body, fill: MUTED }))
  );
}

/** A name that runs upwards along a row of panels, in the gutter on the figure's left. */
export function rowHeading(name: string, middle: number): string {
  return group(
    { transform: `translate(7 ${middle.toFixed(2)}) rotate(-90)` },
    text(0, 0, name, { 'text-anchor': 'middle', 'font-size': TEXT.body }),
  );
}
