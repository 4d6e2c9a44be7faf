import { percentile } from '../../metric/statistics.ts';
import type { Labels, Vec3, Volume } from '../../volume/grid.ts';
import { differenceMap } from '../draw/colourMap.ts';
import { figureTitle, PANEL_NAME_LINE, panelHeading, panelName, rowHeading } from '../draw/headings.ts';
import { PAGE_WIDTH, printedFigure } from '../draw/printedFigure.ts';
import { group, text } from '../draw/svg.ts';
import { capitalised, MUTED, TEXT, textWidth, wrapText } from '../draw/theme.ts';
import { RADIOLOGICAL } from '../slice/figureFooter.ts';
import { labelColours, namedLabels, outlineLegend } from '../slice/outlineLegend.ts';
import {
  colourBar,
  divergingImage,
  divergingLabels,
  type Frame,
  framed,
  greyImage,
  intensityWindow,
  niceLimit,
  orientationMarks,
  outlines,
  type Rendering,
  scaleBar,
  windowed,
} from '../slice/panel.ts';
import {
  assertOnFixedGrid,
  defaultPosition,
  extractSlice,
  type Plane,
  type SliceView,
  sliceView,
} from '../slice/slices.ts';

/** What one loss made of the pair. */
export interface LossResult {
  readonly name: string;
  /** The moving image resampled through the warp that this loss led to. */
  readonly moved: Volume;
  readonly movedLabels?: Labels;
  /** Said below its pictures, for instance `Dice 0.74, HD95 2.6 mm`; lines break after commas. */
  readonly note?: string;
}

/** What {@link lossFigure} shows. Everything lies on the fixed image's grid. */
export interface LossFigure {
  readonly fixed: Volume;
  /** The moving image resampled at the start alignment: before registration. */
  readonly moving: Volume;
  readonly fixedLabels?: Labels;
  readonly movingLabels?: Labels;
  readonly movingNote?: string;
  /** A column each. */
  readonly methods: readonly LossResult[];
  /** Default: axial. */
  readonly plane?: Plane;
  /** Voxel indices that the slice passes through; default: the centroid of the fixed labels, or the middle. */
  readonly position?: Vec3;
  readonly labelNames?: Readonly<Record<number, string>>;
  readonly title?: string;
  /** Default: smooth. */
  readonly rendering?: Rendering;
  /** Printed width in millimetres; default 180, two columns of a journal. The layout scales with it. */
  readonly widthMm?: number;
}

const GUTTER = 13;
const MARGIN = 1;
const GAP = 5;
/** Between what is registered and what the losses made of it. */
const GROUP_GAP = 11;
const ROW_GAP = 5;
const BLOCK_GAP = 11;
const MOST_COLUMNS = 8;
/** Of a picture, with one block and with several: a page is no higher. */
const MAX_HEIGHT = { one: 230, several: 170 } as const;
const NOTE_LINE = TEXT.small + 2.5;
/** Room that the colour bar takes with its title and numbers. */
const BAR_HEIGHT = 46;

/** One column: an image with its outlines, and how it differs from the fixed one. */
interface Column {
  readonly name: string;
  readonly fractions: Float32Array;
  readonly labels?: Labels | undefined;
  readonly note?: string | undefined;
}

/** Where columns go, in user units; those that do not fit into one block go below in another. */
interface Layout {
  readonly perBlock: number;
  readonly width: number;
  readonly maxHeight: number;
  left(index: number): number;
}

/**
 * One pair registered with several losses, on one slice. Columns are moving, fixed and each loss. Rows are the images
 * with the labels' outlines, and the difference to the fixed image. More than six losses go into two blocks. Returns an
 * SVG with vector text and outlines and the slices embedded as PNG.
 * @example const svg = lossFigure({ fixed, moving, methods: [{ name: 'NCC', moved: applyWarp(field, moving) }] })
 */
export function lossFigure(input: LossFigure): string {
  const { fixed, fixedLabels, rendering = 'smooth' } = input;
  checkGrids(input);
  const view = sliceView(fixed, input.plane ?? 'axial', input.position ?? defaultPosition(fixed, fixedLabels));
  const columns = columnsOf(input, view);
  const reference = columns[1]!.fractions;
  const differences = columns.map(({ fractions }) => fractions.map((value, index) => value - reference[index]!));
  const limit = differenceLimit(columns[0]!.fractions, differences[0]!);
  const colours = labelColours([fixedLabels, ...columns.map(({ labels }) => labels)]);
  const layout = layoutOf(columns.length);
  const scale = Math.min(layout.width / view.width, layout.maxHeight / view.height);
  const [width, height] = [view.width * scale, view.height * scale];
  const drawn = (labels: Labels | undefined, dashed: boolean): string =>
    labels === undefined
      ? ''
      : outlines(view, extractSlice(view, labels.size, labels.data), colours, {
          scale,
          width: colours.size > 6 ? 0.6 : 1,
          dashed,
        });
  const solid = drawn(fixedLabels, false);

  const parts: string[] = [];
  const title = figureTitle(input.title, GUTTER);
  parts.push(title.svg);
  let y = title.bottom;
  for (let first = 0; first < columns.length; first += layout.perBlock) {
    const shown = columns.slice(first, first + layout.perBlock);
    const nameLines = shown.map(({ name }, k) => panelName({ index: first + k, name }, layout.width).length);
    const namesAt = y + TEXT.body + (nameLines.reduce((a, b) => Math.max(a, b), 1) - 1) * PANEL_NAME_LINE;
    const imagesAt = namesAt + 5;
    const differencesAt = imagesAt + height + ROW_GAP;
    // A flat slice leaves the colour bar too little room.
    const differencesEnd = differencesAt + (first === 0 ? Math.max(height, BAR_HEIGHT) : height);
    parts.push(rowHeading('Image', imagesAt + height / 2), rowHeading('Difference', differencesAt + height / 2));
    let end = differencesEnd;
    shown.forEach((column, k) => {
      const index = first + k;
      const x = layout.left(index);
      const frame: Frame = { x, y: imagesAt, width, height };
      const own = index === 1 ? '' : drawn(column.labels, true);
      parts.push(
        panelHeading({ x, y: namesAt, width: layout.width }, { index, name: column.name }),
        framed(view, frame, greyImage(view, column.fractions, rendering) + solid + own),
      );
      if (index === 0) parts.push(orientationMarks(view, frame), scaleBar(view, frame));
      if (index === 1) {
        // The fixed image differs nowhere from itself, which leaves its place to the colour bar.
        parts.push(bar({ x, y: differencesAt, width: layout.width, height: differencesEnd - differencesAt }, limit));
      } else {
        const difference = divergingImage(view, differences[index]!, differenceMap, limit, rendering);
        parts.push(framed(view, { ...frame, y: differencesAt }, difference, true));
      }
      const note = noteBelow(column.note ?? '', x, differencesEnd, layout.width);
      parts.push(note.svg);
      end = Math.max(end, note.bottom);
    });
    y = end + BLOCK_GAP;
  }
  const legend = outlineLegend(
    { x: GUTTER, y, width: PAGE_WIDTH - GUTTER - MARGIN },
    {
      labels: namedLabels(colours, input.labelNames),
      dashed: columns.some(({ labels }) => labels !== undefined),
      folds: false,
    },
  );
  const notesAt = legend.bottom + (legend.svg === '' ? 0 : 5) + TEXT.small;
  parts.push(legend.svg, text(GUTTER, notesAt, displayNote(view), { 'font-size': TEXT.small, fill: MUTED }));
  return printedFigure(
    {
      width: PAGE_WIDTH,
      height: notesAt + 5,
      widthMm: input.widthMm ?? 180,
      label: input.title ?? 'Registration with several losses',
    },
    ...parts,
  );
}

function checkGrids({ fixed, moving, fixedLabels, movingLabels, methods }: LossFigure): void {
  assertOnFixedGrid(fixed, {
    'moving image': moving,
    'fixed labels': fixedLabels,
    'moving labels': movingLabels,
  });
  for (const { name, moved, movedLabels } of methods)
    assertOnFixedGrid(fixed, { [`moved image of ${name}`]: moved, [`moved labels of ${name}`]: movedLabels });
}

function columnsOf(input: LossFigure, view: SliceView): Column[] {
  const movingWindow = intensityWindow(input.moving);
  const fractions = ({ size, data }: Volume, window = movingWindow): Float32Array =>
    windowed(extractSlice(view, size, data), window);
  return [
    {
      name: 'Moving',
      fractions: fractions(input.moving),
      labels: input.movingLabels,
      note: input.movingNote,
    },
    { name: 'Fixed', fractions: fractions(input.fixed, intensityWindow(input.fixed)) },
    ...input.methods.map(({ name, moved, movedLabels, note }) => ({
      name,
      fractions: fractions(moved),
      labels: movedLabels,
      note,
    })),
  ];
}

/**
 * A round number that almost all differences before registration stay within. Black does not count: it is mostly where
 * the moving image has no data, and would make all other differences pale.
 */
function differenceLimit(moving: Float32Array, differences: Float32Array): number {
  const sizes = [...differences].filter((_, index) => moving[index]! > 0).map(Math.abs);
  return niceLimit(sizes.length === 0 ? 0 : percentile(sizes, 99));
}

/** As few blocks as possible, all of the same width. */
function layoutOf(count: number): Layout {
  const blocks = Math.ceil(count / MOST_COLUMNS);
  const perBlock = Math.ceil(count / blocks);
  // In several blocks the columns stand below each other, which a wider gap in one of them would spoil.
  const extra = blocks === 1 ? GROUP_GAP - GAP : 0;
  const width = (PAGE_WIDTH - GUTTER - MARGIN - extra - (perBlock - 1) * GAP) / perBlock;
  return {
    perBlock,
    width,
    maxHeight: blocks === 1 ? MAX_HEIGHT.one : MAX_HEIGHT.several,
    left(index) {
      const column = index % perBlock;
      return GUTTER + column * (width + GAP) + (column >= 2 ? extra : 0);
    },
  };
}

/** The colour bar in the middle of a place. */
function bar({ x, y, width, height }: Frame, limit: number): string {
  const unit = '(share of intensity window)';
  const shown = textWidth(unit, TEXT.small) <= width ? unit : '(share of window)';
  const top = y + (height - BAR_HEIGHT) / 2 + 2 * NOTE_LINE + 1;
  const inset = Math.min(12, width * 0.14);
  const frame = { x: x + inset, y: top, width: width - 2 * inset, height: 6 };
  return (
    text(x + width / 2, top - 3.5 - NOTE_LINE, 'Image − fixed', { 'text-anchor': 'middle', 'font-size': TEXT.small }) +
    colourBar(frame, differenceMap, divergingLabels(limit), shown)
  );
}

/** A note on as many lines as it needs. If it does not fit on one, every comma ends a line. */
function noteBelow(note: string, x: number, top: number, width: number): { svg: string; bottom: number } {
  const pieces = textWidth(note, TEXT.small) <= width ? [note] : note.split(/(?<=,)\s+/);
  const lines = pieces.flatMap((piece) => wrapText(piece, TEXT.small, width));
  const written = lines.map((content, index) => text(x, top + 3 + TEXT.small + index * NOTE_LINE, content));
  return { svg: group({ 'font-size': TEXT.small }, ...written), bottom: top + 3 + lines.length * NOTE_LINE };
}

function displayNote({ plane }: SliceView): string {
  const lies = plane === 'sagittal' ? 'Anterior is on the left.' : RADIOLOGICAL;
  return `${capitalised(plane)} slice. ${lies}`;
}
