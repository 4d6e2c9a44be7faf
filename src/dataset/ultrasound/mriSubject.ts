import type { Volume } from '../../volume/grid.ts';
import { percentiles } from '../../volume/percentile.ts';
import { resampleTo } from '../../volume/resample.ts';
import type { Subject } from './brainPhantom.ts';
import { craniotomyOn, foregroundLevel } from './craniotomy.ts';
import { TISSUES } from './tissue.ts';

/** Radius in mm within which fluid must be all around to count as a ventricle or a cyst. */
const VENTRICLE = 3;

/** Acoustic properties along T1 intensity, white matter 1: piecewise linear between [t1, echogenicity, impedance, attenuation]. */
const CURVE: readonly (readonly [number, number, number, number])[] = [
  [TISSUES.fluid.t1, TISSUES.sulcus.echogenicity, TISSUES.fluid.impedance, TISSUES.fluid.attenuation],
  [0.5, 0.5, 1.54, 0.18],
  [TISSUES.grey.t1, TISSUES.grey.echogenicity, TISSUES.grey.impedance, TISSUES.grey.attenuation],
  [TISSUES.white.t1, TISSUES.white.echogenicity, TISSUES.white.impedance, TISSUES.white.attenuation],
  [1.15, TISSUES.white.echogenicity, TISSUES.white.impedance, TISSUES.white.attenuation],
  [TISSUES.vessel.t1, TISSUES.vessel.echogenicity, TISSUES.vessel.impedance, TISSUES.vessel.attenuation],
];

function properties(t1: number): readonly [number, number, number, number] {
  const above = CURVE.findIndex(([t]) => t > t1);
  if (above === 0) return CURVE[0]!;
  if (above < 0) return CURVE.at(-1)!;
  const [low, high] = [CURVE[above - 1]!, CURVE[above]!];
  const share = (t1 - low[0]) / (high[0] - low[0]);
  const between = (n: 1 | 2 | 3): number => low[n] + share * (high[n] - low[n]);
  return [t1, between(1), between(2), between(3)];
}

/** Whether all voxels `reach` away along the axes are dark too: what is no thin sulcus. */
function isWide({ data, size }: Volume, n: number, dark: number, reach: readonly number[]): boolean {
  const [nx, ny, nz] = size;
  const place = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))];
  const stride = [1, nx, nx * ny];
  for (let axis = 0; axis < 3; axis++) {
    for (const side of [-1, 1]) {
      const to = place[axis]! + side * reach[axis]!;
      if (to >= 0 && to < [nx, ny, nz][axis]! && data[n + side * reach[axis]! * stride[axis]!]! > dark) return false;
    }
  }
  return true;
}

/**
 * A subject from a real MRI: acoustic properties are read off its T1 intensities, scaled so that the 75th percentile of
 * the foreground is white matter. Dark voxels are sulci, or fluid where they are wide; what FLAIR shows bright is as
 * echogenic as a lesion. That is a guess from contrast, not a segmentation.
 *
 * @throws UserError when the MRI holds no positive intensities.
 */
export function subjectFromMri(t1: Volume, flair: Volume | undefined, seed: number, index: number): Subject {
  const craniotomy = craniotomyOn(t1, seed, index);
  const white = whiteLevel(t1);
  const { size, affine, data } = t1;
  const map = (): Float32Array => new Float32Array(data.length);
  const [echogenicity, impedance, attenuation] = [map(), map(), map()];
  const reach = [0, 1, 2].map((axis) => {
    const mm = Math.hypot(affine[axis]!, affine[4 + axis]!, affine[8 + axis]!);
    return Math.max(1, Math.round(VENTRICLE / mm));
  });
  const bright = flair && lesionMap(flair, t1);
  for (let n = 0; n < data.length; n++) {
    const value = data[n]! / white;
    const [, echo, z, alpha] = properties(value);
    const fluid = value < 0.45 && isWide(t1, n, 0.45 * white, reach);
    const lesion = bright?.[n] ?? 0;
    echogenicity[n] = fluid ? TISSUES.fluid.echogenicity : echo + lesion * (TISSUES.lesion.echogenicity - echo);
    impedance[n] = z;
    attenuation[n] = alpha;
  }
  const acoustics = { size, affine, echogenicity, impedance, attenuation };
  return { t1, ...(flair && { flair }), acoustics, craniotomy };
}

function whiteLevel(t1: Volume): number {
  const level = foregroundLevel(t1);
  return percentiles(
    t1.data.filter((value) => value > level),
    [75],
  )[0]!;
}

/** 0 to 1 at the voxels of T1: how far FLAIR lies above what it shows elsewhere. */
function lesionMap(flair: Volume, t1: Volume): Float32Array {
  const { data } = resampleTo(flair, t1);
  const level = foregroundLevel(flair);
  const [middle] = percentiles(
    flair.data.filter((value) => value > level),
    [50],
  ) as [number];
  return data.map((value) => Math.max(0, Math.min(1, (value / middle - 1.3) / 0.2)));
}
