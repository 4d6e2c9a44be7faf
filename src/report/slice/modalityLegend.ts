import { type ColourMap, warmMap } from '../draw/colourMap.ts';
import { pngDataUri } from '../draw/png.ts';
import { element, group, rectangle, text, textLines } from '../draw/svg.ts';
import { MUTED, TEXT, wrapText } from '../draw/theme.ts';
import { cross, residual, ring } from './landmarkMarks.ts';
import type { Frame } from './panel.ts';

/** What {@link modalityLegend} explains. */
interface ModalityLegend {
  readonly fixedName: string;
  readonly movingName: string;
  readonly comparison: 'overlay' | 'checkerboard';
  /** Landmarks farther from a slice are not drawn on it; mm. */
  readonly reach: number;
  /** How many pairs there are, on the slices or not. */
  readonly landmarks: number;
  /** Whether rows say their mean target registration error. */
  readonly measured: boolean;
}

const LINE = 12;
const NOTE_LINE = TEXT.small + 2.5;
const SWATCH = { width: 28, height: 8 } as const;
const INDENT = SWATCH.width + 6;
/** Signs stand on this, as on a picture. */
const GROUND = '#4a4a4a';

const greyMap: ColourMap = (value) => {
  const level = Math.round(((value + 1) / 2) * 255);
  return [level, level, level];
};

type Swatch = (x: number, middle: number) => string;

/**
 * What colours and signs mean, in the middle of a place or, when it is too low, from its top. `bottom` is where it
 * ends.
 */
export function modalityLegend(place: Frame, content: ModalityLegend): { svg: string; bottom: number } {
  const entries = entriesOf(content);
  const notes = wrapText(noteOf(content), TEXT.small, place.width);
  const names = entries.map(([, name]) => wrapText(name, TEXT.body, place.width - INDENT));
  const lines = names.reduce((sum, { length }) => sum + length, 0);
  const height = lines * LINE + (notes.length === 0 ? 0 : 3 + notes.length * NOTE_LINE);
  const top = place.y + Math.max(0, (place.height - height) / 2);
  let above = 0;
  const parts = entries.map(([swatch], index) => {
    const name = names[index]!;
    const baseline = top + above * LINE + TEXT.body;
    above += name.length;
    return (
      swatch(place.x, baseline - TEXT.body * 0.36) +
      textLines(name, place.x + INDENT, baseline, LINE, { 'font-size': TEXT.body })
    );
  });
  const notesAt = top + lines * LINE + 3;
  const written = notes.map((line, index) => text(place.x, notesAt + TEXT.small + index * NOTE_LINE, line));
  return {
    svg: parts.join('') + group({ 'font-size': TEXT.small, fill: MUTED }, ...written),
    bottom: top + height,
  };
}

function entriesOf({ fixedName, movingName, comparison, landmarks }: ModalityLegend): [Swatch, string][] {
  const images: [Swatch, string][] =
    comparison === 'overlay'
      ? [
          [bar(greyMap), movingName],
          [bar(warmMap), `${fixedName} over ${movingName}`],
        ]
      : [[squares, `${fixedName} and ${movingName} in turn`]];
  if (landmarks === 0) return images;
  return [
    ...images,
    [sign((x, y) => ring([x, y])), `Landmark in ${fixedName}`],
    [sign((x, y) => cross([x, y])), `The same landmark in ${movingName}`],
    [sign((x, y) => residual([x - 8, y], [x + 8, y])), 'Residual error within the slice'],
  ];
}

function noteOf({ reach, landmarks, measured }: ModalityLegend): string {
  const drawn = `Landmarks up to ${Number(reach.toFixed(1))} mm from the slice, the paler the farther.`;
  const error = !measured
    ? ''
    : landmarks === 1
      ? 'TRE: that of the one landmark.'
      : `mTRE: mean ± SD over all ${landmarks}.`;
  return landmarks === 0 ? '' : `${drawn} ${error}`;
}

/** An image and not a gradient, as in colourBar. */
function bar(map: ColourMap): Swatch {
  const steps = 57;
  const data = Uint8Array.from(Array.from({ length: steps }, (_, index) => map((2 * index) / (steps - 1) - 1)).flat());
  const href = pngDataUri({ width: steps, height: 1, channels: 3, data });
  return (x, middle) => element('image', { ...box(x, middle), preserveAspectRatio: 'none', href });
}

function sign(draw: (x: number, y: number) => string): Swatch {
  return (x, middle) => {
    const { y, width, height } = box(x, middle);
    return rectangle(x, y, width, height, { fill: GROUND }) + draw(x + width / 2, middle);
  };
}

function squares(x: number, middle: number): string {
  const { y, width, height } = box(x, middle);
  const quarter = width / 4;
  return [0, 1, 2, 3]
    .map((index) => rectangle(x + index * quarter, y, quarter, height, { fill: index % 2 === 0 ? GROUND : '#b4b4b4' }))
    .join('');
}

function box(x: number, middle: number): Frame {
  return { x, y: middle - SWATCH.height / 2, ...SWATCH };
}
