import { mapTriple, tripleAt } from '../../triple.ts';
import type { Grid, Mask, Size, Vec3 } from '../../volume/grid.ts';
import { applyToPoint, closestAxes, column, fromColumns, isSheared, spacingOf } from '../../volume/matrix.ts';
import { rightAngledGrid } from '../../volume/resample.ts';

/** A box in space with axes at right angles, along which grids of any voxel size are laid. */
export interface Region {
  /** Unit vectors of the axes, closest to right, anterior and superior. */
  readonly axes: readonly [Vec3, Vec3, Vec3];
  /** RAS mm. */
  readonly centre: Vec3;
  /** mm along each axis. */
  readonly lengths: Vec3;
}

/** Voxels of the smallest axis that a grid has at least. */
const LEAST_VOXELS = 8;

/**
 * The box of what counts of an image, with a margin.
 * @param mask [D, H, W], above 0 where the image counts; all of it when left out
 * @param margin mm on every side
 */
export function regionOf(image: Grid, mask: Mask | undefined, margin: number): Region {
  const frame = isSheared(image.affine) ? rightAngledGrid(image) : image;
  const { low, high } =
    mask && frame === image ? bounds(image.size, mask) : { low: [0, 0, 0], high: lastOf(frame.size) };
  const own = spacingOf(frame.affine);
  const directions = closestAxes(frame.affine);
  const axes = directions.map(({ axis, step }) => {
    const [x, y, z] = column(frame.affine, axis);
    const scale = step / own[axis];
    return [x * scale, y * scale, z * scale] as const;
  }) as [Vec3, Vec3, Vec3];
  const lengths = mapTriple(directions, ({ axis }) => (high[axis]! - low[axis]! + 1) * own[axis] + 2 * margin);
  const middle = mapTriple(tripleAt(low), (from, axis) => (from + high[axis]!) / 2);
  return { axes, centre: applyToPoint(frame.affine, middle), lengths };
}

/** Voxels of about `spacing` mm over a region; they are cubes but for the rounding of their number. */
export function gridOver({ axes, centre, lengths }: Region, spacing: number): Grid {
  const size = mapTriple(lengths, (length) => Math.max(LEAST_VOXELS, Math.round(length / spacing)));
  const columns = mapTriple(axes, (axis, a) => mapTriple(axis, (x) => (x * lengths[a]) / size[a]));
  const origin = mapTriple(centre, (middle, c) =>
    columns.reduce((sum, along, a) => sum - (along[c] * (size[a]! - 1)) / 2, middle),
  );
  return { size, affine: fromColumns(...columns, origin) };
}

/** Voxels that {@link gridOver} would make. */
export function voxelsOver({ lengths }: Region, spacing: number): number {
  return lengths.reduce((count, length) => count * Math.max(LEAST_VOXELS, Math.round(length / spacing)), 1);
}

function lastOf([nx, ny, nz]: Size): number[] {
  return [nx - 1, ny - 1, nz - 1];
}

/** First and last voxel of a mask along each axis; of the whole grid where it is empty. */
function bounds([nx, ny, nz]: Size, mask: Mask): { low: number[]; high: number[] } {
  const low = [nx, ny, nz];
  const high = [-1, -1, -1];
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        if (!(mask[n]! > 0)) continue;
        if (i < low[0]!) low[0] = i;
        if (i > high[0]!) high[0] = i;
        if (j < low[1]!) low[1] = j;
        if (j > high[1]!) high[1] = j;
        low[2] = Math.min(low[2]!, k);
        high[2] = k;
      }
  return high[0]! < 0 ? { low: [0, 0, 0], high: [nx - 1, ny - 1, nz - 1] } : { low, high };
}
