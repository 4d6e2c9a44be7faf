import type { Mat4, Vec3 } from './grid.ts';

/** The 4×4 identity. */
export const identity: Mat4 = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** A matrix that scales the three axes. */
export function scaling([x, y, z]: Vec3): Mat4 {
  return [x, 0, 0, 0, 0, y, 0, 0, 0, 0, z, 0, 0, 0, 0, 1];
}

/** A matrix that shifts a point by `offset`. */
export function translation([x, y, z]: Vec3): Mat4 {
  return [1, 0, 0, x, 0, 1, 0, y, 0, 0, 1, z, 0, 0, 0, 1];
}

/** Changes a point or a vector between RAS and LPS (its own inverse): x and y change sign. */
export const flipRasLps: Mat4 = scaling([-1, -1, 1]);

/**
 * Builds an affine from its columns: the world vectors of one step along i, j and k, and the position of voxel (0, 0,
 * 0).
 */
export function fromColumns(i: Vec3, j: Vec3, k: Vec3, origin: Vec3): Mat4 {
  return [i[0], j[0], k[0], origin[0], i[1], j[1], k[1], origin[1], i[2], j[2], k[2], origin[2], 0, 0, 0, 1];
}

/** Column `index` (0, 1, 2: axis directions; 3: origin) of an affine, without its last row. */
export function column(matrix: Mat4, index: 0 | 1 | 2 | 3): Vec3 {
  return [matrix[index]!, matrix[4 + index]!, matrix[8 + index]!];
}

/** The matrix that applies `b`, then `a`. */
export function multiply(a: Mat4, b: Mat4): Mat4 {
  const out = new Array<number>(16);
  for (let row = 0; row < 4; row++) {
    for (let col = 0; col < 4; col++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += a[4 * row + k]! * b[4 * k + col]!;
      out[4 * row + col] = sum;
    }
  }
  return out;
}

/** Applies an affine to a point. */
export function applyToPoint(matrix: Mat4, point: Vec3): Vec3 {
  const x = point[0];
  const y = point[1];
  const z = point[2];
  return [
    matrix[0]! * x + matrix[1]! * y + matrix[2]! * z + matrix[3]!,
    matrix[4]! * x + matrix[5]! * y + matrix[6]! * z + matrix[7]!,
    matrix[8]! * x + matrix[9]! * y + matrix[10]! * z + matrix[11]!,
  ];
}

/** Applies an affine to points. */
export function applyToPoints(matrix: Mat4, points: readonly Vec3[]): Vec3[] {
  return points.map((point) => applyToPoint(matrix, point));
}

/** Applies an affine to a vector: its translation is left out. */
export function applyToVector(matrix: Mat4, vector: Vec3): Vec3 {
  const x = vector[0];
  const y = vector[1];
  const z = vector[2];
  return [
    matrix[0]! * x + matrix[1]! * y + matrix[2]! * z,
    matrix[4]! * x + matrix[5]! * y + matrix[6]! * z,
    matrix[8]! * x + matrix[9]! * y + matrix[10]! * z,
  ];
}

/** Determinant of the upper left 3×3 part: the signed volume of a voxel; negative for a left-handed grid. */
export function determinant(m: Mat4): number {
  return (
    m[0]! * (m[5]! * m[10]! - m[6]! * m[9]!) -
    m[1]! * (m[4]! * m[10]! - m[6]! * m[8]!) +
    m[2]! * (m[4]! * m[9]! - m[5]! * m[8]!)
  );
}

/** Whether the 3×3 part can be inverted in floating point: finite, and its columns span a volume. */
export function isInvertible(matrix: Mat4): boolean {
  const [x, y, z] = spacingOf(matrix);
  const ratio = Math.abs(determinant(matrix)) / (x * y * z);
  return matrix.every(Number.isFinite) && ratio > 1e-6;
}

/**
 * Inverts an affine (last row 0 0 0 1).
 * @throws RangeError when the matrix is singular.
 */
export function invert(m: Mat4): Mat4 {
  const det = determinant(m);
  if (!(Math.abs(det) > 0) || !Number.isFinite(det)) throw new RangeError('The affine matrix is singular.');
  const a = (m[5]! * m[10]! - m[6]! * m[9]!) / det;
  const b = (m[2]! * m[9]! - m[1]! * m[10]!) / det;
  const c = (m[1]! * m[6]! - m[2]! * m[5]!) / det;
  const d = (m[6]! * m[8]! - m[4]! * m[10]!) / det;
  const e = (m[0]! * m[10]! - m[2]! * m[8]!) / det;
  const f = (m[2]! * m[4]! - m[0]! * m[6]!) / det;
  const g = (m[4]! * m[9]! - m[5]! * m[8]!) / det;
  const h = (m[1]! * m[8]! - m[0]! * m[9]!) / det;
  const i = (m[0]! * m[5]! - m[1]! * m[4]!) / det;
  const [x, y, z] = [m[3]!, m[7]!, m[11]!];
  return [
    ...[a, b, c, -(a * x + b * y + c * z)],
    ...[d, e, f, -(d * x + e * y + f * z)],
    ...[g, h, i, -(g * x + h * y + i * z)],
    ...[0, 0, 0, 1],
  ];
}

/** The distance in millimetres between neighbouring voxels along i, j and k. */
export function spacingOf(affine: Mat4): Vec3 {
  const length = (axis: 0 | 1 | 2) => Math.hypot(...column(affine, axis));
  return [length(0), length(1), length(2)];
}

/**
 * Whether the axes of a grid are not at right angles, as of a CT with a tilted gantry; rounding in a header does not
 * count.
 */
export function isSheared(affine: Mat4): boolean {
  const [x, y, z] = spacingOf(affine);
  const [i, j, k] = [column(affine, 0), column(affine, 1), column(affine, 2)];
  const dot = (a: Vec3, b: Vec3): number => Math.abs(a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
  return Math.max(dot(i, j) / (x * y), dot(i, k) / (x * z), dot(j, k) / (y * z)) > 1e-5;
}

/** The edge in mm of a cube as large as a voxel. */
export function voxelEdge(affine: Mat4): number {
  const [x, y, z] = spacingOf(affine);
  return Math.cbrt(isSheared(affine) ? Math.abs(determinant(affine)) : x * y * z);
}

/**
 * Three letters that say where the axes i, j, k of a grid point, such as `RAS` or `LPI`: to the Right or Left, Anterior
 * or Posterior, Superior or Inferior. An oblique grid gets the letters of the closest assignment of its axes to the
 * world axes.
 */
export function orientationOf(affine: Mat4): string {
  const directions = ([0, 1, 2] as const).map((axis) => column(affine, axis));
  const spacing = spacingOf(affine);
  let best = { score: Number.NEGATIVE_INFINITY, order: [0, 1, 2] };
  for (const order of permutations) {
    const score = order.reduce((sum, world, axis) => sum + Math.abs(directions[axis]![world]!) / spacing[axis]!, 0);
    if (score > best.score) best = { score, order };
  }
  return best.order.map((world, axis) => (directions[axis]![world]! < 0 ? 'LPI' : 'RAS')[world]).join('');
}

const permutations = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

/** A voxel axis: 0 along i, 1 along j, 2 along k. */
export type Axis = 0 | 1 | 2;

/** One display direction: the voxel axis it runs along, and whether it runs with or against the index. */
export interface Direction {
  readonly axis: Axis;
  readonly step: 1 | -1;
}

/** For each world axis (RAS) the voxel axis closest to it, and whether the index grows with the coordinate. */
export function closestAxes(affine: Mat4): readonly [Direction, Direction, Direction] {
  const letters = [...orientationOf(affine)];
  const direction = (positive: string, negative: string): Direction => {
    const axis = letters.findIndex((letter) => letter === positive || letter === negative) as Axis;
    return { axis, step: letters[axis] === positive ? 1 : -1 };
  };
  return [direction('R', 'L'), direction('A', 'P'), direction('S', 'I')];
}
