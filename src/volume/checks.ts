import { UserError } from '../errors.ts';
import type { Grid, Vec3, Volume } from './grid.ts';
import { applyToPoint, spacingOf } from './matrix.ts';

/** The number of voxels of a grid. */
export function voxelCount({ size }: Grid): number {
  return size[0] * size[1] * size[2];
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
export interface ValueSummary {
  /** Whether all values are whole numbers (within 0.001: some writers store labels scaled). */
  readonly integers: boolean;
  readonly min: number;
  readonly max: number;
  /** The number of distinct values, counted up to 4096. */
  readonly distinct: number;
  /** Among neighbours along x that are not both 0, the share with equal values: near 1 in a segmentation, low in an image. */
  readonly agreement: number;
}

/** Summarises the values of an image of `nx` voxels a row. */
export function summariseValues(data: ArrayLike<number>, nx: number): ValueSummary {
  let integers = true;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let pairs = 0;
  let equal = 0;
  const values = new Set<number>();
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!(Math.abs(value - Math.round(value)) <= 1e-3)) integers = false;
    if (value < min) min = value;
    if (value > max) max = value;
    if (values.size < 4096) values.add(value);
    if (i % nx === 0) continue;
    const before = data[i - 1]!;
    if (value === 0 && before === 0) continue;
    pairs++;
    if (value === before) equal++;
  }
  return { integers, min, max, distinct: values.size, agreement: pairs === 0 ? 1 : equal / pairs };
}

/** Up to this many whole numbers count as labels without a look at their neighbourhoods. */
const fewLabels = 16;

/** Whether values can be labels: whole numbers from 0, either few, or mostly equal to their neighbours. */
export function canBeLabels({ integers, min, distinct, agreement }: ValueSummary): boolean {
  return integers && min >= 0 && (distinct <= fewLabels || agreement >= 0.5);
}

/**
 * Whether a volume given as an image looks like a segmentation: whole numbers from 0, few distinct or in uniform regions.
 * A constant volume does not count. A piecewise constant phantom does, so warn rather than refuse.
 */
export function looksLikeLabels(volume: Volume): boolean {
  const summary = summariseValues(volume.data, volume.size[0]);
  return summary.distinct > 1 && canBeLabels(summary);
}
