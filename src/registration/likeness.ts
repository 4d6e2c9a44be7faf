import { correlation } from '../metric/statistics.ts';
import type { Mask, Mat4, Volume, Warp } from '../volume/grid.ts';
import { percentiles } from '../volume/percentile.ts';
import { linearRows } from '../volume/warp.ts';

/** How alike two images on one grid are, by what needs neither labels nor landmarks. */
export interface Likeness {
  /** Pearson's correlation, −1 to 1. */
  readonly correlation: number;
  /**
   * Normalised mutual information, (H(a) + H(b)) / H(a, b): 1 for nothing in common, 2 for the same (Studholme et al.,
   * 1999).
   */
  readonly nmi: number;
}

/** Bins of each image in the joint histogram. */
const BINS = 32;

/**
 * Compares where the fixed image shows something and the other one has data.
 * @param moved on the fixed image's grid, 0 where it has no data
 * @param mask the fixed image's foreground; all of it when left out
 */
export function likeness(fixed: Volume, moved: Volume, mask?: Mask): Likeness {
  const both = (n: number): boolean => mask?.[n] !== 0 && moved.data[n] !== 0;
  return {
    correlation: correlation(fixed.data, moved.data, both),
    nmi: mutualInformation(fixed.data, moved.data, both),
  };
}

function mutualInformation(a: Float32Array, b: Float32Array, counts: (n: number) => boolean): number {
  const binOf = (data: Float32Array): ((value: number) => number) => {
    const [low, high] = percentiles(sampleOf(data, counts), [0.5, 99.5]) as [number, number];
    const scale = high > low ? BINS / (high - low) : 0;
    return (value) => Math.min(BINS - 1, Math.max(0, Math.floor((value - low) * scale)));
  };
  const [binA, binB] = [binOf(a), binOf(b)];
  const joint = new Float64Array(BINS * BINS);
  for (let n = 0; n < a.length; n++) if (counts(n)) joint[BINS * binA(a[n]!) + binB(b[n]!)]!++;
  const [rows, columns] = [new Float64Array(BINS), new Float64Array(BINS)];
  for (const [n, count] of joint.entries()) {
    rows[Math.floor(n / BINS)]! += count;
    columns[n % BINS]! += count;
  }
  const together = entropy(joint);
  return together > 0 ? (entropy(rows) + entropy(columns)) / together : Number.NaN;
}

/** Values where they count, of at most some 200 000 voxels: enough for a window. */
function sampleOf(data: Float32Array, counts: (n: number) => boolean): number[] {
  const stride = Math.max(1, Math.ceil(data.length / 2e5));
  const values: number[] = [];
  for (let n = 0; n < data.length; n += stride) if (counts(n)) values.push(data[n]!);
  return values;
}

function entropy(counts: Float64Array): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count) => (count > 0 ? sum - (count / total) * Math.log(count / total) : sum), 0);
}

/**
 * How far a warp moves points beyond where they start, in mm, over a mask of the fixed image; over all of it when left
 * out.
 * @param start RAS mm, fixed point → moving point
 */
export function movement(warp: Warp, start: Mat4, mask?: Mask): { readonly mean: number; readonly max: number } {
  const { size, affine, data: to } = warp;
  const [nx, ny, nz] = size;
  const count = nx * ny * nz;
  const { values: from, find } = linearRows({ size, affine, matrix: start });
  let [sum, most, voxels] = [0, 0, 0];
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      find(j, k);
      for (let i = 0; i < nx; i++, n++) {
        if (mask?.[n] === 0) continue;
        const x = to[n]! - from[i]!;
        const y = to[n + count]! - from[i + nx]!;
        const z = to[n + 2 * count]! - from[i + 2 * nx]!;
        const distance = Math.sqrt(x * x + y * y + z * z);
        sum += distance;
        most = Math.max(most, distance);
        voxels++;
      }
    }
  return { mean: sum / Math.max(voxels, 1), max: most };
}
