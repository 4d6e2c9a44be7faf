import { given } from '../../given.ts';
import { assertSameGrid } from '../../volume/checks.ts';
import type { Mat4, Vec3, Volume } from '../../volume/grid.ts';
import { PAGE_WIDTH, printedFigure } from '../draw/printedFigure.ts';
import { type Attributes, group, line, text, textLines } from '../draw/svg.ts';
import { MUTED, TEXT, textWidth, wrapText } from '../draw/theme.ts';
import type { Frame } from '../slice/panel.ts';
import { directionIcon, worldDirection } from './directionIcon.ts';
import { type DistanceMap, profilePictures } from './profilePictures.ts';
import { MOVED_DASHES, PAIR_COLOURS, type Projected, plotColumns, projectionPlots } from './projectionPlots.ts';

/** A volume under its name. */
interface NamedVolume {
  readonly name: string;
  readonly volume: Volume;
}

/** One direction that the patch or volume is projected on. */
export interface ProfileDirection {
  /** Which of the directions it is, for instance `largest`; empty for the only one. */
  readonly name: string;
  /** W_pᵖ along it. */
  readonly distance: number;
  /** In voxels along x, y and z; left out where it lies in another space. */
  readonly vector?: Vec3;
  /** In words, in place of the world axes that the vector is closest to. */
  readonly words?: string;
  readonly projected: Projected;
}

/** What {@link lossProfile} shows. */
export interface LossProfile {
  readonly title: string;
  /** How the loss was computed, in one line. */
  readonly subtitle: string;
  readonly fixed: NamedVolume;
  readonly moved: NamedVolume;
  /** Left out for a loss without patches: the difference of the intensities takes its place. */
  readonly map?: DistanceMap;
  /** What is projected, for instance `Patch with the largest distance`. */
  readonly subject: string;
  /** Its distance, mean over all directions. */
  readonly distance: number;
  /** Number of all directions. */
  readonly directions: number;
  /** Dimensions of the space of the directions. */
  readonly dimensions: number;
  /** Unit of positions along a direction. */
  readonly positionUnit: string;
  /** p of W_pᵖ. */
  readonly order: 1 | 2;
  /** One to three. */
  readonly shown: readonly ProfileDirection[];
  /** Printed width in millimetres; default 180. The layout scales with it. */
  readonly widthMm?: number;
}

const WIDTH = PAGE_WIDTH;
const MARGIN = 5;
const TITLE = TEXT.title + 2;
/** Right edge of the pictures, and left edge of the projections. */
const PICTURES_END = 306;
const PLOTS_START = 326;
const LEAST_HEIGHT = 300;
const NAME_LINE = TEXT.heading + 2;
/** Half the edge of an arrow's picture. */
const ICON = 17;

/**
 * What a Wasserstein loss sees of two volumes. It shows three planes of both, and a map of the distance (or of the
 * difference of intensities). A patch or the volume is projected on some directions, with the area between the two.
 * Returns an SVG with vector text.
 */
export function lossProfile(profile: LossProfile): string {
  const { fixed, moved, map } = profile;
  assertSameGrid(fixed.volume, moved.volume, fixed.name, moved.name);
  const head = heading(profile);
  const top = head.bottom + 12;
  const pictures = profilePictures(
    { fixed: fixed.volume, moved: moved.volume, ...given({ map }) },
    { x: MARGIN, y: top, width: PICTURES_END - MARGIN },
  );
  const bottom = Math.max(pictures.bottom, top + LEAST_HEIGHT);
  const notes = wrapText(notesOf(profile), TEXT.small, WIDTH - 2 * MARGIN).map((note, index) =>
    text(MARGIN, bottom + 16 + index * (TEXT.small + 2.5), note, { 'font-size': TEXT.small, fill: MUTED }),
  );
  const height = bottom + 14 + notes.length * (TEXT.small + 2.5);
  return printedFigure(
    { width: WIDTH, height, widthMm: profile.widthMm ?? 180, label: profile.title },
    head.svg,
    pictures.svg,
    projections(profile, { x: PLOTS_START, y: top, width: WIDTH - MARGIN - PLOTS_START, height: bottom - top }),
    group({}, ...notes),
  );
}

/** Title, how it was computed, and which volume is which. */
function heading({ title, subtitle, fixed, moved }: LossProfile): { svg: string; bottom: number } {
  const width = WIDTH - 2 * MARGIN;
  const titleLines = wrapText(title, TITLE, width, true);
  const subtitleLines = wrapText(subtitle, TEXT.body, width);
  const subtitleAt = MARGIN + TITLE + (titleLines.length - 1) * (TITLE + 3) + TEXT.body + 6;
  const parts = [
    textLines(titleLines, MARGIN, MARGIN + TITLE, TITLE + 3, { 'font-size': TITLE, 'font-weight': 'bold' }),
    textLines(subtitleLines, MARGIN, subtitleAt, NAME_LINE, { 'font-size': TEXT.body, fill: MUTED }),
  ];
  let y = subtitleAt + Math.max(0, subtitleLines.length - 1) * NAME_LINE + TEXT.heading + 8;
  let x = MARGIN;
  let lowest = y;
  for (const [letter, name, colour, dashes] of [
    ['A', fixed.name, PAIR_COLOURS.fixed, undefined],
    ['B', moved.name, PAIR_COLOURS.moved, MOVED_DASHES],
  ] as const) {
    const shown = wrapText(name, TEXT.heading, width / 2 - 60);
    parts.push(
      line(x, y - 3, x + 20, y - 3, { stroke: colour, 'stroke-width': 2, 'stroke-dasharray': dashes }),
      text(x + 25, y, letter, { 'font-size': TEXT.heading, 'font-weight': 'bold', fill: colour }),
      textLines(shown, x + 36, y, NAME_LINE, { 'font-size': TEXT.heading }),
    );
    x += 36 + Math.max(0, ...shown.map((part) => textWidth(part, TEXT.heading))) + 22;
    lowest = Math.max(lowest, y + (shown.length - 1) * NAME_LINE);
  }
  y = lowest;
  return { svg: group({}, ...parts), bottom: y };
}

/** What is projected, then a column a direction: the direction, the distance along it, and the plots. */
function projections(profile: LossProfile, place: Frame): string {
  const { shown, subject, distance, directions, dimensions, positionUnit } = profile;
  const { affine } = profile.fixed.volume;
  const columns = plotColumns(place, shown.length);
  const over = directions > 1 ? `, mean over ${directions} directions` : '';
  const intro = `${subject}: ${significant(distance)}${over}`;
  const introLines = wrapText(intro, TEXT.body, place.width - (columns[0]!.x - place.x), true);
  const introAt = place.y + TEXT.body;
  const top = introAt + (introLines.length - 1) * NAME_LINE;
  const iconY = top + 10 + ICON;
  // In one dimension there is no direction to tell of.
  const headed = dimensions > 1;
  const plotsTop = headed ? iconY + ICON + 9 : top + 10;
  return group(
    {},
    textLines(introLines, columns[0]!.x, introAt, NAME_LINE, {
      'font-size': TEXT.body,
      'font-weight': 'bold',
    }),
    ...(headed ? shown.map((direction, k) => directionHeading(direction, profile, affine, columns[k]!, iconY)) : []),
    projectionPlots(
      shown.map(({ projected }) => projected),
      { x: place.x, y: plotsTop, width: place.width, height: place.y + place.height - plotsTop },
      positionUnit,
    ),
  );
}

function directionHeading(
  { name, distance, vector, words }: ProfileDirection,
  { order, dimensions }: LossProfile,
  affine: Mat4,
  column: { readonly x: number },
  middle: number,
): string {
  const world = vector && worldDirection(affine, vector);
  const x = column.x + (world ? 2 * ICON + 5 : 0);
  const row = (k: number, content: string, attributes: Attributes = {}): string =>
    text(x, middle - 8 + k * 11, content, { 'font-size': TEXT.body, ...attributes });
  return group(
    {},
    world ? directionIcon(world, { x: column.x + ICON, y: middle, half: ICON }) : '',
    name === '' ? '' : row(0, name, { 'font-weight': 'bold' }),
    row(1, `${order === 1 ? 'W₁' : 'W₂²'} ${significant(distance)}`),
    row(2, words ?? (world ? worldWords(world) : `in ${dimensions} dimensions`), { 'font-size': TEXT.small }),
  );
}

/** The two world axes that a direction is closest to, for instance `R 0.8, P 0.6`. */
function worldWords(world: Vec3): string {
  return (['RL', 'AP', 'SI'] as const)
    .map((letters, axis) => ({ letter: letters[world[axis]! < 0 ? 1 : 0], size: Math.abs(world[axis]!) }))
    .sort((a, b) => b.size - a.size)
    .filter(({ size }, rank) => rank < 2 && size >= 0.05)
    .map(({ letter, size }) => `${letter} ${size.toFixed(1)}`)
    .join('  ');
}

/** A number with three significant digits, or two where zeros take their room. */
function significant(value: number): string {
  return value === 0 ? '0' : value.toPrecision(value < 1e-3 ? 2 : 3).replace('-', '−');
}

function notesOf({ map, order, shown }: LossProfile): string {
  const masses = shown.every(({ projected }) => projected.kind === 'masses');
  const between =
    order === 1
      ? 'The yellow area is W₁ along the direction.'
      : masses
        ? 'The yellow area is W₁ along the direction; W₂² weighs mass by the square of its way.'
        : 'W₂² along the direction is the mean square of the yellow gap.';
  return [
    between,
    ...(map ? ['White frame: the patch that is projected. White lines: contours of A.'] : []),
    'Radiological display.',
  ].join(' ');
}
