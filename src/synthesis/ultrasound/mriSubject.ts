import type { Volume } from '../../volume/grid.ts';
import { spacingOf } from '../../volume/matrix.ts';
import { percentiles } from '../../volume/percentile.ts';
import { resampleTo } from '../../volume/resample.ts';
import type { Subject } from './brainPhantom.ts';
import { craniotomyOn, foregroundLevel } from './craniotomy.ts';
import { TISSUES } from './tissue.ts';

/** Half the side in mm of the cube against whose mean a voxel is dark. */
const NEIGHBOURHOOD = 5;

/** How far around in mm fluid must be dark to count as a ventricle or a cyst rather than a sulcus. */
const VENTRICLE = 3;

/** Below this share of white matter a T1 intensity is fluid. */
const FLUID = 0.45;

type Acoustics = readonly [t1: number, echogenicity: number, impedance: number, attenuation: number];

/** Acoustic properties along T1 intensity, white matter 1; between these, linear. */
const CURVE: readonly Acoustics[] = [TISSUES.fluid, TISSUES.grey, TISSUES.white, TISSUES.vessel].map(
  ({ t1, echogenicity, impedance, attenuation }) => [t1, echogenicity, impedance, attenuation],
);

function acousticsAt(t1: number): Acoustics {
  const above = CURVE.findIndex(([t]) => t > t1);
  if (above === 0) return CURVE[0]!;
  if (above < 0) return CURVE.at(-1)!;
  const [low, high] = [CURVE[above - 1]!, CURVE[above]!];
  const share = (t1 - low[0]) / (high[0] - low[0]);
  const between = (n: 1 | 2 | 3): number => low[n] + share * (high[n] - low[n]);
  return [t1, between(1), between(2), between(3)];
}

/** Means over cubes that reach `reach` voxels to each side, cut off at the border; by running sums, axis by axis. */
function localMeans({ data, size: [nx, ny, nz] }: Volume, reach: readonly number[]): Float32Array {
  let source = data;
  for (const [axis, [count, stride]] of (
    [
      [nx, 1],
      [ny, nx],
      [nz, nx * ny],
    ] as const
  ).entries()) {
    const out = new Float32Array(data.length);
    const r = reach[axis]!;
    for (let start = 0; start < data.length; start++) {
      if (Math.floor(start / stride) % count !== 0) continue;
      let sum = 0;
      for (let i = 0; i < Math.min(r, count); i++) sum += source[start + i * stride]!;
      for (let i = 0; i < count; i++) {
        if (i + r < count) sum += source[start + (i + r) * stride]!;
        if (i - r > 0) sum -= source[start + (i - r - 1) * stride]!;
        out[start + i * stride] = sum / (Math.min(count - 1, i + r) - Math.max(0, i - r) + 1);
      }
    }
    source = out;
  }
  return source;
}

/** 0 to 1: how much darker a voxel is than its surroundings, as the fluid in sulci is in T1 and in FLAIR. */
function sulci(image: Volume, reach: readonly number[]): Float32Array {
  const means = localMeans(image, reach);
  return means.map((mean, n) => (mean > 0 ? clamped(((mean - image.data[n]!) / mean - 0.18) / 0.25) : 0));
}

function clamped(value: number): number {
  return Math.max(0, Math.min(1, value));
}

/** Whether all voxels `reach` away along the axes are dark too: what is no thin sulcus. */
function isWide({ data, size }: Volume, n: number, dark: number, reach: readonly number[]): boolean {
  const [nx, ny] = size;
  const place = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))];
  const stride = [1, nx, nx * ny];
  for (let axis = 0; axis < 3; axis++) {
    for (const side of [-1, 1]) {
      const to = place[axis]! + side * reach[axis]!;
      if (to >= 0 && to < size[axis]! && data[n + side * reach[axis]! * stride[axis]!]! > dark) return false;
    }
  }
  return true;
}

/**
 * A subject from a real MRI: acoustic properties are read off its T1 intensities, scaled so that the 75th percentile of
 * the foreground is white matter. Voxels darker than their surroundings, in T1 or in FLAIR, are a sulcus and get its
 * echogenicity. Wide fluid is a ventricle. Voxels that are bright in FLAIR get the echogenicity of a lesion. That is a
 * guess from contrast, not a segmentation.
 *
 * @throws UserError when the MRI holds no positive intensities.
 */
export function subjectFromMri(t1: Volume, flair: Volume | undefined, seed: number, index: number): Subject {
  const craniotomy = craniotomyOn(t1, seed, index);
  const white = foregroundPercentile(t1, 75);
  const { size, affine, data } = t1;
  const map = (): Float32Array => new Float32Array(data.length);
  const [echogenicity, impedance, attenuation] = [map(), map(), map()];
  const spacing = spacingOf(affine);
  const voxels = (mm: number): number[] => spacing.map((step) => Math.max(1, Math.round(mm / step)));
  const flairHere = flair && resampleTo(flair, t1);
  const folds = [t1, ...(flairHere ? [flairHere] : [])].map((image) => sulci(image, voxels(NEIGHBOURHOOD)));
  const bright = flairHere && lesions(flairHere);
  const around = voxels(VENTRICLE);
  for (let n = 0; n < data.length; n++) {
    const [, plain, z, alpha] = acousticsAt(data[n]! / white);
    const wide = data[n]! < FLUID * white && isWide(t1, n, FLUID * white, around);
    const fold = wide ? 0 : Math.max(...folds.map((each) => each[n]!));
    const tissue = plain + (bright?.[n] ?? 0) * (TISSUES.lesion.echogenicity - plain);
    echogenicity[n] = tissue + fold * (TISSUES.sulcus.echogenicity - tissue);
    impedance[n] = z + fold * (TISSUES.sulcus.impedance - z);
    attenuation[n] = alpha;
  }
  const acoustics = { size, affine, echogenicity, impedance, attenuation };
  return { t1, ...(flair && { flair }), acoustics, craniotomy };
}

function foregroundPercentile(image: Volume, percent: number): number {
  const level = foregroundLevel(image);
  return percentiles(
    image.data.filter((value) => value > level),
    [percent],
  )[0]!;
}

/** 0 to 1: how far FLAIR lies above what it shows elsewhere. */
function lesions(flair: Volume): Float32Array {
  const middle = foregroundPercentile(flair, 50);
  return flair.data.map((value) => clamped((value / middle - 1.3) / 0.2));
}
