import type { Volume } from './grid.ts';
import { percentiles } from './percentile.ts';

/** 1 at voxels that count, 0 elsewhere; laid out as the volume. */
type Mask = ArrayLike<number>;

/**
 * Shifts and scales the intensities to mean 0 and standard deviation 1, over all voxels or over those of a mask. Voxels
 * outside the mask become 0. So does a constant volume.
 * @example const standardised = zscore(fixed)
 */
export function zscore(volume: Volume, mask?: Mask): Volume {
  const { data } = volume;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    if (mask?.[i] === 0) continue;
    sum += data[i]!;
    count++;
  }
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < data.length; i++) if (mask?.[i] !== 0) squares += (data[i]! - mean) ** 2;
  const sd = Math.sqrt(squares / count);
  // Rounding leaves a constant volume a tiny deviation.
  return mapped(volume, sd > 1e-7 * Math.abs(mean) ? (value) => (value - mean) / sd : () => 0, mask);
}

/**
 * Maps the smallest intensity to 0 and the largest to 1; a constant volume becomes 0.
 * @example const scaled = minmax(fixed)
 */
export function minmax(volume: Volume, mask?: Mask): Volume {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of inside(volume, mask)) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return stretched(volume, low, high, mask);
}

/**
 * Maps the intensities between two percentiles (0 to 100) to 0 … 1 and clips the others; a constant volume becomes 0.
 * @example const scaled = percentile(fixed, 1, 99)
 */
export function percentile(volume: Volume, low: number, high: number, mask?: Mask): Volume {
  const [from, to] = percentiles(inside(volume, mask), [low, high]) as [number, number];
  return stretched(volume, from, to, mask);
}

function inside({ data }: Volume, mask: Mask | undefined): Float32Array {
  return mask ? data.filter((_, i) => mask[i] !== 0) : data;
}

function stretched(volume: Volume, low: number, high: number, mask: Mask | undefined): Volume {
  const range = high - low;
  return mapped(volume, range > 0 ? (value) => Math.min(Math.max((value - low) / range, 0), 1) : () => 0, mask);
}

function mapped(volume: Volume, f: (value: number) => number, mask: Mask | undefined): Volume {
  const data = volume.data.map((value, i) => (mask?.[i] === 0 ? 0 : f(value)));
  return { size: volume.size, affine: volume.affine, data };
}
