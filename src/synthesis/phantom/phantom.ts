import { UserError } from '../../errors.ts';
import { type Random, randomStream } from '../../random.ts';
import type { Labels, Size, Vec3, Volume, Warp } from '../../volume/grid.ts';
import { centredAffine } from '../centredGrid.ts';
import { PeriodicSpline } from '../spline.ts';
import { makePhantomAtlas, type PhantomAtlas } from './phantomAtlas.ts';
import { PhantomMap } from './phantomMap.ts';

/** A synthetic case whose anatomy, and so its correspondence with any other case of the same seed, is known exactly. */
export interface PhantomCase {
  readonly id: string;
  readonly image: Volume;
  /** 1 anterior part, 2 posterior part, on the image's grid. */
  readonly labels: Labels;
  /** World coordinates in millimetres, RAS; the i-th landmark is the same anatomical point in every case of a seed. */
  readonly landmarks: readonly Vec3[];
  /** The true map from world coordinates of this case to the atlas. */
  readonly map: PhantomMap;
}

export interface PhantomOptions {
  /** Names the data set: its texture and its cases. */
  readonly seed: number;
  /** Which case, from 0. */
  readonly index: number;
  /** Voxels; without it, a crop around the structure of varying size, as the Decathlon's hippocampus data has it. */
  readonly size?: Size;
  /** Millimetres, default 1 along each axis. */
  readonly spacing?: Vec3;
  /** The atlas of the seed, to make it once for many cases. */
  readonly atlas?: PhantomAtlas;
}

/** Noise relative to plain tissue. */
const NOISE = 0.04;

interface Box {
  readonly centre: Vec3;
  readonly extent: Vec3;
}

function boxOf(points: readonly Vec3[]): Box {
  const axis = (a: 0 | 1 | 2): [number, number] => {
    const values = points.map((point) => point[a]);
    return [Math.min(...values), Math.max(...values)];
  };
  const ranges = [axis(0), axis(1), axis(2)] as const;
  const over = (f: (low: number, high: number) => number): Vec3 => [f(...ranges[0]), f(...ranges[1]), f(...ranges[2])];
  return { centre: over((low, high) => (low + high) / 2), extent: over((low, high) => high - low) };
}

/** The structure's extent with about as much around it as the Decathlon's hippocampus crops have. */
function cropSize(extent: Vec3, spacing: Vec3, random: Random): Size {
  const margin = (least: number): number => 2 * (least + 2 * random.uniform());
  return [
    Math.ceil((extent[0] + margin(6.5)) / spacing[0]),
    Math.ceil((extent[1] + margin(6)) / spacing[1]),
    Math.ceil((extent[2] + margin(4.5)) / spacing[2]),
  ];
}

function checkGrid(size: Size | undefined, spacing: Vec3): void {
  if (size?.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new UserError(`A phantom of ${size.join('×')} voxels is not possible: give three whole numbers above 0.`);
  }
  if (spacing.some((mm) => !(mm > 0 && Number.isFinite(mm)))) {
    throw new UserError(
      `A phantom with a spacing of ${spacing.join('×')} mm is not possible: give three lengths above 0.`,
    );
  }
}

/**
 * Makes one case: the atlas under a random smooth invertible deformation. It has its own intensity scale (60 to 700 in
 * plain tissue), a bias field of about 10 % and Rician noise. The structure's bounding box is centred in the grid to
 * within a millimetre, and the middle of the grid is the world's origin. Randomness: the streams (`seed`, 'phantom',
 * 'map' or 'appearance', `index`).
 *
 * @throws UserError for an impossible size or spacing.
 * @example
 * const { image, labels } = makePhantomCase({ seed: 1, index: 0, size: [24, 32, 24], spacing: [1.75, 1.75, 1.75] })
 */
export function makePhantomCase(options: PhantomOptions): PhantomCase {
  const { seed, index, spacing = [1, 1, 1], atlas = makePhantomAtlas(seed) } = options;
  checkGrid(options.size, spacing);
  const random = randomStream(seed, 'phantom', 'appearance', index);
  const free = PhantomMap.random(seed, index);
  const { centre, extent } = boxOf(atlas.surface.map((point) => free.fromAtlas(point)));
  const jitter = (): number => 2 * random.uniform() - 1;
  const map = free.centredAt([centre[0] + jitter(), centre[1] + jitter(), centre[2] + jitter()]);
  const size = options.size ?? cropSize(extent, spacing, random);

  const scale = 60 * (700 / 60) ** random.uniform();
  const bias = new PeriodicSpline(40, 4, 1, () => 0.3 * random.normal());
  const biasHere = new Float64Array(1);
  const affine = centredAffine(size, spacing);
  const count = size[0] * size[1] * size[2];
  const image = { size, affine, data: new Float32Array(count) };
  const labels = { size, affine, data: new Int32Array(count) };
  let voxel = 0;
  for (let k = 0; k < size[2]; k++) {
    const z = affine[11]! + k * spacing[2];
    for (let j = 0; j < size[1]; j++) {
      const y = affine[7]! + j * spacing[1];
      const toAtlas = map.toAtlasAlongX(y, z);
      const biasAlong = bias.alongX(y, z);
      for (let i = 0; i < size[0]; i++, voxel++) {
        const x = affine[3]! + i * spacing[0];
        const [ax, ay, az] = toAtlas(x);
        biasAlong(x, biasHere);
        const signal = atlas.intensity(ax, ay, az) * Math.exp(biasHere[0]!);
        const real = signal + NOISE * random.normal();
        const imaginary = NOISE * random.normal();
        image.data[voxel] = scale * Math.sqrt(real * real + imaginary * imaginary);
        labels.data[voxel] = atlas.label(ax, ay, az);
      }
    }
  }
  return {
    id: `phantom_${String(index + 1).padStart(3, '0')}`,
    image,
    labels,
    landmarks: atlas.landmarks.map((point) => map.fromAtlas(point)),
    map,
  };
}

/**
 * Where a point of one case lies in another of the same seed, both in world millimetres, RAS.
 * @example const [x, y, z] = truePoint(one, two, [0, 0, 0])
 */
export function truePoint(from: PhantomCase, to: PhantomCase, point: Vec3): Vec3 {
  return to.map.fromAtlas(from.map.toAtlas(point));
}

/**
 * The true deformation between two cases of one seed, on the fixed image's grid, in millimetres, LPS: what a perfect
 * registration of `moving` onto `fixed` would find.
 * @example const moved = applyWarp(trueWarp(one, two), two.image)
 */
export function trueWarp(fixed: PhantomCase, moving: PhantomCase): Warp {
  const { size, affine } = fixed.image;
  const count = size[0] * size[1] * size[2];
  const data = new Float32Array(3 * count);
  let voxel = 0;
  let shift: Vec3 = [0, 0, 0];
  for (let k = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++, voxel++) {
        const p: Vec3 = [affine[3]! + affine[0]! * i, affine[7]! + affine[5]! * j, affine[11]! + affine[10]! * k];
        const guess: Vec3 = [p[0] + shift[0], p[1] + shift[1], p[2] + shift[2]];
        const q = moving.map.fromAtlas(fixed.map.toAtlas(p), guess);
        shift = [q[0] - p[0], q[1] - p[1], q[2] - p[2]];
        data[voxel] = -shift[0];
        data[count + voxel] = -shift[1];
        data[2 * count + voxel] = shift[2];
      }
    }
  }
  return { size, affine, data };
}
