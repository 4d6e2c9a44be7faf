import {
  add,
  boxSumMatrix,
  cast,
  clip,
  divide,
  greater,
  linearAlongAxis,
  type Matrix,
  matrix,
  multiply,
  sqrt,
  square,
  subtract,
  type Tensor,
} from '../graph/index.ts';
import { weightedMean } from './weightedMean.ts';

/** Applies a map along each of the three axes of [1, C, D, H, W] in turn: a separable filter. */
function separable(x: Tensor, map: (extent: number) => Matrix): Tensor {
  return [2, 3, 4].reduce((volume, axis) => linearAlongAxis(volume, axis, map(volume.shape[axis]!)), x);
}

/** Sum over a cubic window of odd width; zeros outside the volume. */
export function boxSum(x: Tensor, width: number): Tensor {
  return separable(x, (extent) => boxSumMatrix(extent, width));
}

/** Mean over a cubic window of odd width; beyond the volume its border goes on. */
export function boxMean(x: Tensor, width: number): Tensor {
  const reach = (width - 1) / 2;
  return separable(x, (extent) => {
    const map = matrix(extent, extent, () => 0);
    for (let row = 0; row < extent; row++)
      for (let at = row - reach; at <= row + reach; at++)
        map.values[row * extent + Math.min(Math.max(at, 0), extent - 1)]! += 1 / width;
    return map;
  });
}

/** Gaussian weight of a voxel at a distance, cut off at 3 SD; 1 in the middle. */
function gaussianWeight(distance: number, sigma: number): number {
  return Math.abs(distance) > 3 * sigma ? 0 : Math.exp(-(distance ** 2) / (2 * sigma ** 2));
}

/** Sum with Gaussian weights of SD `sigma` voxels, cut off at 3 SD, 1 in the middle; zeros outside the volume. */
export function gaussianSum(x: Tensor, sigma: number): Tensor {
  return separable(x, (extent) => matrix(extent, extent, (row, column) => gaussianWeight(row - column, sigma)));
}

/** Mean with Gaussian weights of SD `sigma` voxels, cut off at 3 SD; only voxels of the volume count. */
export function gaussianMean(x: Tensor, sigma: number): Tensor {
  return separable(x, (extent) => {
    const voxels = Array.from({ length: extent }, (_, n) => n);
    const totals = voxels.map((row) => voxels.reduce((sum, column) => sum + gaussianWeight(row - column, sigma), 0));
    return matrix(extent, extent, (row, column) => gaussianWeight(row - column, sigma) / totals[row]!);
  });
}

/** x at the voxel `offset` further along an axis; beyond the volume its border goes on (`edge`), or there are zeros. */
export function shifted(x: Tensor, axis: number, offset: number, outside: 'edge' | 'zeros'): Tensor {
  const extent = x.shape[axis]!;
  const inside = (at: number): number => (outside === 'edge' ? Math.min(Math.max(at, 0), extent - 1) : at);
  return linearAlongAxis(
    x,
    axis,
    matrix(extent, extent, (row, column) => (column === inside(row + offset) ? 1 : 0)),
  );
}

/** A volume with a rim of `reach` voxels on all sides, in which its border goes on. */
export function clamped(x: Tensor, reach: number): Tensor {
  return extended(x, [reach, reach, reach], [reach, reach, reach]);
}

/** A volume with more voxels along each axis, in which its border goes on. */
export function extended(x: Tensor, before: readonly number[], after: readonly number[]): Tensor {
  return before.reduce((volume, first, axis) => {
    const extent = volume.shape[axis + 2]!;
    const rows = first + extent + after[axis]!;
    if (rows === extent) return volume;
    const source = (row: number): number => Math.min(Math.max(row - first, 0), extent - 1);
    return linearAlongAxis(
      volume,
      axis + 2,
      matrix(rows, extent, (row, column) => (column === source(row) ? 1 : 0)),
    );
  }, x);
}

/**
 * The weights of those voxels around which everything within `reach` voxels counts, and 0 at all others. What is
 * computed from such a neighbourhood does not depend on anything outside the field of view.
 * @param weight [1, 1, D, H, W]; beyond the volume its border goes on
 */
export function eroded(weight: Tensor, reach: number): Tensor {
  const width = 2 * reach + 1;
  const outside = subtract(1, cast(greater(weight, 0), 'float32'));
  // A single voxel outside is 1 / width³ of the window.
  return multiply(weight, subtract(1, clip(multiply(boxMean(outside, width), 2 * width ** 3), 0, 1)));
}

/** Mean 0 and SD 1 over all voxels, or those that count; a constant volume becomes 0. */
export function standardised(x: Tensor, weight?: Tensor): Tensor {
  const centred = subtract(x, weightedMean(x, weight));
  return divide(centred, sqrt(add(weightedMean(square(centred), weight), 1e-6)));
}
