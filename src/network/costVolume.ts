import { concat, mean, pad, reshape, slice, square, subtract, type Tensor, transpose } from '../graph/index.ts';
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
  const [depth, height, width] = extentOf(own);
  const along = Array.from({ length: 2 * reach + 1 }, (_, n) => n);
  const wide = clamped(other, reach);
  // Few large operations: a graph of many small ones takes long to load. Along z one by one, which bounds the memory.
  const shifted = (volume: Tensor, axis: number, extent: number): Tensor =>
    concat(
      along.map((n) => slice(volume, axis, n, n + extent)),
      0,
    );
  const planes = along.map((n) => {
    const moved = shifted(shifted(slice(wide, 2, n, n + depth), 3, height), 4, width);
    return mean(square(subtract(own, moved)), [1]);
  });
  // Copies are shifted along y first, then along x: their order is x, y.
  const count = along.length;
  const cost = concat(planes, 0);
  return reshape(transpose(reshape(cost, [count, count, count, depth * height * width]), [0, 2, 1, 3]), [
    1,
    count ** 3,
    depth,
    height,
    width,
  ]);
}
