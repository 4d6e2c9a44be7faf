import { correlation, mean, standardDeviation } from '../metric/statistics.ts';
import { mapTriple } from '../triple.ts';
import { foregroundOf } from '../volume/foreground.ts';
import type { Grid, Mask, Vec3, Volume } from '../volume/grid.ts';
import { applyToPoint, invert, multiply, spacingOf, translation } from '../volume/matrix.ts';
import { percentiles } from '../volume/percentile.ts';

/** What two scans show: whether one kind of scanner's image, and whether ultrasound. */
export interface Modalities {
  /** Whether their intensities rise together. */
  readonly same: boolean;
  /** Whether one of them is a uniform object, which has only an outline. */
  readonly even: boolean;
  /** Which of them are ultrasound, by {@link Texture}; left out where neither is. */
  readonly ultrasound?: 'fixed' | 'moving' | 'both';
  /** One sentence for the user, with the numbers that decided. */
  readonly why: string;
  readonly numbers: {
    /** Pearson's correlation of the two, coarse, where they fit best. */
    readonly correlation: number;
    readonly fixed: Texture;
    readonly moving: Texture;
  };
}

/** How the intensities of a scan are spread in its smallest neighbourhoods, cubes of 3³ voxels. */
interface Texture {
  /**
   * Share of the volume that is a uniform surrounding, as around the sector of an ultrasound or a brain without skull.
   */
  readonly surrounding: number;
  /**
   * Pearson's correlation of neighbourhoods' mean and SD: speckle is the stronger, the brighter; noise of MRI and CT is
   * not.
   */
  readonly brighter: number;
  /**
   * SD over mean (from the least value on) in the brighter half: the 10th percentile as a share of the median. Speckle
   * is everywhere.
   */
  readonly everywhere: number;
  /** That median. */
  readonly grain: number;
}

/** Correlation from which on two scans count as of one modality. */
const LEAST_CORRELATION = 0.4;
/** What the texture of an ultrasound has at least; docs/alignment.md has the numbers of real scans. */
const ULTRASOUND: Texture = { surrounding: 0.1, brighter: 0.35, everywhere: 0.4, grain: 0.08 };
/** Cells along the longest edge of the coarse volumes that are compared. */
const CELLS = 20;
/** Coarse shifts that are tried: so many cells each way, along each axis, from each start. */
const REACH = 2;
/** Cells that a correlation is worked out from at least. */
const FEWEST = 8;
/** Neighbourhoods that a texture is told from, at most about so many. */
const NEIGHBOURHOODS = 60_000;

/**
 * Judges from the images alone what two scans show, before they are registered. Coarse means of both are compared from
 * two starts, world coordinates and centroids together, at the best of some shifts; only what is not dark in either
 * counts.
 */
export function judgeModalities(fixed: Volume, moving: Volume): Modalities {
  const [a, b] = [fixed, moving].map((volume) => ({ volume, mask: foregroundOf(volume) }));
  const [roughly, other] = [coarse(a!.volume, a!.mask), coarse(b!.volume, b!.mask)];
  const even = roughly.isEven || other.isEven;
  const isTold = !even && [roughly, other].every(({ within }) => told(within.data) >= FEWEST);
  const numbers = {
    correlation: isTold ? bestCorrelation(roughly.within, other.within) : bestCorrelation(roughly.all, other.all),
    fixed: textureOf(a!.volume, a!.mask),
    moving: textureOf(b!.volume, b!.mask),
  };
  const [isFixed, isMoving] = [isUltrasound(numbers.fixed), isUltrasound(numbers.moving)];
  const same = isFixed === isMoving && numbers.correlation >= LEAST_CORRELATION;
  const ultrasound = isFixed && isMoving ? 'both' : isFixed ? 'fixed' : isMoving ? 'moving' : undefined;
  const subject = ultrasound === 'both' ? 'both scans are' : `the ${ultrasound} scan is`;
  const by = ultrasound === 'moving' ? numbers.moving : numbers.fixed;
  const speckle =
    ultrasound &&
    `${subject} taken for ultrasound (the local SD is ${by.grain.toFixed(2)} of the brightness, and rises with it)`;
  const alike = `${even ? 'uniform objects, whose outlines' : 'intensities that'} ${same ? (even ? 'meet' : 'rise together') : even ? 'do not meet' : 'do not rise together'} (correlation ${numbers.correlation.toFixed(2)})`;
  const why = `${same ? 'One modality' : 'Two modalities'}: ${speckle && !same ? speckle : alike}${speckle && same ? `; ${speckle}` : ''}.`;
  return { same, even, ...(ultrasound ? { ultrasound } : {}), why, numbers };
}

/**
 * The default loss for a pair. NCC is for one modality, MSE for uniform objects, which have only an outline. MIND is
 * for two modalities, since it needs no relation of intensities that holds everywhere.
 */
export function suitedLoss(isSame: boolean, isEven: boolean): 'ncc' | 'mse' | 'mind' {
  if (!isSame) return 'mind';
  return isEven ? 'mse' : 'ncc';
}

/**
 * Whether the images of a registered pair, on one grid, show different things: whether their intensities, where both
 * have data, rise together neither before nor after registration. Images without anything in common count as two
 * modalities.
 */
export function areTwoModalities({
  fixed,
  moved,
  before,
}: {
  readonly fixed: Volume;
  readonly moved: Volume;
  readonly before: Volume;
}): boolean {
  const together = (image: Volume): number => {
    const both = (n: number): boolean => isData(fixed.data[n]!) && isData(image.data[n]!);
    return correlation(fixed.data, image.data, both);
  };
  return Math.max(together(moved), together(before)) < LEAST_CORRELATION;
}

function isData(value: number): boolean {
  return value !== 0 && Number.isFinite(value);
}

function isUltrasound(texture: Texture): boolean {
  return (Object.keys(ULTRASOUND) as (keyof Texture)[]).every((key) => texture[key] >= ULTRASOUND[key]);
}

/** A volume in cells as large as a voxel of {@link CELLS} along the longest edge. */
interface Coarse {
  /** Means; NaN where a cell is dark, beside a dark one, or outside the mask. */
  readonly within: Volume;
  /** Means of all cells; the least value outside the mask. */
  readonly all: Volume;
  /** Whether what is not dark is even, as a share of the step to what is. */
  readonly isEven: boolean;
}

function coarse(volume: Volume, mask: Mask | undefined): Coarse {
  const { size, affine, data } = volume;
  const spacing = spacingOf(affine);
  const edge = Math.max(...size.map((n, axis) => n * spacing[axis]!)) / CELLS;
  const step = mapTriple(spacing, (mm) => Math.max(1, Math.round(edge / mm)));
  const cells = mapTriple(size, (n, axis) => Math.max(1, Math.floor(n / step[axis])));
  const sums = new Float32Array(cells[0] * cells[1] * cells[2]);
  const counts = new Float32Array(sums.length);
  for (let k = 0; k < cells[2] * step[2] && k < size[2]; k++)
    for (let j = 0; j < cells[1] * step[1] && j < size[1]; j++)
      for (let i = 0; i < cells[0] * step[0] && i < size[0]; i++) {
        const n = i + size[0] * (j + size[1] * k);
        if (mask?.[n] === 0 || !Number.isFinite(data[n]!)) continue;
        const cell =
          Math.floor(i / step[0]) + cells[0] * (Math.floor(j / step[1]) + cells[1] * Math.floor(k / step[2]));
        sums[cell]! += data[n]!;
        counts[cell]!++;
      }
  const half = (step[0] * step[1] * step[2]) / 2;
  const means = sums.map((sum, cell) => (counts[cell]! >= half ? sum / counts[cell]! : Number.NaN));
  const [least, most] = percentiles(
    means.filter((value) => !Number.isNaN(value)),
    [0, 98],
  ) as [number, number];
  const dark = mask ? least : least + DARK * (most - least);
  const isLight = (cell: number): boolean => means[cell]! >= dark;
  const [cx, cy] = cells;
  const steps = [1, cx, cx * cy].flatMap((by) => [-by, by]);
  // A cell beside air holds some of it, whose share looks alike in every contrast.
  const within = means.map((value, cell) =>
    isLight(cell) && steps.every((by) => isLight(cell + by) || !(cell + by in means)) ? value : Number.NaN,
  );
  const scale = [step[0], 0, 0, (step[0] - 1) / 2, 0, step[1], 0, (step[1] - 1) / 2, 0, 0, step[2], (step[2] - 1) / 2];
  const grid = { size: cells, affine: multiply(affine, [...scale, 0, 0, 0, 1]) };
  const surrounding = data.reduce((low, value) => (value < low ? value : low), Number.POSITIVE_INFINITY);
  const all = means.map((value) => (Number.isNaN(value) ? surrounding : value));
  const light = Array.from(within).filter((value) => !Number.isNaN(value));
  const isEven = light.length >= FEWEST && standardDeviation(light) < EVEN * (mean(light) - surrounding);
  return { within: { ...grid, data: within }, all: { ...grid, data: all }, isEven };
}

/** SD of an object's cells, as a share of the step to its surrounding, below which it is even. */
const EVEN = 0.05;

/** Share of the range of intensities below which air and its noise are taken to lie. */
const DARK = 0.1;

/** The highest correlation of two coarse volumes over starts and shifts that leave half of the smaller one. */
function bestCorrelation(fixed: Volume, moving: Volume): number {
  const [a, b] = [centroid(fixed), centroid(moving)];
  const edge = Math.max(...spacingOf(fixed.affine));
  const least = Math.min(told(fixed.data), told(moving.data)) / 2;
  const shifts = Array.from({ length: 2 * REACH + 1 }, (_, n) => (n - REACH) * edge);
  let best = 0;
  for (const start of [
    [0, 0, 0],
    [b[0] - a[0], b[1] - a[1], b[2] - a[2]],
  ] as const)
    for (const x of shifts)
      for (const y of shifts)
        for (const z of shifts) {
          const other = lookedUp(moving, fixed, [start[0] + x, start[1] + y, start[2] + z]);
          let count = 0;
          const both = (n: number): boolean => {
            const is = !Number.isNaN(fixed.data[n]! + other[n]!);
            if (is) count++;
            return is;
          };
          const found = correlation(fixed.data, other, both);
          if (count >= Math.max(least, FEWEST)) best = Math.max(best, found);
        }
  return best;
}

/** A volume's nearest values at the voxels of another, shifted by so many mm; NaN outside. */
function lookedUp({ size, affine, data }: Volume, grid: Grid, shift: Vec3): Float32Array {
  const to = multiply(invert(affine), multiply(translation(shift), grid.affine));
  const [nx, ny, nz] = grid.size;
  const out = new Float32Array(nx * ny * nz).fill(Number.NaN);
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        const x = Math.round(to[0]! * i + to[1]! * j + to[2]! * k + to[3]!);
        const y = Math.round(to[4]! * i + to[5]! * j + to[6]! * k + to[7]!);
        const z = Math.round(to[8]! * i + to[9]! * j + to[10]! * k + to[11]!);
        if (x >= 0 && x < size[0] && y >= 0 && y < size[1] && z >= 0 && z < size[2])
          out[n] = data[x + size[0] * (y + size[1] * z)]!;
      }
  return out;
}

/** Number of cells that hold something. */
function told(data: Float32Array): number {
  return data.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0);
}

function centroid({ size, affine, data }: Volume): Vec3 {
  let [count, x, y, z] = [0, 0, 0, 0];
  for (let n = 0; n < data.length; n++) {
    if (Number.isNaN(data[n]!)) continue;
    count++;
    x += n % size[0];
    y += Math.floor(n / size[0]) % size[1];
    z += Math.floor(n / (size[0] * size[1]));
  }
  return applyToPoint(affine, [x / Math.max(count, 1), y / Math.max(count, 1), z / Math.max(count, 1)]);
}

/**
 * The texture of a scan, from a regular subset of its neighbourhoods that lie within the mask with two voxels around.
 */
function textureOf({ data, size }: Volume, mask: Mask | undefined): Texture {
  const [nx, ny, nz] = size;
  const strides = [1, nx, nx * ny] as const;
  const around = [-1, 0, 1].flatMap((z) => [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x) => x + nx * (y + ny * z))));
  const rim = strides.flatMap((stride) => [-3 * stride, 3 * stride]);
  const inside = mask ? counted(mask) : data.length;
  const every = Math.max(1, Math.floor(inside / NEIGHBOURHOODS));
  const least = data.reduce((a, b) => (b < a ? b : a), Number.POSITIVE_INFINITY);
  const [means, deviations]: [number[], number[]] = [[], []];
  let met = 0;
  for (let k = 3; k < nz - 3; k++)
    for (let j = 3; j < ny - 3; j++)
      for (let i = 3; i < nx - 3; i++) {
        const n = i + nx * (j + ny * k);
        if (mask?.[n] === 0 || met++ % every !== 0 || (mask && rim.some((by) => mask[n + by] === 0))) continue;
        let [sum, squares] = [0, 0];
        for (const by of around) {
          const value = data[n + by]! - least;
          sum += value;
          squares += value * value;
        }
        const mean = sum / around.length;
        means.push(mean);
        deviations.push(Math.sqrt(Math.max(0, squares / around.length - mean * mean)));
      }
  const [middle] = percentiles(means, [50]) as [number];
  const relative = deviations.flatMap((sd, n) => (means[n]! > middle ? [sd / means[n]!] : []));
  const [low, grain] = percentiles(relative, [10, 50]) as [number, number];
  return {
    surrounding: 1 - inside / data.length,
    brighter: correlation(means, deviations),
    everywhere: grain > 0 ? low / grain : 0,
    grain: relative.length > 0 ? grain : 0,
  };
}

function counted(mask: Mask): number {
  let count = 0;
  for (const value of mask) count += value;
  return count;
}
