import { type Random, randomStream } from '../../random.ts';
import { mapTriple } from '../../triple.ts';
import type { Labels, Size, Volume } from '../../volume/grid.ts';
import { nearestRow } from '../../volume/interpolate.ts';
import { gaussianSmoothed } from '../../volume/smooth.ts';
import { centredAffine } from '../centredGrid.ts';
import type { MadeImage, MadePair } from '../generator.ts';
import { PeriodicSpline } from '../spline.ts';

/** What decides a pair of shapes. */
export interface ShapesOptions {
  readonly seed: number;
  /** Which pair, from 0. */
  readonly index: number;
  readonly size: Size;
  /** Edge of a voxel in mm. */
  readonly spacing: number;
  /** Labels at most. */
  readonly labels: number;
  /** Largest standard deviation of each image's deformation, as a share of the longest edge. */
  readonly deformation: number;
  /** Largest rotation (radians), scaling and shear (shares), and shift (share of the edge) of each image. */
  readonly affine: number;
  /** Share of the pairs whose two images have the same contrast. */
  readonly alike: number;
}

/** Labels that a pair has at least. */
const LEAST_LABELS = 4;

/** A cubic B-spline of independent normal coefficients varies by a third of their standard deviation. */
const COEFFICIENT = 3;

/** Random numbers of one purpose. */
interface Drawn {
  readonly random: Random;
  readonly between: (low: number, high: number) => number;
  /** Whether something of this probability happens. */
  readonly chance: (probability: number) => boolean;
}

function drawn(seed: number, index: number, name: string): Drawn {
  const random = randomStream(seed, 'shapes', index, name);
  return {
    random,
    between: (low, high) => low + (high - low) * random.uniform(),
    chance: (probability) => random.uniform() < probability,
  };
}

/**
 * Two images of the same random shapes in random contrasts, after SynthMorph (Hoffmann et al., IEEE TMI 41(3), 2022).
 * There is one map of labels: at each voxel the largest of many smooth random functions wins. It is deformed twice by
 * smooth random fields, and each result gets its own contrast. In every other pair the shapes lie in a body with
 * nothing around it. Randomness: the streams (`seed`, 'shapes', `index`, …).
 */
export function makeShapes(options: ShapesOptions): MadePair {
  const { seed, index, size, spacing } = options;
  const map = labelMap(options, drawn(seed, index, 'map'));
  const affine = centredAffine(size, [spacing, spacing, spacing]);
  const look = drawn(seed, index, 'contrast');
  const contrast = contrastOf(options.labels, look);
  const isAlike = look.chance(options.alike);
  const image = (name: string, own: readonly number[]): MadeImage => {
    const data = deformed(map, options, drawn(seed, index, `${name} space`));
    const labels: Labels = { size, affine, data };
    return { image: painted(labels, own, drawn(seed, index, `${name} paint`)), labels };
  };
  const other = isAlike ? contrast : contrastOf(options.labels, look);
  return { ...image('fixed', contrast), moving: image('moving', other) };
}

/** A smooth random function over a grid, each component of a standard deviation. */
function smooth(longest: number, pieces: number, components: number, deviation: number, random: Random) {
  const nodes = 2 ** Math.ceil(Math.log2(pieces + 4));
  return new PeriodicSpline(longest / pieces, nodes, components, () => COEFFICIENT * deviation * random.normal());
}

/** 0 around the body, where there is one, and from 1 up the labels. */
function labelMap({ size, labels: most }: ShapesOptions, { random, between, chance }: Drawn): Int32Array {
  const [nx, ny, nz] = size;
  const longest = Math.max(...size);
  const least = Math.min(LEAST_LABELS, most);
  const count = least + random.integer(most - least + 1);
  const used = random.shuffle(Array.from({ length: most }, (_, n) => n + 1)).slice(0, count);
  const wide = smooth(longest, between(2, 5), count, 1, random);
  const narrow = smooth(longest, between(6, 11), count, between(0.2, 0.8), random);
  const hasBody = chance(0.5);
  const rim = smooth(longest, between(2, 5), 1, between(0.05, 0.25), random);
  const radius = mapTriple(size, (extent) => extent * between(0.33, 0.5));
  const middle = mapTriple(size, (extent) => (extent - 1) / 2 + extent * between(-0.05, 0.05));
  const out = new Int32Array(nx * ny * nz);
  const [a, b, edge] = [new Float64Array(count), new Float64Array(count), new Float64Array(1)];
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      const [wideAt, narrowAt, rimAt] = [wide, narrow, rim].map((field) => field.alongX(j, k)) as [
        ReturnType<PeriodicSpline['alongX']>,
        ReturnType<PeriodicSpline['alongX']>,
        ReturnType<PeriodicSpline['alongX']>,
      ];
      const across = ((j - middle[1]) / radius[1]) ** 2 + ((k - middle[2]) / radius[2]) ** 2;
      for (let i = 0; i < nx; i++, n++) {
        rimAt(i, edge);
        if (hasBody && Math.sqrt(across + ((i - middle[0]) / radius[0]) ** 2) > 1 + edge[0]!) continue;
        wideAt(i, a);
        narrowAt(i, b);
        let best = 0;
        for (let l = 1; l < count; l++) if (a[l]! + b[l]! > a[best]! + b[best]!) best = l;
        out[n] = used[best]!;
      }
    }
  return out;
}

/** The map at places moved by a random affine map and a smooth random field; what comes from outside repeats it. */
function deformed(map: Int32Array, options: ShapesOptions, { random, between }: Drawn): Int32Array {
  const { size, affine: share, deformation } = options;
  const [nx, ny, nz] = size;
  const longest = Math.max(...size);
  const most = deformation * longest * between(0, 1);
  const wide = smooth(longest, between(2, 4), 3, most, random);
  const narrow = smooth(longest, between(5, 9), 3, most * between(0, 0.35), random);
  const linear = Array.from({ length: 9 }, (_, n) => (n % 4 === 0 ? 1 : 0) + share * between(-1, 1));
  const shift = mapTriple(size, (extent) => share * extent * between(-0.5, 0.5));
  const middle = mapTriple(size, (extent) => (extent - 1) / 2);
  const out = new Int32Array(map.length);
  const positions = new Float64Array(3 * nx);
  const [u, v] = [new Float64Array(3), new Float64Array(3)];
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      const [wideAt, narrowAt] = [wide.alongX(j, k), narrow.alongX(j, k)];
      for (let i = 0; i < nx; i++) {
        wideAt(i, u);
        narrowAt(i, v);
        const [x, y, z] = [i - middle[0], j - middle[1], k - middle[2]];
        for (let a = 0; a < 3; a++) {
          const place = linear[3 * a]! * x + linear[3 * a + 1]! * y + linear[3 * a + 2]! * z;
          const at = place + middle[a]! + shift[a]! + u[a]! + v[a]!;
          positions[3 * i + a] = Math.min(Math.max(at, 0), size[a]! - 1);
        }
      }
      nearestRow(map, size, positions, 0, out, nx * (j + ny * k));
    }
  return out;
}

/** A mean intensity a label, from 0 to 1; what lies around a body comes first, and is mostly dark. */
function contrastOf(labels: number, { between, chance }: Drawn): readonly number[] {
  const around = chance(0.8) ? 0 : between(0, 1);
  return [around, ...Array.from({ length: labels }, () => between(0, 1))];
}

/** Intensities of labels: their means, noise that is blurred with them, a bias field, noise, and gamma; from 0 up. */
function painted({ size, affine, data: labels }: Labels, means: readonly number[], drawing: Drawn): Volume {
  const { random, between, chance } = drawing;
  const [nx, ny, nz] = size;
  const grain = between(0, 0.12);
  const sharp = Float32Array.from(labels, (label) =>
    label === 0 && means[0] === 0 ? 0 : means[label]! + grain * random.normal(),
  );
  const width = between(0, 1.2);
  const blurred = gaussianSmoothed(sharp, size, [width, width, width]);
  const bias = smooth(Math.max(...size), between(1, 4), 1, between(0, 0.3), random);
  const noise = chance(0.5) ? 0 : between(0, 0.06);
  const gamma = Math.exp(between(-0.4, 0.4));
  const factor = new Float64Array(1);
  const data = new Float32Array(labels.length);
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      const along = bias.alongX(j, k);
      for (let i = 0; i < nx; i++, n++) {
        along(i, factor);
        const value = Math.max(blurred[n]! * Math.exp(factor[0]!), 0) ** gamma;
        data[n] = Math.abs(noise > 0 ? value + noise * random.normal() : value);
      }
    }
  return { size, affine, data };
}
