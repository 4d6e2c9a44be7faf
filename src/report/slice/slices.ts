import { assertSameGrid } from '../../volume/checks.ts';
import type { Grid, Labels, Mat4, Vec3 } from '../../volume/grid.ts';
import {
  type Axis,
  applyToPoint,
  applyToVector,
  closestAxes,
  type Direction,
  flipRasLps,
  invert,
  multiply,
  spacingOf,
} from '../../volume/matrix.ts';

/** The three planes, in the order a figure shows them. */
export const PLANES = ['axial', 'coronal', 'sagittal'] as const;
export type Plane = (typeof PLANES)[number];

/**
 * How one slice of a grid is shown, in radiological convention. The patient's right is on the left of the picture.
 * Anterior is at the top of axial slices and on the left of sagittal ones. Superior is at the top of the others.
 * Display coordinates are millimetres from the top left corner of the picture. Pixel (column, row) covers [column,
 * column + 1) × [row, row + 1) pixel sizes.
 */
export interface SliceView {
  readonly plane: Plane;
  /** Voxel axis across the slice, and the position along it. */
  readonly axis: Axis;
  readonly index: number;
  /** Voxel directions towards the right and towards the bottom of the picture. */
  readonly right: Direction;
  readonly down: Direction;
  readonly columns: number;
  readonly rows: number;
  /** Millimetres. */
  readonly pixelWidth: number;
  readonly pixelHeight: number;
  readonly width: number;
  readonly height: number;
  /** Letters for the left, right, top and bottom edges. */
  readonly marks: { readonly left: string; readonly right: string; readonly top: string; readonly bottom: string };
}

/** World axes (RAS: 0 right, 1 anterior, 2 superior) that are shown leftwards, upwards and across, for each plane. */
const LAYOUT: Readonly<Record<Plane, readonly [Axis, Axis, Axis]>> = {
  axial: [0, 1, 2],
  coronal: [0, 2, 1],
  sagittal: [1, 2, 0],
};

const LETTERS = [
  ['R', 'L'],
  ['A', 'P'],
  ['S', 'I'],
] as const;

function reversed(direction: Direction): Direction {
  return { axis: direction.axis, step: direction.step === 1 ? -1 : 1 };
}

/** The view of a plane through the voxel `position` (indices along the voxel axes; rounded and clamped). */
export function sliceView(grid: Grid, plane: Plane, position: Vec3): SliceView {
  const toWorld = closestAxes(grid.affine);
  const [leftward, upward, across] = LAYOUT[plane];
  const right = reversed(toWorld[leftward]);
  const down = reversed(toWorld[upward]);
  const { axis } = toWorld[across];
  const spacing = spacingOf(grid.affine);
  const columns = grid.size[right.axis];
  const rows = grid.size[down.axis];
  const pixelWidth = spacing[right.axis];
  const pixelHeight = spacing[down.axis];
  return {
    plane,
    axis,
    index: Math.min(grid.size[axis] - 1, Math.max(0, Math.round(position[axis]))),
    right,
    down,
    columns,
    rows,
    pixelWidth,
    pixelHeight,
    width: columns * pixelWidth,
    height: rows * pixelHeight,
    marks: {
      left: LETTERS[leftward][0],
      right: LETTERS[leftward][1],
      top: LETTERS[upward][0],
      bottom: LETTERS[upward][1],
    },
  };
}

/** The index in the volume's data of the pixel (column, row) of a view. */
export function voxelAt(view: SliceView, size: Grid['size'], column: number, row: number): number {
  const voxel = [0, 0, 0];
  voxel[view.axis] = view.index;
  voxel[view.right.axis] = view.right.step === 1 ? column : view.columns - 1 - column;
  voxel[view.down.axis] = view.down.step === 1 ? row : view.rows - 1 - row;
  return voxel[0]! + size[0] * (voxel[1]! + size[1] * voxel[2]!);
}

/** The values of a slice, row by row from the top left. `data` is one value a voxel, laid out as in a volume. */
export function extractSlice(view: SliceView, size: Grid['size'], data: ArrayLike<number>): Float32Array {
  const out = new Float32Array(view.columns * view.rows);
  for (let row = 0, at = 0; row < view.rows; row++) {
    for (let column = 0; column < view.columns; column++, at++) {
      out[at] = data[voxelAt(view, size, column, row)]!;
    }
  }
  return out;
}

/**
 * Turns displacements in LPS millimetres into display millimetres (right, down) of a view.
 * They pass through voxel coordinates, so that oblique grids are shown undistorted.
 */
export function displayDisplacement(view: SliceView, affine: Mat4): (u: Vec3) => readonly [number, number] {
  const toVoxels = multiply(invert(affine), flipRasLps);
  return (u) => {
    const voxels = applyToVector(toVoxels, u);
    return [
      view.right.step * view.pixelWidth * voxels[view.right.axis],
      view.down.step * view.pixelHeight * voxels[view.down.axis],
    ];
  };
}

/** The angle between a slice and the anatomical plane whose name it bears, in degrees; 0 unless the grid is oblique. */
export function tiltOf(view: SliceView, affine: Mat4): number {
  const normal = invert(affine).slice(4 * view.axis, 4 * view.axis + 3);
  const across = normal[LAYOUT[view.plane][2]]!;
  return (Math.acos(Math.min(1, Math.abs(across) / Math.hypot(...normal))) * 180) / Math.PI;
}

/** A point as a slice shows it. */
interface DisplayPoint {
  /** Display millimetres (right, down); outside of the picture for a point outside of the grid. */
  readonly at: readonly [number, number];
  /** Millimetres from the slice, perpendicular to it; positive towards higher indices. */
  readonly distance: number;
}

/** Turns world points (RAS mm) into points of a view, through voxel coordinates as {@link displayDisplacement} does. */
export function displayPoint(view: SliceView, affine: Mat4): (world: Vec3) => DisplayPoint {
  const toVoxels = invert(affine);
  // A row of the inverse is the gradient of an index, so its length is slices a millimetre.
  const thickness = 1 / Math.hypot(...toVoxels.slice(4 * view.axis, 4 * view.axis + 3));
  const along = ({ axis, step }: Direction, count: number, voxel: Vec3): number =>
    (step === 1 ? voxel[axis] : count - 1 - voxel[axis]) + 0.5;
  return (world) => {
    const voxel = applyToPoint(toVoxels, world);
    return {
      at: [
        along(view.right, view.columns, voxel) * view.pixelWidth,
        along(view.down, view.rows, voxel) * view.pixelHeight,
      ],
      distance: (voxel[view.axis] - view.index) * thickness,
    };
  };
}

/** Where a figure cuts: the centroid of all labels, or the middle of the grid where there are none. Voxel indices. */
export function defaultPosition(grid: Grid, labels?: Labels): Vec3 {
  const [nx, ny, nz] = grid.size;
  const middle: Vec3 = [(nx - 1) / 2, (ny - 1) / 2, (nz - 1) / 2];
  if (labels === undefined) return middle;
  const sum = [0, 0, 0];
  let count = 0;
  for (let index = 0; index < labels.data.length; index++) {
    if (labels.data[index] === 0) continue;
    sum[0]! += index % nx;
    sum[1]! += Math.floor(index / nx) % ny;
    sum[2]! += Math.floor(index / (nx * ny));
    count++;
  }
  return count === 0 ? middle : [sum[0]! / count, sum[1]! / count, sum[2]! / count];
}

/** Squares of about an eighth of the picture, in turn from one image and from the other. */
export function checkerboard(view: SliceView, a: Float32Array, b: Float32Array): Float32Array {
  const square = Math.max(view.width, view.height) / 8;
  return a.map((value, index) => {
    const x = ((index % view.columns) + 0.5) * view.pixelWidth;
    const y = (Math.floor(index / view.columns) + 0.5) * view.pixelHeight;
    return (Math.floor(x / square) + Math.floor(y / square)) % 2 === 0 ? value : b[index]!;
  });
}

/**
 * Refuses inputs of a figure that do not lie on the fixed image's grid.
 * @param others under the names that the message calls them; those left out count as fitting
 * @throws UserError that names the first that does not fit
 */
export function assertOnFixedGrid(fixed: Grid, others: Readonly<Record<string, Grid | undefined>>): void {
  for (const [name, grid] of Object.entries(others)) {
    if (grid !== undefined) assertSameGrid(fixed, grid, 'The fixed image', `the ${name}`);
  }
}
