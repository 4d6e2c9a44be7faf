import type { Grid, Size, Vec3, Volume } from '../../volume/grid.ts';
import { spacingOf } from '../../volume/matrix.ts';
import { resampleTo, resizedGrid } from '../../volume/resample.ts';
import { gaussianSmoothed } from '../../volume/smooth.ts';

/** A volume on a coarser grid, with where it has data. */
export interface PyramidLevel {
  readonly grid: Grid;
  /** [D, H, W], mean 0 and SD 1 over the mask. */
  readonly values: Float32Array;
  /** [D, H, W]: 1 where the volume has data, 0 elsewhere. */
  readonly mask: Float32Array;
}

/**
 * The grid of a volume's own box and axes with voxels of about `spacing` mm; an axis whose own voxels are larger keeps them.
 */
export function levelGrid(image: Grid, spacing: number): Grid {
  const own = spacingOf(image.affine);
  const extent = (axis: 0 | 1 | 2): number =>
    Math.min(image.size[axis], Math.max(MINIMUM, Math.round((image.size[axis] * own[axis]) / spacing)));
  return resizedGrid(image, [extent(0), extent(1), extent(2)]);
}

/** Voxels that an axis keeps at least. */
const MINIMUM = 6;

/**
 * A volume on a grid of {@link levelGrid}, smoothed first so that nothing finer than its voxels is left. Voxels outside the mask have no
 * say: the Gaussian is normalised by the mask that it sees.
 * @param mask on the volume's own grid; all of it when left out
 */
export function pyramidLevel(volume: Volume, mask: Float32Array | undefined, spacing: number): PyramidLevel {
  const grid = levelGrid(volume, spacing);
  const { size } = volume;
  const sigma = blur(size, grid.size);
  const standard = standardised(volume.data, mask);
  const on = (data: Float32Array): Float32Array =>
    resampleTo({ ...volume, data: gaussianSmoothed(data, size, sigma) }, grid, { outside: 'edge' }).data;
  if (!mask) return { grid, values: standardised(on(standard)), mask: new Float32Array(cells(grid.size)).fill(1) };
  const share = on(mask);
  const own = spacingOf(volume.affine);
  const wide = ([0, 1, 2] as const).map((axis) => Math.max(sigma[axis], RIM / own[axis])) as unknown as Vec3;
  const within = resampleTo({ ...volume, data: gaussianSmoothed(mask, size, wide) }, grid, { outside: 'edge' }).data;
  const inside = within.map((value) => (value > WITHIN ? 1 : 0));
  const sums = on(standard.map((value, n) => value * (mask[n] as number)));
  const values = sums.map((value, n) => value / Math.max(share[n] as number, 1e-2));
  return { grid, values: standardised(values, inside), mask: inside };
}

/**
 * Standard deviation in mm of the surroundings of a voxel, and the share of them that must have data: the outermost 2 mm of a mask are
 * left out, where an ultrasound scan fades rather than shows anatomy.
 */
const RIM = 1;
const WITHIN = 0.97;

/** Gaussian that lets through what the coarser voxels can hold, in the finer grid's voxels. */
function blur(fine: Size, coarse: Size): Vec3 {
  const sigma = (axis: 0 | 1 | 2): number => 0.5 * Math.sqrt(Math.max(0, (fine[axis] / coarse[axis]) ** 2 - 1));
  return [sigma(0), sigma(1), sigma(2)];
}

function cells([nx, ny, nz]: Size): number {
  return nx * ny * nz;
}

/** Mean 0 and SD 1 over the mask; voxels outside get the mean. */
function standardised(data: Float32Array, mask?: Float32Array): Float32Array {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let n = 0; n < data.length; n++) {
    const weight = mask ? mask[n]! : 1;
    count += weight;
    sum += weight * data[n]!;
  }
  const mean = sum / Math.max(count, 1);
  for (let n = 0; n < data.length; n++) squares += (mask ? mask[n]! : 1) * (data[n]! - mean) ** 2;
  const sd = Math.sqrt(squares / Math.max(count, 1)) || 1;
  return data.map((value, n) => (mask?.[n] === 0 ? 0 : (value - mean) / sd));
}
