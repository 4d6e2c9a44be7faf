import { UserError } from '../errors.ts';
import type { Grid, Labels, Size, Vec3, Volume } from './grid.ts';
import { linearRow, nearestRow, type Outside } from './interpolate.ts';
import { applyToPoint, column, fromColumns, invert, multiply, scaling, translation } from './matrix.ts';

/** How values are taken between voxels. */
export interface SampleOptions {
  /** Linear (the default) or nearest voxel. Labels always take the nearest. */
  readonly interpolation?: 'linear' | 'nearest';
  /** The value outside the image, or `'edge'` to continue its border. Default: 0. */
  readonly outside?: Outside;
}

/**
 * Samples an image at one position for each voxel of `grid`.
 * @param positionsOfRow writes the positions of the grid's voxels (0, j, k), (1, j, k), … into its third argument: x,
 * y, z for each, as continuous voxel indices of `image`.
 */
export function sampleImage<T extends Volume | Labels>(
  image: T,
  grid: Grid,
  positionsOfRow: (j: number, k: number, positions: Float64Array) => void,
  { interpolation = 'linear', outside = 0 }: SampleOptions = {},
): T {
  const [nx, ny, nz] = grid.size;
  const positions = new Float64Array(3 * nx);
  const source = image.data;
  const out = source instanceof Float32Array ? new Float32Array(nx * ny * nz) : new Int32Array(nx * ny * nz);
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      positionsOfRow(j, k, positions);
      const at = nx * (j + ny * k);
      if (interpolation === 'linear' && source instanceof Float32Array && out instanceof Float32Array) {
        linearRow(source, 0, image.size, positions, outside, out, at);
      } else {
        nearestRow(source, image.size, positions, outside, out, at);
      }
    }
  }
  return { size: grid.size, affine: grid.affine, data: out } as Volume | Labels as T;
}

/**
 * Resamples an image onto another grid; the two are related through world coordinates.
 * @example const onFixed = resampleTo(moving, fixed)
 */
export function resampleTo<T extends Volume | Labels>(image: T, grid: Grid, options: SampleOptions = {}): T {
  const toImage = multiply(invert(image.affine), grid.affine);
  const step = column(toImage, 0);
  const fillRow = (j: number, k: number, positions: Float64Array): void => {
    const [x, y, z] = applyToPoint(toImage, [0, j, k]);
    for (let i = 0; 3 * i < positions.length; i++) {
      positions[3 * i] = x + i * step[0];
      positions[3 * i + 1] = y + i * step[1];
      positions[3 * i + 2] = z + i * step[2];
    }
  };
  return sampleImage(image, grid, fillRow, options);
}

/** The grid that covers the same box in space with another number of voxels: the voxels' outer faces stay in place. */
export function resizedGrid(grid: Grid, size: Size): Grid {
  const ratio: Vec3 = [grid.size[0] / size[0], grid.size[1] / size[1], grid.size[2] / size[2]];
  const centre: Vec3 = [(ratio[0] - 1) / 2, (ratio[1] - 1) / 2, (ratio[2] - 1) / 2];
  return { size, affine: multiply(grid.affine, multiply(translation(centre), scaling(ratio))) };
}

/**
 * A rectangular grid that contains a sheared one. The first axis stays. The second stays in the plane of the first two.
 * The third is at right angles to this plane. Spacings are those across the sheared grid's lines and slices, the centre
 * stays.
 */
export function rightAngledGrid({ size, affine }: Grid): Grid {
  const columns = [column(affine, 0), column(affine, 1), column(affine, 2)] as const;
  const units: Vec3[] = [];
  for (const axis of columns) {
    const across = units.reduce<Vec3>((rest, unit) => plus(rest, unit, -dot(axis, unit)), axis);
    units.push(plus([0, 0, 0], across, 1 / Math.hypot(...across)));
  }
  const [u, v, w] = units as [Vec3, Vec3, Vec3];
  const spacing = [dot(columns[0], u), dot(columns[1], v), dot(columns[2], w)] as const;
  const extent = (unit: Vec3, edge: number): number =>
    Math.ceil(columns.reduce((sum, axis, a) => sum + Math.abs(dot(axis, unit)) * size[a]!, 0) / edge - 1e-6);
  const extents: Size = [extent(u, spacing[0]), extent(v, spacing[1]), extent(w, spacing[2])];
  const middle = applyToPoint(affine, [(size[0] - 1) / 2, (size[1] - 1) / 2, (size[2] - 1) / 2]);
  const [i, j, k] = [u, v, w].map((unit, a) => plus([0, 0, 0], unit, spacing[a]!)) as [Vec3, Vec3, Vec3];
  const origin = [i, j, k].reduce<Vec3>((point, axis, a) => plus(point, axis, -(extents[a]! - 1) / 2), middle);
  return { size: extents, affine: fromColumns(i, j, k, origin) };
}

function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** a + scale · b */
function plus(a: Vec3, b: Vec3, scale: number): Vec3 {
  return [a[0] + scale * b[0], a[1] + scale * b[1], a[2] + scale * b[2]];
}

/**
 * Changes the number of voxels within the same box in space (see `resizedGrid`); the border is continued.
 * Linear for volumes, nearest for labels; there is no smoothing before shrinking.
 * @example const coarse = resize(fixed, [32, 32, 32])
 */
export function resize<T extends Volume | Labels>(image: T, size: Size): T {
  if (size.some((n) => !(Number.isInteger(n) && n > 0))) {
    throw new UserError(`A size of ${size.join('×')} voxels is not possible; give three whole numbers above 0.`);
  }
  return resampleTo(image, resizedGrid(image, size), { outside: 'edge' });
}

/**
 * Crops or pads by whole voxels. Voxel (0, 0, 0) of the result is voxel `offset` of the image; a negative offset pads.
 * Nothing moves in space.
 * @param fill the value of voxels that the image does not have, or `'edge'` to continue its border. Default: 0.
 * @example const padded = cropPad(fixed, [-8, -8, -8], [64, 64, 64])
 */
export function cropPad<T extends Volume | Labels>(image: T, offset: Size, size: Size, fill: Outside = 0): T {
  const [nx, ny, nz] = image.size;
  const [mx, my, mz] = size;
  const source = image.data;
  const out = source instanceof Float32Array ? new Float32Array(mx * my * mz) : new Int32Array(mx * my * mz);
  if (fill !== 'edge' && fill !== 0) out.fill(fill);
  const clamp = (i: number, n: number) => Math.min(Math.max(i, 0), n - 1);
  const from = Math.max(0, -offset[0]);
  const to = Math.min(mx, nx - offset[0]);
  for (let k = 0; k < mz; k++) {
    for (let j = 0; j < my; j++) {
      const y = clamp(j + offset[1], ny);
      const z = clamp(k + offset[2], nz);
      if (fill !== 'edge' && (y !== j + offset[1] || z !== k + offset[2])) continue;
      const row = nx * (y + ny * z);
      const at = mx * (j + my * k);
      if (from < to) out.set(source.subarray(row + from + offset[0], row + to + offset[0]), at + from);
      if (fill !== 'edge') continue;
      out.fill(source[row]!, at, at + Math.min(from, mx));
      out.fill(source[row + nx - 1]!, at + Math.max(to, 0), at + mx);
    }
  }
  const affine = multiply(image.affine, translation(offset));
  return { size, affine, data: out } as Volume | Labels as T;
}
