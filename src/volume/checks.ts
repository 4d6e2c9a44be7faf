import { UserError } from '../errors.ts';
import type { Grid, Vec3, Volume } from './grid.ts';
import { applyToPoint, invert, spacingOf } from './matrix.ts';

/** The number of voxels of a grid. */
export function voxelCount({ size }: Grid): number {
  return size[0] * size[1] * size[2];
}

/** Whether a point, RAS mm, lies in a voxel of a grid. */
export function isInside({ size, affine }: Grid, point: Vec3): boolean {
  return applyToPoint(invert(affine), point).every((value, axis) => value >= -0.5 && value <= size[axis]! - 0.5);
}

/** Whether two grids have the same voxels: equal sizes, and all corners within a hundredth of a voxel of each other. */
export function sameGrid(a: Grid, b: Grid): boolean {
  if (a.size.some((n, axis) => n !== b.size[axis])) return false;
  const tolerance = 0.01 * Math.min(...spacingOf(a.affine), ...spacingOf(b.affine));
  for (let corner = 0; corner < 8; corner++) {
    const index: Vec3 = [
      corner & 1 ? a.size[0] - 1 : 0,
      corner & 2 ? a.size[1] - 1 : 0,
      corner & 4 ? a.size[2] - 1 : 0,
    ];
    const p = applyToPoint(a.affine, index);
    const q = applyToPoint(b.affine, index);
    if (Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) > tolerance) return false;
  }
  return true;
}

/**
 * Demands that two images lie on one grid.
 * @param nameA what the first is called in the message, for instance its file name.
 * @throws UserError that says how the grids differ.
 */
export function assertSameGrid(a: Grid, b: Grid, nameA: string, nameB: string): void {
  if (sameGrid(a, b)) return;
  const sizes =
    a.size.join('×') === b.size.join('×') ? undefined : `${a.size.join('×')} and ${b.size.join('×')} voxels`;
  throw new UserError(
    sizes
      ? `${nameA} and ${nameB} differ in size (${sizes}); resample one onto the other's grid.`
      : `${nameA} and ${nameB} have the same size but lie differently in space; resample one onto the other's grid.`,
  );
}

/**
 * Demands that every number is finite.
 * @throws UserError that counts the voxels that are NaN or infinite.
 */
export function assertFinite(data: ArrayLike<number>, name: string): void {
  let bad = 0;
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) bad++;
  if (bad === 0) return;
  const voxels = bad === 1 ? '1 voxel that is' : `${bad} voxels that are`;
  throw new UserError(`${name} has ${voxels} not a finite number (NaN or infinity); replace them, for instance by 0.`);
}

/** What tells a segmentation from an image. */
interface ValueSummary {
  /** Whether all values are whole numbers (within 0.001: some writers store labels scaled). */
  readonly integers: boolean;
  readonly min: number;
  readonly max: number;
  /** The number of distinct values, counted up to 4096. */
  readonly distinct: number;
  /** Voxels that are neither 0 nor of the most frequent value. */
  readonly foreground: number;
  /**
   * Among neighbours along an axis that are both in the foreground, the share with equal values, along the axis where
   * it is largest.
   */
  readonly agreement: number;
  /** Pairs of neighbours along any axis, both in the foreground, that have different values. */
  readonly different: number;
}

/** Summarises the values of an image, laid out with x fastest; whichever way the axes run, the summary is the same. */
export function summariseValues(data: ArrayLike<number>, [nx, ny, nz]: Vec3): ValueSummary {
  let integers = true;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  const counts = new Map<number, number>();
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!(Math.abs(value - Math.round(value)) <= 1e-3)) integers = false;
    if (value < min) min = value;
    if (value > max) max = value;
    const count = counts.get(value);
    if (count !== undefined) counts.set(value, count + 1);
    else if (counts.size < 4096) counts.set(value, 1);
  }
  let background = 0;
  let most = 0;
  for (const [value, count] of counts) if (count > most) [background, most] = [value, count];

  let foreground = 0;
  const equal: [number, number, number] = [0, 0, 0];
  const different: [number, number, number] = [0, 0, 0];
  const compare = (axis: 0 | 1 | 2, value: number, before: number): void => {
    if (before === value) equal[axis]++;
    else if (before !== 0 && before !== background) different[axis]++;
  };
  for (let k = 0, n = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, n++) {
        const value = data[n]!;
        if (value === 0 || value === background) continue;
        foreground++;
        if (i > 0) compare(0, value, data[n - 1]!);
        if (j > 0) compare(1, value, data[n - nx]!);
        if (k > 0) compare(2, value, data[n - nx * ny]!);
      }
    }
  }
  const shares = equal.map((count, axis) => (count === 0 ? 0 : count / (count + different[axis]!)));
  return {
    integers,
    min,
    max,
    distinct: counts.size,
    foreground,
    agreement: Math.max(...shares),
    different: different.reduce((sum, count) => sum + count, 0),
  };
}

/** Up to this many whole numbers count as labels without a look at their neighbourhoods. */
const fewLabels = 16;

/**
 * Whether values can be labels. They must be whole numbers from 0. One of three must hold. There are few of them. Or
 * most equal their neighbours along some axis; thin layers do so along two. Or they lie apart from each other, like
 * landmarks of one voxel.
 */
export function canBeLabels({ integers, min, distinct, foreground, agreement, different }: ValueSummary): boolean {
  return integers && min >= 0 && (distinct <= fewLabels || agreement >= 0.5 || different <= foreground / 2);
}

/**
 * Whether a volume given as an image looks like a segmentation: whole numbers from 0, few distinct or in uniform
 * regions. A constant volume does not count. A piecewise constant phantom does, so warn rather than refuse.
 */
export function looksLikeLabels(volume: Volume): boolean {
  const summary = summariseValues(volume.data, volume.size);
  return summary.distinct > 1 && canBeLabels(summary);
}
