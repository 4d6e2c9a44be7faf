import type { Volume } from './grid.ts';
import { percentiles } from './percentile.ts';

/** Shifts and scales the intensities to mean 0 and standard deviation 1 over all voxels; a constant volume becomes 0. */
export function zscore(volume: Volume): Volume {
  const { data } = volume;
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]!;
  const mean = sum / data.length;
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += (data[i]! - mean) ** 2;
  const sd = Math.sqrt(squares / data.length);
  // Rounding leaves a constant volume a tiny deviation.
  return mapped(volume, sd > 1e-7 * Math.abs(mean) ? (value) => (value - mean) / sd : () => 0);
}

/** Maps the smallest intensity to 0 and the largest to 1; a constant volume becomes 0. */
export function minmax(volume: Volume): Volume {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of volume.data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return stretched(volume, low, high);
}

/** Maps the intensities between two percentiles (0 to 100) to 0 … 1 and clips the others; a constant volume becomes 0. */
export function percentile(volume: Volume, low: number, high: number): Volume {
  const [from, to] = percentiles(volume.data, [low, high]) as [number, number];
  return stretched(volume, from, to);
}

function stretched(volume: Volume, low: number, high: number): Volume {
  const range = high - low;
  return mapped(volume, range > 0 ? (value) => Math.min(Math.max((value - low) / range, 0), 1) : () => 0);
}

function mapped(volume: Volume, f: (value: number) => number): Volume {
  return { size: volume.size, affine: volume.affine, data: volume.data.map(f) };
}
