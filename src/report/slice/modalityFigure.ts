import { UserError } from '../../errors.ts';
import type { Vec3, Volume } from '../../volume/grid.ts';
import { figureTitle, letterOf } from '../draw/headings.ts';
import { PAGE_WIDTH, printedFigure } from '../draw/printedFigure.ts';
import { text } from '../draw/svg.ts';
import { capitalised, INK, MUTED, PIXELS_PER_MM, TEXT, textWidth, wrapText } from '../draw/theme.ts';
import { RADIOLOGICAL } from './figureFooter.ts';
import { densestPosition, type LandmarkPair, landmarkMarks, type ShownLandmarks } from './landmarkMarks.ts';
import { type Layout, layoutOf, MARGIN, NAMES_END } from './modalityLayout.ts';
import { modalityLegend } from './modalityLegend.ts';
import { overlayImage } from './overlay.ts';
import {
  type Frame,
  framed,
  greyImage,
  intensityWindow,
  orientationMarks,
  type Rendering,
  scaleBar,
  windowed,
} from './panel.ts';
import { assertOnFixedGrid, checkerboard, extractSlice, PLANES, type SliceView, sliceView, tiltOf } from './slices.ts';

/** The pair as one method left it. */
export interface ModalityResult {
  readonly name: string;
  /** The moving image resampled through this method's warp. */
  readonly moved: Volume;
  /** The moving image's landmarks brought into the fixed image's space, one for each fixed landmark; RAS mm. */
  readonly landmarks: readonly Vec3[];
  /** Of the landmarks, mm; printed as mTRE, or as TRE where there is one landmark, whose SD is NaN. */
  readonly error?: { readonly mean: number; readonly sd: number };
}

/** What {@link modalityFigure} shows. Images lie on the fixed image's grid. */
export interface ModalityFigure {
  readonly title: string;
  /** Said in full under the title; where anything is simulated, it says so here. */
  readonly note?: string;
  /** Zero where it has no data, as outside an ultrasound's field of view. */
  readonly fixed: Volume;
  readonly fixedName: string;
  readonly movingName: string;
  /** RAS mm. */
  readonly fixedLandmarks: readonly Vec3[];
  /** A row each; the first is the pair before registration. */
  readonly methods: readonly ModalityResult[];
  /** How the two images are seen in one: the fixed one translucent over the other, or in squares. Default: overlay. */
  readonly comparison?: 'overlay' | 'checkerboard';
  /** Landmarks farther from a slice are not drawn on it; mm, default 4. */
  readonly landmarkReach?: number;
  /** Voxel indices that the three planes pass through; default: for each plane the slice with most landmarks. */
  readonly position?: Vec3;
  /** Default: smooth. */
  readonly rendering?: Rendering;
  /** Printed width in millimetres; default 180, two columns of a journal. The layout scales with it. */
  readonly widthMm?: number;
}

const ROW_GAP = 6;
/** Room for the names of the planes above the uppermost panels of both groups. */
const HEADING = TEXT.body + 4;
const NOTE_LINE = TEXT.body + 3;
/** A page holds the figure and a caption of a few lines. */
const MAX_HEIGHT = 240 * PIXELS_PER_MM;
const FOOTER = TEXT.small + 8;

/** A plane with the fixed image's slice on it. */
interface Slice {
  readonly view: SliceView;
  /** Fractions of the intensity window, undefined where the fixed image has no data. */
  readonly fixed: readonly (number | undefined)[];
}

/** What all rows have in common. */
interface Scene {
  readonly input: ModalityFigure;
  readonly slices: readonly Slice[];
  readonly layout: Layout;
  readonly reach: number;
  readonly rendering: Rendering;
}

/**
 * Two modalities before and after registration, in axial, coronal and sagittal slices. The first row shows the fixed
 * image. Each row below shows the moving image as a method moved it: on the left alone, on the right together with the
 * fixed image and the landmarks' residual errors. Slices, scale and intensity windows are the same in all rows. Returns
 * an SVG with vector text and landmarks and the slices embedded as PNG.
 * @throws UserError when an image lies on another grid, or landmarks do not pair up
 * @example const png = await rasterise(modalityFigure(modalities))
 */
export function modalityFigure(input: ModalityFigure): string {
  check(input);
  const { fixed, methods, landmarkReach: reach = 4 } = input;
  const slices = slicesOf(fixed, input.position ?? densestPosition(fixed, input.fixedLandmarks, reach));
  const head = headOf(input);
  const rowSpace = (MAX_HEIGHT - head.bottom - 2 * HEADING - FOOTER) / (methods.length + 1);
  const layout = layoutOf(
    slices.map(({ view }) => view),
    rowSpace - ROW_GAP,
  );
  const scene: Scene = { input, slices, layout, reach, rendering: input.rendering ?? 'smooth' };
  const first = fixedRow(scene, head.bottom);
  const window = intensityWindow(methods[0]!.moved);
  const rows: string[] = [];
  let y = first.bottom + HEADING;
  methods.forEach((method, index) => {
    const row = methodRow(scene, method, index, window, y);
    rows.push(row.svg);
    y = row.bottom;
  });
  return printedFigure(
    {
      width: PAGE_WIDTH,
      height: y + FOOTER,
      widthMm: input.widthMm ?? 180,
      label: input.note === undefined ? input.title : `${input.title}. ${input.note}`,
    },
    head.svg,
    first.svg,
    ...rows,
    text(MARGIN, y + TEXT.small, displayNote(scene), { 'font-size': TEXT.small, fill: MUTED }),
  );
}

function check({ fixed, fixedLandmarks, methods }: ModalityFigure): void {
  if (methods.length === 0)
    throw new UserError('The figure has no rows; give the pair before registration as the first method.');
  for (const { name, moved, landmarks } of methods) {
    assertOnFixedGrid(fixed, { [`moved image of ${name}`]: moved });
    if (landmarks.length !== fixedLandmarks.length)
      throw new UserError(
        `${name} has ${landmarks.length} landmarks and the fixed image ${fixedLandmarks.length}; give one for each.`,
      );
  }
}

function slicesOf(fixed: Volume, position: Vec3): Slice[] {
  const known = fixed.data.filter((value) => value !== 0);
  const window = intensityWindow({ ...fixed, data: known.length > 0 ? known : fixed.data });
  return PLANES.map((plane) => {
    const view = sliceView(fixed, plane, position);
    const values = extractSlice(view, fixed.size, fixed.data);
    const fractions = windowed(values, window);
    return { view, fixed: Array.from(fractions, (fraction, index) => (values[index] === 0 ? undefined : fraction)) };
  });
}

/** The title, and the note below it. */
function headOf({ title, note }: ModalityFigure): { svg: string; bottom: number } {
  const top = figureTitle(title, MARGIN);
  const lines = wrapText(note ?? '', TEXT.body, PAGE_WIDTH - 2 * MARGIN);
  const written = lines.map((content, index) =>
    text(MARGIN, top.bottom + TEXT.body + index * NOTE_LINE, content, { 'font-size': TEXT.body }),
  );
  return {
    svg: top.svg + written.join(''),
    bottom: top.bottom + (lines.length === 0 ? 0 : lines.length * NOTE_LINE + 4),
  };
}

/** The fixed image on the left, and the legend where the rows below it show both images in one. */
function fixedRow({ input, slices, layout, reach, rendering }: Scene, top: number): { svg: string; bottom: number } {
  const y = top + HEADING;
  const pairs = input.fixedLandmarks.map((fixed) => ({ fixed, moved: fixed }));
  const panels = slices.map(({ view, fixed }, plane) => {
    const frame = layout.frame(0, plane, y);
    const picture = greyImage(
      view,
      Float32Array.from(fixed, (value) => value ?? 0),
      rendering,
    );
    const marks = landmarkMarks(view, input.fixed, pairs, { scale: layout.scale, reach, show: 'fixed' });
    return framed(view, frame, picture + marks) + firstMarks(view, frame) + (plane === 0 ? scaleBar(view, frame) : '');
  });
  const { x } = layout.frame(1, 0, y);
  const legend = modalityLegend(
    { x, y, width: PAGE_WIDTH - MARGIN - x, height: layout.rowHeight },
    {
      ...input,
      comparison: input.comparison ?? 'overlay',
      reach,
      landmarks: input.fixedLandmarks.length,
      measured: input.methods.some(({ error }) => error !== undefined),
    },
  );
  const heading = rowName(0, y, input.fixedName);
  return {
    svg: heading.svg + panels.join('') + legend.svg,
    bottom: Math.max(y + layout.rowHeight, heading.bottom, legend.bottom) + ROW_GAP,
  };
}

function methodRow(
  { input, slices, layout, reach, rendering }: Scene,
  { name, moved, landmarks, error }: ModalityResult,
  index: number,
  window: readonly [number, number],
  y: number,
): { svg: string; bottom: number } {
  const pairs = input.fixedLandmarks.map((fixed, k): LandmarkPair => ({ fixed, moved: landmarks[k]! }));
  const panels = slices.map((slice, plane) => {
    const { view } = slice;
    const fractions = windowed(extractSlice(view, moved.size, moved.data), window);
    const marks = (show: ShownLandmarks): string =>
      landmarkMarks(view, input.fixed, pairs, { scale: layout.scale, reach, show });
    const [alone, both] = [layout.frame(0, plane, y), layout.frame(1, plane, y)];
    const mixed =
      input.comparison === 'checkerboard'
        ? inSquares(slice, fractions, rendering)
        : overlayImage(view, fractions, slice.fixed, rendering);
    return (
      framed(view, alone, greyImage(view, fractions, rendering) + marks('moved')) +
      framed(view, both, mixed + marks('both')) +
      (index === 0 ? firstMarks(view, both) : '')
    );
  });
  const heading = rowName(index + 1, y, name, error);
  return {
    svg: heading.svg + panels.join(''),
    bottom: Math.max(y + layout.rowHeight, heading.bottom) + ROW_GAP,
  };
}

/** The row's letter, name and error, in the column on the left from its top on. `bottom` is where they end. */
function rowName(
  index: number,
  top: number,
  name: string,
  error?: ModalityResult['error'],
): { svg: string; bottom: number } {
  const letter = text(MARGIN, top + TEXT.body, letterOf(index), {
    'font-size': TEXT.body + 0.5,
    'font-weight': 'bold',
  });
  const x = MARGIN + textWidth('m', TEXT.body, true) + 3;
  const width = NAMES_END - x;
  const named = wrapText(name, TEXT.body, width).map((line) => ({ line, fill: INK }));
  const measured =
    error === undefined
      ? []
      : [
          // One landmark has neither mean nor spread.
          { line: Number.isFinite(error.sd) ? 'mTRE' : 'TRE', fill: MUTED },
          { line: errorText(error), fill: INK },
        ];
  const lines = [...named, ...measured].map(({ line, fill }, k) =>
    text(x, top + TEXT.body + k * NOTE_LINE, line, { 'font-size': TEXT.body, fill }),
  );
  return { svg: letter + lines.join(''), bottom: top + lines.length * NOTE_LINE };
}

function errorText({ mean, sd }: NonNullable<ModalityResult['error']>): string {
  if (!Number.isFinite(mean)) return 'not known';
  return `${mean.toFixed(1)}${Number.isFinite(sd) ? ` ± ${sd.toFixed(1)}` : ''} mm`;
}

/** The plane's name and its directions, on the uppermost panel of a column. */
function firstMarks(view: SliceView, frame: Frame): string {
  const heading = { 'text-anchor': 'middle', 'font-size': TEXT.body };
  return text(frame.x + frame.width / 2, frame.y - 4, capitalised(view.plane), heading) + orientationMarks(view, frame);
}

/** Squares from the fixed and the moving image in turn; where the fixed image has no data, from the moving one. */
function inSquares({ view, fixed }: Slice, moved: Float32Array, rendering: Rendering): string {
  const known = moved.map((value, index) => fixed[index] ?? value);
  return greyImage(view, checkerboard(view, known, moved), rendering);
}

/** Below this, in degrees, a plane bears its name well enough. */
const SMALL_TILT = 5;

function displayNote({ input, slices }: Scene): string {
  const tilt = Math.max(...slices.map(({ view }) => tiltOf(view, input.fixed.affine)));
  const named = `The planes are those of the image’s grid, up to ${Math.round(tilt)}° from the anatomical ones they are named after.`;
  return tilt < SMALL_TILT ? RADIOLOGICAL : `${RADIOLOGICAL} ${named}`;
}
