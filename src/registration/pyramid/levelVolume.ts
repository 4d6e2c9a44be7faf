import { fieldOfView } from '../../preparation/preprocessing.ts';
import { mapTriple } from '../../triple.ts';
import type { Grid, Mask, Vec3, Volume } from '../../volume/grid.ts';
import { spacingOf } from '../../volume/matrix.ts';
import { resampleTo } from '../../volume/resample.ts';
import { gaussianSmoothed } from '../../volume/smooth.ts';

/** A volume on a level's grid. */
interface LevelVolume {
  /** [D, H, W] */
  readonly values: Float32Array;
  /** [D, H, W]: 1 where the volume has data that count, 0 elsewhere. */
  readonly mask: Float32Array;
}

/**
 * A volume on a level's grid, smoothed first so that nothing finer than its voxels is left.
 * @param mask on the volume's own grid; all of it when left out
 */
export function levelVolume(volume: Volume, mask: Mask | undefined, grid: Grid): LevelVolume {
  const data = gaussianSmoothed(volume.data, volume.size, blur(volume, grid));
  return {
    values: resampleTo({ ...volume, data }, grid, { outside: 'edge' }).data,
    mask: fieldOfView(volume, grid, mask),
  };
}

/** Voxels of a grid that are larger than the volume's own by less than this factor need no smoothing. */
const ALIKE = 1.05;

/** SD of the Gaussian in the volume's voxels: what a box of the coarser voxels adds to one of the own. */
function blur(volume: Grid, grid: Grid): Vec3 {
  const spacing = Math.cbrt(spacingOf(grid.affine).reduce((a, b) => a * b));
  return mapTriple(spacingOf(volume.affine), (own) =>
    spacing > ALIKE * own ? 0.5 * Math.sqrt((spacing / own) ** 2 - 1) : 0,
  );
}
