import { document, ground } from './svg.ts';
import { FONT_FAMILY, INK, PIXELS_PER_MM } from './theme.ts';

/** The width that layouts are made for, in user units: two columns of a journal. Text sizes are fractions of it. */
export const PAGE_WIDTH = 180 * PIXELS_PER_MM;

/** A figure for print: its size in user units, its printed width in mm, and what a screen reader says. */
interface PrintedFigure {
  readonly width: number;
  readonly height: number;
  readonly widthMm: number;
  readonly label: string;
}

/** The outermost element of a figure for print, on a white ground. */
export function printedFigure({ width, height, widthMm, label }: PrintedFigure, ...parts: readonly string[]): string {
  const printed = widthMm * PIXELS_PER_MM;
  return document(
    width,
    height,
    {
      width: printed,
      height: (height * printed) / width,
      class: 'figure',
      'font-family': FONT_FAMILY,
      fill: INK,
      role: 'img',
      'aria-label': label,
    },
    ground(width, height),
    ...parts,
  );
}
