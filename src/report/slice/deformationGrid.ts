import { hasInterior, jacobianDeterminant } from '../../metric/jacobian.ts';
import { median } from '../../metric/statistics.ts';
import type { Grid, Vec3, Volume, Warp } from '../../volume/grid.ts';
import { spacingOf } from '../../volume/matrix.ts';
import { FOLD_COLOUR, hex, jacobianMap } from '../draw/colourMap.ts';
import { element, group, polyline } from '../draw/svg.ts';
import { displayDisplacement, type SliceView, voxelAt } from './slices.ts';

type Point = readonly [number, number];

/** How {@link deformationGrid} draws. */
interface DeformationGridOptions {
  /** Millimetres between lines (rounded to whole voxels); by default about 26 cells fit the volume's longest side. */
  readonly spacing?: number;
  /** In display millimetres. */
  readonly lineWidth?: number;
  /** Taken off every displacement first, LPS millimetres: see {@link constantTranslation}. */
  readonly translation?: Vec3;
  /** Jacobian determinants on the slice; cells are coloured by their logarithm, folded ones (≤ 0) apart. */
  readonly determinants?: ArrayLike<number>;
  /** The log determinant at the ends of the colour map. */
  readonly limit?: number;
}

/**
 * The displacement that the whole warp has in common: its median by component (LPS millimetres), over a sample of at
 * most about 100 000 voxels. Zero when it is no longer than a voxel, for then it needs no removing.
 */
export function constantTranslation(warp: Warp): Vec3 {
  const count = warp.data.length / 3;
  const stride = Math.max(1, Math.ceil(count / 100000));
  const component = (at: number): number => {
    const sample: number[] = [];
    for (let index = 0; index < count; index += stride) sample.push(warp.data[at * count + index]!);
    return median(sample);
  };
  const translation: Vec3 = [component(0), component(1), component(2)];
  const voxel = Math.min(...spacingOf(warp.affine));
  return Math.hypot(...translation) > voxel ? translation : [0, 0, 0];
}

/**
 * Jacobian determinants on all of the warp's voxels: those on the border, which central differences do not reach, take
 * the value of their neighbour inside. Undefined when an axis is too short for any.
 */
export function determinantsOf(warp: Warp): Volume | undefined {
  if (!hasInterior(warp)) return undefined;
  const interior = jacobianDeterminant(warp);
  const [nx, ny, nz] = warp.size;
  const inside = (index: number, length: number): number => Math.min(length - 3, Math.max(0, index - 1));
  const data = new Float32Array(nx * ny * nz);
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      const row = (nx - 2) * (inside(j, ny) + (ny - 2) * inside(k, nz));
      for (let i = 0; i < nx; i++, at++) data[at] = interior.data[row + inside(i, nx)]!;
    }
  }
  return { size: warp.size, affine: warp.affine, data };
}

/**
 * The deformation on a slice: lines along the fixed grid, each point moved by the in-plane part of its displacement.
 * SVG in display millimetres (see {@link SliceView}), to be clipped to the slice by the caller.
 */
export function deformationGrid(view: SliceView, warp: Warp, options: DeformationGridOptions = {}): string {
  const spacing = options.spacing ?? longestSide(warp) / 26;
  const lineWidth = options.lineWidth ?? 0.15;
  const place = mappedPoint(view, warp, options.translation ?? [0, 0, 0]);
  const columns = linePositions(view.columns, spacing / view.pixelWidth);
  const rows = linePositions(view.rows, spacing / view.pixelHeight);
  const strokes = { fill: 'none', stroke: '#3a3f47', 'stroke-width': lineWidth, 'stroke-linejoin': 'round' };
  if (options.determinants === undefined) {
    const across = rows.map((row) => polyline(range(columns[0]!, columns.at(-1)!).map((column) => place(column, row))));
    const along = columns.map((column) => polyline(range(rows[0]!, rows.at(-1)!).map((row) => place(column, row))));
    return element('path', { d: [...across, ...along].join(''), ...strokes });
  }
  const cells = new Map<string, string>();
  for (let r = 0; r + 1 < rows.length; r++) {
    for (let c = 0; c + 1 < columns.length; c++) {
      const box = { left: columns[c]!, right: columns[c + 1]!, top: rows[r]!, bottom: rows[r + 1]! };
      const colour = cellColour(view.columns, options.determinants, box, options.limit ?? 1);
      cells.set(colour, (cells.get(colour) ?? '') + polyline(outline(box, place), true));
    }
  }
  // In the order of their names, folded cells last, so that the same warp always gives the same file.
  const order = [...cells.keys()].sort(
    (a, b) => Number(a === FOLD_COLOUR) - Number(b === FOLD_COLOUR) || (a < b ? -1 : 1),
  );
  const paths = order.map((fill) => {
    // A folded cell has little area or none: a line around it keeps it in sight.
    const outlined = fill === FOLD_COLOUR ? { stroke: FOLD_COLOUR, 'stroke-width': lineWidth * 2.5 } : {};
    return element('path', { fill, ...outlined, d: cells.get(fill) as string });
  });
  return group(strokes, ...paths);
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where the centre of the pixel (column, row) goes. */
function mappedPoint(view: SliceView, warp: Warp, translation: Vec3): (column: number, row: number) => Point {
  const project = displayDisplacement(view, warp.affine);
  const count = warp.data.length / 3;
  return (column, row) => {
    const index = voxelAt(view, warp.size, column, row);
    const [right, down] = project([
      warp.data[index]! - translation[0],
      warp.data[count + index]! - translation[1],
      warp.data[2 * count + index]! - translation[2],
    ]);
    return [(column + 0.5) * view.pixelWidth + right, (row + 0.5) * view.pixelHeight + down];
  };
}

/** The extent of a grid along its longest axis, in millimetres. */
function longestSide(grid: Grid): number {
  const spacing = spacingOf(grid.affine);
  return Math.max(...grid.size.map((length, axis) => length * spacing[axis]!));
}

/** Every so many pixels, with what is left over shared between both ends. */
function linePositions(length: number, spacing: number): number[] {
  const step = Math.max(1, Math.round(spacing));
  const positions: number[] = [];
  for (let at = Math.floor(((length - 1) % step) / 2); at < length; at += step) positions.push(at);
  return positions;
}

/** Whole numbers from `from` to `to`, both included, in either direction. */
function range(from: number, to: number): number[] {
  const step = from <= to ? 1 : -1;
  return Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => from + step * index);
}

/** A cell's four sides through every pixel on them, each corner once. */
function outline(box: Box, place: (column: number, row: number) => Point): Point[] {
  return [
    ...range(box.left, box.right - 1).map((column) => place(column, box.top)),
    ...range(box.top, box.bottom - 1).map((row) => place(box.right, row)),
    ...range(box.right, box.left + 1).map((column) => place(column, box.bottom)),
    ...range(box.bottom, box.top + 1).map((row) => place(box.left, row)),
  ];
}

/**
 * The colour of the mean log determinant of a cell's pixels, in 32 steps, or the folds' colour if one of them folds.
 */
function cellColour(columns: number, determinants: ArrayLike<number>, box: Box, limit: number): string {
  let sum = 0;
  let count = 0;
  for (let row = box.top; row <= box.bottom; row++) {
    for (let column = box.left; column <= box.right; column++) {
      const determinant = determinants[column + columns * row]!;
      if (!(determinant > 0)) return FOLD_COLOUR;
      sum += Math.log(determinant);
      count++;
    }
  }
  const value = Math.max(-1, Math.min(1, sum / count / limit));
  return hex(jacobianMap(Math.round(value * 16) / 16));
}
