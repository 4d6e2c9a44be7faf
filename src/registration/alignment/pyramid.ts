import { mapTriple } from '../../triple.ts';
import type { Grid, Mask, Size, Vec3, Volume } from '../../volume/grid.ts';
import { spacingOf } from '../../volume/matrix.ts';
import { cropPad, resizedGrid } from '../../volume/resample.ts';

/** A volume on a coarser grid, with where it has data. */
export interface PyramidLevel {
  readonly grid: Grid;
  /** [D, H, W], mean 0 and SD 1 over the mask. */
  readonly values: Float32Array;
  /** [D, H, W]: 1 where the volume has data, 0 elsewhere. */
  readonly mask: Float32Array;
}

/**
 * The grid of a volume's own box and axes with voxels of about `spacing` mm; an axis whose own voxels are larger keeps
 * them.
 */
function levelGrid(image: Grid, spacing: number): Grid {
  const own = spacingOf(image.affine);
  const extent = (axis: 0 | 1 | 2): number =>
    Math.min(image.size[axis], Math.max(MINIMUM, Math.round((image.size[axis] * own[axis]) / spacing)));
  return resizedGrid(image, [extent(0), extent(1), extent(2)]);
}

/** Voxels that an axis keeps at least. */
const MINIMUM = 6;

/**
 * Voxels around the mask that a level keeps, so that windows at its rim see that nothing is beyond; an axis keeps so
 * many at least.
 */
const AROUND = 2;
const LEAST = 12;

/**
 * A volume on a grid of {@link levelGrid}, smoothed first so that nothing finer than its voxels is left. Voxels outside
 * the mask have no say: the Gaussian is normalised by the mask that it sees, and the grid is cut to the mask's box.
 * @param mask on the volume's own grid; all of it when left out
 */
export function pyramidLevel(volume: Volume, mask: Mask | undefined, spacing: number): PyramidLevel {
  const grid = levelGrid(volume, spacing);
  const { size } = volume;
  const sigma = blur(size, grid.size);
  const standard = standardised(volume.data, mask);
  if (!mask) {
    const values = standardised(thinned(standard, size, grid.size, sigma));
    return { grid, values, mask: new Float32Array(cells(grid.size)).fill(1) };
  }
  const share = thinned(mask, size, grid.size, sigma);
  const own = spacingOf(volume.affine);
  const wide = mapTriple(own, (edge, axis) => Math.max(sigma[axis], RIM / edge));
  const inside = thinned(mask, size, grid.size, wide).map((value) => (value > WITHIN ? 1 : 0));
  for (let n = 0; n < standard.length; n++) standard[n]! *= mask[n]!;
  const values = thinned(standard, size, grid.size, sigma);
  for (let n = 0; n < values.length; n++) values[n]! /= Math.max(share[n]!, 1e-2);
  const { offset, extent } = box(inside, grid.size);
  const cut = (data: Float32Array): Volume => cropPad({ ...grid, data }, offset, extent);
  const { data, ...rest } = cut(standardised(values, inside));
  return { grid: rest, values: data, mask: cut(inside).data };
}

/** The box of a mask with {@link AROUND} voxels about it; at least {@link LEAST} along each axis that has so many. */
function box(mask: Float32Array, size: Size): { offset: Size; extent: Size } {
  const low = [...size];
  const high = [-1, -1, -1];
  for (let n = 0; n < mask.length; n++) {
    if (mask[n] === 0) continue;
    const at = [n % size[0], Math.floor(n / size[0]) % size[1], Math.floor(n / (size[0] * size[1]))];
    for (let axis = 0; axis < 3; axis++) {
      low[axis] = Math.min(low[axis]!, at[axis]!);
      high[axis] = Math.max(high[axis]!, at[axis]!);
    }
  }
  const along = mapTriple(size, (count, axis) => {
    const missing = Math.max(0, Math.ceil((LEAST - (high[axis]! - low[axis]! + 1)) / 2));
    const around = Math.max(AROUND, missing);
    const from = Math.max(0, Math.min(low[axis]! - around, count - LEAST));
    const to = Math.min(count, Math.max(high[axis]! + 1 + around, LEAST));
    return high[axis]! < 0 ? { from: 0, length: count } : { from, length: to - from };
  });
  const each = (key: 'from' | 'length'): Size => mapTriple(along, (axis) => axis[key]);
  return { offset: each('from'), extent: each('length') };
}

/**
 * An array [nz, ny, nx] smoothed with a Gaussian and taken at the voxels of a coarser grid of the same box, linearly
 * between its own; the border continued. One axis after the other, each worked out only where it is needed.
 * @param sigma in the array's voxels
 */
function thinned(data: Mask, size: Size, coarse: Size, sigma: Vec3): Float32Array {
  let [nx, ny, nz] = size;
  return ([2, 1, 0] as const).reduce((values: Mask, axis) => {
    const stride = axis === 2 ? nx * ny : axis === 1 ? nx : 1;
    const taps = rows(size[axis], coarse[axis], sigma[axis]);
    const outer = axis === 2 ? 1 : axis === 1 ? nz : ny * nz;
    const out = new Float32Array(outer * coarse[axis] * stride);
    for (let o = 0; o < outer; o++)
      for (const [to, { from, weights }] of taps.entries()) {
        const at = (o * coarse[axis] + to) * stride;
        for (let tap = 0; tap < weights.length; tap++) {
          const weight = weights[tap]!;
          const source = (o * size[axis] + from + tap) * stride;
          for (let n = 0; n < stride; n++) out[at + n]! += weight * values[source + n]!;
        }
      }
    if (axis === 2) nz = coarse[2];
    else if (axis === 1) ny = coarse[1];
    else nx = coarse[0];
    return out;
  }, data) as Float32Array;
}

/** For each voxel of a coarser axis what it takes from the finer one: weights from a voxel on. */
function rows(fine: number, coarse: number, sigma: number): { from: number; weights: Float64Array }[] {
  const reach = Math.ceil(3 * sigma);
  const gaussian = Float64Array.from({ length: 2 * reach + 1 }, (_, n) =>
    sigma > 0 ? Math.exp(-0.5 * ((n - reach) / sigma) ** 2) : 1,
  );
  const total = gaussian.reduce((sum, weight) => sum + weight, 0);
  const inside = (at: number): number => Math.min(Math.max(at, 0), fine - 1);
  return Array.from({ length: coarse }, (_, to) => {
    const place = Math.min(Math.max(((to + 0.5) * fine) / coarse - 0.5, 0), fine - 1);
    const low = Math.min(Math.floor(place), Math.max(0, fine - 2));
    const from = inside(low - reach);
    const weights = new Float64Array(inside(low + 1 + reach) - from + 1);
    for (const [at, share] of [
      [low, 1 - (place - low)],
      [inside(low + 1), place - low],
    ] as const)
      for (let n = 0; n < gaussian.length; n++)
        weights[inside(at + n - reach) - from]! += (share * gaussian[n]!) / total;
    return { from, weights };
  });
}

/**
 * Standard deviation in mm of the surroundings of a voxel, and the share of them that must have data. So the outermost
 * 2 mm of a mask are left out: an ultrasound scan fades there, and shows no anatomy.
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
function standardised(data: Float32Array, mask?: Mask): Float32Array {
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
  const out = new Float32Array(data.length);
  for (let n = 0; n < data.length; n++) out[n] = mask?.[n] === 0 ? 0 : (data[n]! - mean) / sd;
  return out;
}
