import type { Mat4, Size, Vec3 } from '../volume/grid.ts';
import { percentiles } from '../volume/percentile.ts';
import { defineMeasure } from './measure.ts';
import { type SurfaceDistances, surfaceDistances } from './surface.ts';

/**
 * The 95th percentile of the Hausdorff distance between one label of two segmentations, in mm. Each surface voxel of
 * one region has a distance to the nearest of the other ({@link surfaceDistances}). The 95th percentile of these is
 * taken in both directions, with linear interpolation; the larger one counts.
 * @param a label of each voxel, index = i + nx·(j + ny·k).
 * @param b the same of the other segmentation, on the same grid.
 * @param space the grid's affine, or the spacing along x, y and z in mm of axes at right angles.
 * @returns NaN when either segmentation lacks the label.
 * @example const mm = hd95(fixedLabels.data, movedLabels.data, fixedLabels.size, fixedLabels.affine, 1)
 */
export function hd95(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  size: Size,
  space: Vec3 | Mat4,
  label: number,
): number {
  return largest95(surfaceDistances(a, b, size, space, label));
}

function largest95(distances: SurfaceDistances | undefined): number {
  if (!distances) return Number.NaN;
  const of = (values: readonly number[]): number => percentiles(values, [95])[0]!;
  return Math.max(of(distances.fromFirst), of(distances.fromSecond));
}

/** {@link hd95} as a measure. */
export const hausdorff95 = defineMeasure({
  key: 'hd95',
  name: 'HD95',
  summary: '95th percentile of the Hausdorff distance between surfaces',
  unit: 'mm',
  digits: 2,
  better: 'less',
  watched: true,
  needs: 'labels',
  of: ({ surfaces }) => largest95(surfaces()),
});
