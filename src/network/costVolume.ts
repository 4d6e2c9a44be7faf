import { concat, mean, pad, reshape, slice, square, subtract, type Tensor } from '../graph/index.ts';
import { clamped } from '../neighbourhood/windows.ts';
import { extentOf } from './displacement.ts';

/** All shifts of up to `reach` voxels along each axis, (2·reach + 1)³ of them, in the order z, y, x. */
export function shiftsWithin(reach: number): readonly (readonly [number, number, number])[] {
  const along = Array.from({ length: 2 * reach + 1 }, (_, n) => n - reach);
  return along.flatMap((z) => along.flatMap((y) => along.map((x) => [z, y, x] as const)));
}

/** The parts of a volume with a rim that lie so many voxels further along an axis, one after the other. */
function partsAlong(wide: Tensor, axis: 0 | 1 | 2, reach: number, extent: number): Tensor[] {
  return Array.from({ length: 2 * reach + 1 }, (_, n) => slice(wide, axis + 2, n, n + extent));
}

/**
 * A volume, shifted by whole voxels: the n-th of what comes back has at x what `volume` has at x + shift n. Beyond the
 * volume there are zeros.
 * @param volume [1, C, D, H, W]
 * @returns (2·reach + 1)³ volumes, in the order of {@link shiftsWithin}
 */
export function shiftedCopies(volume: Tensor, reach: number): readonly Tensor[] {
  const [depth, height, width] = extentOf(volume);
  const rim = [0, 0, reach, reach, reach];
  return partsAlong(pad(volume, rim, rim), 0, reach, depth)
    .flatMap((z) => partsAlong(z, 1, reach, height))
    .flatMap((y) => partsAlong(y, 2, reach, width));
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
  // Shifts along x are compared at once: a graph of many small operations takes long to load, one of few large much
  // memory. They are cut first, since rows of x are the slowest to cut.
  const rows = partsAlong(clamped(other, reach), 0, reach, depth)
    .map((z) => concat(partsAlong(z, 2, reach, width), 0))
    .flatMap((z) => partsAlong(z, 1, reach, height))
    .map((shifted) => mean(square(subtract(own, shifted)), [1]));
  return reshape(concat(rows, 0), [1, (2 * reach + 1) ** 3, depth, height, width]);
}
