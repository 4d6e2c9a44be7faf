import { concat, mean, pad, reshape, slice, square, subtract, type Tensor } from '../graph/index.ts';
import { clamped } from '../neighbourhood/windows.ts';
import { extentOf } from './displacement.ts';

/** All shifts of up to `reach` voxels along each axis, (2·reach + 1)³ of them, in the order z, y, x. */
export function shiftsWithin(reach: number): readonly (readonly [number, number, number])[] {
  const along = Array.from({ length: 2 * reach + 1 }, (_, n) => n - reach);
  return along.flatMap((z) => along.flatMap((y) => along.map((x) => [z, y, x] as const)));
}

/**
 * A volume, shifted by whole voxels: the n-th of what comes back has at x what `volume` has at x + shift n.
 * @param volume [1, C, D, H, W]
 * @param outside what lies beyond the volume: its border, or zeros
 * @returns (2·reach + 1)³ volumes, in the order of {@link shiftsWithin}
 */
export function shiftedCopies(volume: Tensor, reach: number, outside: 'border' | 'zeros'): readonly Tensor[] {
  const extent = extentOf(volume);
  const rim = [0, 0, reach, reach, reach];
  const wide = outside === 'zeros' ? pad(volume, rim, rim) : clamped(volume, reach);
  const alongAxis = (field: Tensor, axis: 0 | 1 | 2): Tensor[] =>
    Array.from({ length: 2 * reach + 1 }, (_, n) => slice(field, axis + 2, n, n + extent[axis]));
  return alongAxis(wide, 0).flatMap((z) => alongAxis(z, 1).flatMap((y) => alongAxis(y, 2)));
}

/**
 * The mean squared difference of two volumes' features over the channels, at each voxel for each shift of the second
 * volume by whole voxels. Beyond the second volume its border goes on.
 * @param own [1, C, D, H, W]
 * @param other the same
 * @param reach longest shift along each axis, in voxels
 * @returns [1, (2·reach + 1)³, D, H, W], in the order of {@link shiftsWithin}
 */
export function squaredDifferences(own: Tensor, other: Tensor, reach: number): Tensor {
  const extent = extentOf(own);
  const count = 2 * reach + 1;
  const alongAxis = (volume: Tensor, axis: 0 | 1 | 2): Tensor[] =>
    Array.from({ length: count }, (_, n) => slice(volume, axis + 2, n, n + extent[axis]));
  // Shifts along x are compared at once: a graph of many small operations takes long to load, one of few large much
  // memory.
  const rows = alongAxis(clamped(other, reach), 0)
    .flatMap((z) => alongAxis(z, 1))
    .map((y) => mean(square(subtract(own, concat(alongAxis(y, 2), 0))), [1]));
  return reshape(concat(rows, 0), [1, count ** 3, ...extent]);
}
