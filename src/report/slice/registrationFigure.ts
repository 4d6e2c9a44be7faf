import { percentile } from '../../metric/statistics.ts';
import type { Labels, Vec3, Volume, Warp } from '../../volume/grid.ts';
import { differenceMap, jacobianMap } from '../draw/colourMap.ts';
import { figureTitle, panelHeading, rowHeading } from '../draw/headings.ts';
import { PAGE_WIDTH, printedFigure } from '../draw/printedFigure.ts';
import { text } from '../draw/svg.ts';
import { capitalised, TEXT, wrapText } from '../draw/theme.ts';
import { constantTranslation, deformationGrid, determinantsOf } from './deformationGrid.ts';
import { type FigureMetric, figureFooter } from './figureFooter.ts';
import { labelColours, namedLabels } from './outlineLegend.ts';
import {
  divergingImage,
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
} from './panel.ts';
import {
  assertOnFixedGrid,
  checkerboard,
  defaultPosition,
  extractSlice,
  PLANES,
  type SliceView,
  sliceView,
} from './slices.ts';

/** What {@link registrationFigure} shows. Everything lies on the fixed image's grid. */
export interface RegistrationFigure {
  readonly fixed: Volume;
  /** The moving image resampled at the start alignment: before registration. */
  readonly moving: Volume;
  /** The moving image resampled through the warp: after registration. */
  readonly moved: Volume;
  readonly warp: Warp;
  readonly fixedLabels?: Labels;
  readonly movingLabels?: Labels;
  readonly movedLabels?: Labels;
  readonly labelNames?: Readonly<Record<number, string>>;
  readonly title?: string;
  /** The last line, in full; where anything is simulated, it says so here. */
  readonly note?: string;
  /** For the line below the pictures. */
  readonly metrics?: readonly FigureMetric[];
  /** Voxel indices that the three planes pass through; default: the centroid of the fixed labels, or the middle. */
  readonly position?: Vec3;
  /** Two modalities have no meaningful difference: a checkerboard shows their edges instead. Default: difference. */
  readonly comparison?: 'difference' | 'checkerboard';
  /** Default: smooth. */
  readonly rendering?: Rendering;
  /** Printed width in millimetres; default 180, two columns of a journal. The layout scales with it. */
  readonly widthMm?: number;
}

const WIDTH = PAGE_WIDTH;
const GUTTER = 13;
const GAP = 4;
const GROUP_GAP = 9;
const ROW_GAP = 5;
const MARGIN = 1;
/** Height of a line of the note. */
const NOTE_LINE = 1.4 * TEXT.body;
const COLUMN_WIDTH = (WIDTH - GUTTER - MARGIN - 3 * GAP - 2 * GROUP_GAP) / 6;
const MAX_ROW_HEIGHT = COLUMN_WIDTH * 1.45;

/** Where the six columns start: three images, two comparisons, the deformation. */
const COLUMNS: readonly number[] = [0, 1, 2, 3, 4, 5].map((index) => {
  const groups = index < 3 ? 0 : index < 5 ? 1 : 2;
  return GUTTER + index * (COLUMN_WIDTH + GAP) + groups * (GROUP_GAP - GAP);
});

/**
 * The figure of one registration. Rows are axial, coronal and sagittal. Columns are fixed, moving (before), moved
 * (after), the comparison with the fixed image before and after, and the deformation. Returns an SVG with vector text
 * and outlines and the slices embedded as PNG.
 * @example const svg = registrationFigure({ fixed, moving, moved: applyWarp(field, moving), warp: field })
 */
export function registrationFigure(input: RegistrationFigure): string {
  assertOnFixedGrid(input.fixed, {
    'moving image': input.moving,
    'moved image': input.moved,
    warp: input.warp,
    'fixed labels': input.fixedLabels,
    'moving labels': input.movingLabels,
    'moved labels': input.movedLabels,
  });
  const position = input.position ?? defaultPosition(input.fixed, input.fixedLabels);
  const views = PLANES.map((plane) => sliceView(input.fixed, plane, position));
  const colours = labelColours([input.fixedLabels, input.movingLabels, input.movedLabels]);
  const movingWindow = intensityWindow(input.moving);
  const fixedWindow = intensityWindow(input.fixed);
  const slices = views.map((view) => {
    const fraction = (volume: Volume, window: readonly [number, number]): Float32Array =>
      windowed(extractSlice(view, volume.size, volume.data), window);
    return {
      view,
      fixed: fraction(input.fixed, fixedWindow),
      moving: fraction(input.moving, movingWindow),
      moved: fraction(input.moved, movingWindow),
    };
  });
  const difference = niceLimit(
    percentile(
      slices.flatMap(({ fixed, moving }) => Array.from(moving, (value, index) => Math.abs(value - fixed[index]!))),
      99,
    ),
  );
  const jacobian = determinantsOf(input.warp);
  const logLimit = jacobianLimit(views, jacobian);
  const translation = constantTranslation(input.warp);
  const rendering = input.rendering ?? 'smooth';
  // Many structures leave little room between their outlines.
  const strokeWidth = colours.size > 6 ? 0.6 : 1;

  const title = figureTitle(input.title, GUTTER);
  const parts: string[] = [title.svg];
  let y = title.bottom;
  y += TEXT.body;
  parts.push(columnHeadings(y, input.comparison ?? 'difference'));
  y += 5;
  for (const slice of slices) {
    const { view } = slice;
    const scale = Math.min(COLUMN_WIDTH / view.width, MAX_ROW_HEIGHT / view.height);
    const height = view.height * scale;
    const frame = (column: number): Frame => ({
      x: COLUMNS[column]! + (COLUMN_WIDTH - view.width * scale) / 2,
      y,
      width: view.width * scale,
      height,
    });
    parts.push(rowHeading(capitalised(view.plane), y + height / 2));
    const drawn = (labels: Labels | undefined, dashed: boolean): string =>
      labels === undefined
        ? ''
        : outlines(view, extractSlice(view, labels.size, labels.data), colours, { scale, width: strokeWidth, dashed });
    const solid = drawn(input.fixedLabels, false);
    parts.push(framed(view, frame(0), greyImage(view, slice.fixed, rendering) + solid));
    parts.push(orientationMarks(view, frame(0)), scaleBar(view, frame(0)));
    for (const [column, fractions, labels] of [
      [1, slice.moving, input.movingLabels],
      [2, slice.moved, input.movedLabels],
    ] as const) {
      parts.push(framed(view, frame(column), greyImage(view, fractions, rendering) + solid + drawn(labels, true)));
      const comparison =
        input.comparison === 'checkerboard'
          ? greyImage(view, checkerboard(view, slice.fixed, fractions), rendering)
          : divergingImage(
              view,
              fractions.map((value, index) => value - slice.fixed[index]!),
              differenceMap,
              difference,
              rendering,
            );
      parts.push(framed(view, frame(column + 2), comparison, true));
    }
    const deformation = deformationGrid(view, input.warp, {
      translation,
      lineWidth: 0.45 / scale,
      limit: logLimit,
      ...(jacobian === undefined ? {} : { determinants: extractSlice(view, jacobian.size, jacobian.data) }),
    });
    parts.push(framed(view, frame(5), deformation, true));
    y += height + ROW_GAP;
  }
  const footer = figureFooter(
    {
      y: y + 2,
      width: WIDTH,
      left: GUTTER,
      columns: COLUMNS,
      columnWidth: COLUMN_WIDTH,
    },
    {
      labels: namedLabels(colours, input.labelNames),
      dashed: input.movingLabels !== undefined || input.movedLabels !== undefined,
      ...(input.comparison === 'checkerboard' ? {} : { difference: { map: differenceMap, limit: difference } }),
      ...(jacobian === undefined ? {} : { jacobian: { map: jacobianMap, limit: logLimit } }),
      folds: jacobian?.data.some((value) => value <= 0) ?? false,
      metrics: input.metrics ?? [],
      translation,
    },
  );
  const note = wrapText(input.note ?? '', TEXT.body, WIDTH - GUTTER - MARGIN);
  const lines = note.map((line, index) =>
    text(GUTTER, footer.bottom + (index + 1) * NOTE_LINE, line, { 'font-size': TEXT.body }),
  );
  const height = footer.bottom + note.length * NOTE_LINE + 4;
  return printedFigure(
    { width: WIDTH, height, widthMm: input.widthMm ?? 180, label: input.title ?? 'Registration result' },
    ...parts,
    footer.svg,
    ...lines,
  );
}

/** A round number that almost all log determinants on the shown slices stay within. */
function jacobianLimit(views: readonly SliceView[], jacobian: Volume | undefined): number {
  if (jacobian === undefined) return 1;
  const logs = views.flatMap((view) =>
    [...extractSlice(view, jacobian.size, jacobian.data)]
      .filter((value) => value > 0)
      .map((value) => Math.abs(Math.log(value))),
  );
  return niceLimit(Math.max(0.1, logs.length === 0 ? 0 : percentile(logs, 98)));
}

function columnHeadings(y: number, comparison: 'difference' | 'checkerboard'): string {
  const compared = comparison === 'difference' ? 'Difference' : 'Checkerboard';
  const headings: readonly (readonly [string, string])[] = [
    ['Fixed', ''],
    ['Moving', 'before'],
    ['Moved', 'after'],
    [compared, 'before'],
    [compared, 'after'],
    ['Deformation', ''],
  ];
  return headings
    .map(([name, when], index) => panelHeading({ x: COLUMNS[index]!, y, width: COLUMN_WIDTH }, { index, name, when }))
    .join('');
}
