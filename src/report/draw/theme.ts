/** DejaVu Sans; Verdana has the same widths, so the layout holds on machines without it. */
export const FONT_FAMILY = "'DejaVu Sans', Verdana, sans-serif";

/** User units are CSS pixels: 96 to the inch. */
export const PIXELS_PER_MM = 96 / 25.4;

/** Text sizes in user units (7.5 = 5.6 pt when the figure is printed 180 mm wide). */
export const TEXT = { small: 7, body: 8, heading: 9, title: 10.5 } as const;

/** Colours of text and lines on paper. */
export const INK = '#1f2328';
export const MUTED = '#6b7280';
export const HAIRLINE = '#c9cdd3';

/** Okabe & Ito (2008), for colour-blind readers: in the order that separates best on white. */
export const OKABE_ITO = {
  blue: '#0072B2',
  vermillion: '#D55E00',
  green: '#009E73',
  purple: '#CC79A7',
  orange: '#E69F00',
  sky: '#56B4E9',
  yellow: '#F0E442',
  black: '#000000',
} as const;

/** Colours of curves and boxes on a white or dark page. */
export const SERIES_COLOURS: readonly string[] = [
  OKABE_ITO.blue,
  OKABE_ITO.vermillion,
  OKABE_ITO.green,
  OKABE_ITO.purple,
  OKABE_ITO.orange,
  OKABE_ITO.sky,
];

/** Colours of outlines on a grey-scale image: the bright ones first. */
export const LABEL_COLOURS: readonly string[] = [
  OKABE_ITO.orange,
  OKABE_ITO.sky,
  OKABE_ITO.green,
  OKABE_ITO.purple,
  OKABE_ITO.yellow,
  OKABE_ITO.vermillion,
  OKABE_ITO.blue,
];

/** Of outlines for which no colour is left: seen on grey-scale images and on paper. */
export const OTHER_LABELS = '#a3a9b3';

/** The one colour of curves that stand alone, and of those that are shown for comparison. */
export const ACCENT = OKABE_ITO.blue;
export const COMPARED = OKABE_ITO.vermillion;

/** The colour of the index-th thing, starting again when the palette is used up. */
export function colourAt(palette: readonly string[], index: number): string {
  return palette[index % palette.length] as string;
}

/** Advance widths of DejaVu Sans, in hundredths of the font size, from the space (32) to the tilde (126). */
const WIDTHS: readonly number[] = [
  32, 40, 46, 84, 64, 95, 78, 28, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84,
  84, 84, 53, 100, 69, 69, 70, 77, 63, 58, 78, 75, 30, 30, 66, 56, 86, 75, 79, 60, 79, 70, 64, 61, 73, 69, 99, 69, 61,
  69, 39, 34, 39, 84, 50, 50, 61, 64, 55, 64, 62, 35, 64, 64, 28, 28, 58, 28, 98, 64, 61, 64, 64, 41, 52, 39, 64, 59,
  82, 59, 59, 53, 64, 34, 64, 84,
];

/** The width of a line of text in user units; characters outside ASCII count as wide. */
export function textWidth(content: string, size: number, bold = false): number {
  let hundredths = 0;
  for (const character of content) hundredths += WIDTHS[character.codePointAt(0)! - 32] ?? 84;
  return (hundredths / 100) * size * (bold ? 1.14 : 1);
}

/**
 * Breaks a text into lines no wider than `width`: between words, and inside a word that is wider by itself. Nothing is
 * left out.
 */
export function wrapText(content: string, size: number, width: number, bold = false): string[] {
  const lines: string[] = [];
  let current = '';
  const words = content.split(/\s+/).filter((part) => part !== '');
  for (const word of words.flatMap((whole) => brokenWord(whole, size, width, bold))) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (current !== '' && textWidth(longer, size, bold) > width) {
      lines.push(current);
      current = word;
    } else {
      current = longer;
    }
  }
  return current === '' ? lines : [...lines, current];
}

/** The parts of a word, each as long as fits; at least one character, however narrow the place is. */
function brokenWord(word: string, size: number, width: number, bold: boolean): string[] {
  const parts: string[] = [];
  let part = '';
  for (const character of word) {
    if (part !== '' && textWidth(part + character, size, bold) > width) {
      parts.push(part);
      part = '';
    }
    part += character;
  }
  return [...parts, part];
}

/** A word at the beginning of a line. */
export function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
