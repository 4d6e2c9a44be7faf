import { z } from 'zod';
import { given } from '../given.ts';
import type { PreparedVolume } from '../preparation/preprocessing.ts';
import { type Random, randomStream } from '../random.ts';
import { PeriodicSpline } from '../synthesis/spline.ts';
import { linearRow, nearestRow } from '../volume/interpolate.ts';

/** How training pairs are changed at random before a step. Texts are those of the command line. */
export const augmentationSchema = z.strictObject({
  augmentAffine: z
    .number()
    .min(0)
    .max(0.5)
    .default(0)
    .describe(
      'move each scan by a random affine map; the value limits rotation (radians), scaling, shear and shift (shares)',
    )
    .meta({ placeholder: 'share' }),
  augmentDeformation: z
    .number()
    .min(0)
    .max(100)
    .default(0)
    .describe('deform each scan by a smooth random field with this standard deviation')
    .meta({ placeholder: 'voxels' }),
  augmentIntensity: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('change the intensities of each scan: gamma, a smooth bias field and noise; 1 changes them strongly')
    .meta({ placeholder: 'amount' }),
  augmentInversion: z.boolean().default(false).describe('invert the contrast of each scan with probability 1/2'),
  augmentFlip: z
    .boolean()
    .default(false)
    .describe('mirror each pair from left to right with probability 1/2; only for symmetric anatomy'),
});
export type Augmentation = Readonly<z.infer<typeof augmentationSchema>>;

/** A training pair. */
export interface PreparedPair {
  readonly fixed: PreparedVolume;
  readonly moving: PreparedVolume;
}

/** Control points along an axis, and how many of them lie inside the grid. */
const NODES = 8;
const INSIDE = 5;

/** A cubic B-spline of independent normal coefficients varies by a third of their standard deviation. */
const COEFFICIENT = 3;

/**
 * A pair as a step sees it: both scans mirrored or neither, then each moved, deformed and painted by itself. Values are
 * interpolated linearly. Masks and labels take the nearest voxel. Outside the volume, values repeat the border, and
 * there are no labels. Landmarks are left out. Randomness: the streams (`seed`, 'augmentation', `step`, …).
 */
export function augmented(pair: PreparedPair, options: Augmentation, seed: number, step: number): PreparedPair {
  const stream = (name: string): Random => randomStream(seed, 'augmentation', step, name);
  const flip = options.augmentFlip && stream('flip').uniform() < 0.5;
  const one = (name: keyof PreparedPair): PreparedVolume => {
    const moved = resampled(pair[name], options, stream(`${name} space`), flip);
    return { ...moved, values: painted(moved, options, stream(`${name} intensity`)) };
  };
  return { fixed: one('fixed'), moving: one('moving') };
}

/** Whether these settings change anything. */
export function augments(options: Augmentation): boolean {
  return (
    options.augmentAffine > 0 ||
    options.augmentDeformation > 0 ||
    options.augmentIntensity > 0 ||
    options.augmentInversion ||
    options.augmentFlip
  );
}

/** Draws from −1 to 1. */
function signed(random: Random): number {
  return 2 * random.uniform() - 1;
}

/** A smooth random function over a grid, with components of a standard deviation. */
function smoothField(longest: number, components: number, deviation: number, random: Random): PeriodicSpline {
  return new PeriodicSpline(longest / INSIDE, NODES, components, () => COEFFICIENT * deviation * random.normal());
}

/** A random linear map near the identity: rotation, scaling and shear by at most `share`. */
function linearMap(share: number, random: Random): readonly number[] {
  const near = Array.from(
    { length: 9 },
    (_, n) => (n % 4 === 0 ? 1 : 0) + share * signed(random) * (n % 4 === 0 ? 1 : 0.5),
  );
  const [a, b, c] = [0, 1, 2].map(() => share * signed(random)) as [number, number, number];
  // Rotation by the cross product, to first order, on top of scaling and shear.
  const turn = [1, -c, b, c, 1, -a, -b, a, 1];
  return Array.from({ length: 9 }, (_, n) => {
    const [row, column] = [Math.floor(n / 3), n % 3];
    return [0, 1, 2].reduce((sum, k) => sum + turn[3 * row + k]! * near[3 * k + column]!, 0);
  });
}

/** A volume at places moved at random, all of its arrays. */
function resampled(volume: PreparedVolume, options: Augmentation, random: Random, flip: boolean): PreparedVolume {
  const { augmentAffine: share, augmentDeformation: deviation } = options;
  if (share === 0 && deviation === 0 && !flip) return volume;
  const { size } = volume.grid;
  const [nx, ny, nz] = size;
  const longest = Math.max(...size);
  const middle = size.map((extent) => (extent - 1) / 2) as [number, number, number];
  const map = linearMap(share, random);
  const shift = size.map((extent) => share * 0.5 * extent * signed(random)) as [number, number, number];
  const field = deviation > 0 ? smoothField(longest, 3, deviation, random) : undefined;
  const values = new Float32Array(volume.values.length);
  const mask = new Float32Array(volume.mask.length);
  const labels = volume.labels && new Int32Array(volume.labels.length);
  const positions = new Float64Array(3 * nx);
  const own = new Float64Array(3);
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      const along = field?.alongX(j, k);
      for (let i = 0; i < nx; i++) {
        along?.(i, own);
        const [x, y, z] = [i - middle[0], j - middle[1], k - middle[2]];
        for (let a = 0; a < 3; a++)
          positions[3 * i + a] =
            map[3 * a]! * x + map[3 * a + 1]! * y + map[3 * a + 2]! * z + middle[a]! + shift[a]! + own[a]!;
        if (flip) positions[3 * i] = nx - 1 - positions[3 * i]!;
      }
      const at = nx * (j + ny * k);
      linearRow(volume.values, 0, size, positions, 'edge', values, at);
      nearestRow(volume.mask, size, positions, 0, mask, at);
      if (labels) nearestRow(volume.labels, size, positions, 0, labels, at);
    }
  const { id, grid } = volume;
  return { id, grid, values, mask, ...given({ labels }) };
}

/** Intensities after gamma, bias and noise: of each a random amount up to `augmentIntensity`. */
function painted({ values, grid }: PreparedVolume, options: Augmentation, random: Random): Float32Array {
  const { augmentIntensity: amount, augmentInversion } = options;
  const sign = augmentInversion && random.uniform() < 0.5 ? -1 : 1;
  if (amount === 0) return sign === 1 ? values : values.map((value) => -value);
  const low = values.reduce((a, b) => Math.min(a, b));
  const range = values.reduce((a, b) => Math.max(a, b)) - low || 1;
  const gamma = Math.exp(amount * signed(random));
  const noise = 0.2 * amount * random.uniform();
  const [nx, ny, nz] = grid.size;
  const field = smoothField(Math.max(nx, ny, nz), 1, 0.3 * amount * random.uniform(), random);
  const bias = new Float64Array(1);
  const out = new Float32Array(values.length);
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      const along = field.alongX(j, k);
      for (let i = 0; i < nx; i++, n++) {
        along(i, bias);
        const value = low + range * ((values[n]! - low) / range) ** gamma;
        out[n] = sign * (value * (1 + bias[0]!) + noise * random.normal());
      }
    }
  return out;
}
