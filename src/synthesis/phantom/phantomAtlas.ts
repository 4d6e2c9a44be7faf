import { randomStream } from '../../random.ts';
import type { Vec3 } from '../../volume/grid.ts';
import { PeriodicSpline } from '../spline.ts';

/** Half of the structure's length along y (posterior to anterior), in millimetres. */
const HALF_LENGTH = 18.5;

/** Where along the axis the head (label 1) ends and the body (label 2) begins, in half lengths. */
const HEAD_START = 0.14;

/** Mean intensities: T1-weighted contrast relative to the surrounding tissue. */
const TISSUE = 1;
const HIPPOCAMPUS = 0.45;
const WHITE_MATTER = 1.15;
const FLUID = 0.75;

/** Texture: control point distance in millimetres, standard deviation relative to the local mean. */
const TEXTURE = [
  { spacing: 2.5, deviation: 0.06 },
  { spacing: 5, deviation: 0.06 },
  { spacing: 10, deviation: 0.09 },
];

/** Standard deviation of a cubic B-spline with independent unit coefficients at a random point: (151/315)^(3/2). */
const SPLINE_DEVIATION = (151 / 315) ** 1.5;

/** What lies where in the phantom, as functions of a point in millimetres, RAS, origin at the structure's centre. */
export interface PhantomAtlas {
  /** 0 background, 1 anterior part (head), 2 posterior part (body and tail). */
  label(x: number, y: number, z: number): 0 | 1 | 2;
  /** Noise-free intensity, about 1 in plain tissue; all structures and the texture belong to the anatomy. */
  intensity(x: number, y: number, z: number): number;
  /** Anatomical points on the structure's axis and surface, in a fixed order. */
  readonly landmarks: readonly Vec3[];
  /** Points all over the structure's surface. */
  readonly surface: readonly Vec3[];
}

/** The cross-section of the structure at a place along its axis: an ellipse in x and z. */
interface Section {
  readonly x: number;
  readonly z: number;
  readonly halfWidth: number;
  readonly halfHeight: number;
}

/** @param s Place along the axis: -1 the tip of the tail, 1 the tip of the head. */
function section(s: number): Section {
  const within = Math.max(-1.2, Math.min(1.2, s));
  const head = 1 / (1 + Math.exp(-6 * (within - 0.25)));
  const square = within * within;
  const taper = Math.sqrt(Math.max(0.01, 1 - square * square * square));
  return {
    x: 3 - 4.5 * (within - 0.25) * (within - 0.25),
    z: -7.5 * within + 2 * (square - 0.35),
    halfWidth: (5.2 + 2.6 * head) * taper,
    halfHeight: (4.8 + 1.4 * head) * taper,
  };
}

/** As Math.hypot, which is many times slower for its care about overflow. */
function length(a: number, b: number): number {
  return Math.sqrt(a * a + b * b);
}

/** Roughly the distance to the structure's surface in millimetres, negative inside. */
function structureDistance(at: Section, x: number, y: number, z: number): number {
  const radius = length((x - at.x) / at.halfWidth, (z - at.z) / at.halfHeight);
  return Math.max((radius - 1) * Math.min(at.halfWidth, at.halfHeight), Math.abs(y) - HALF_LENGTH);
}

/** Blends two intensities over an edge 1.6 mm wide, as partial volume does; `distance` is negative inside. */
function over(outside: number, inside: number, distance: number): number {
  const t = Math.max(0, Math.min(1, 0.5 - distance / 1.6));
  return outside + (inside - outside) * t * t * (3 - 2 * t);
}

function structurePoints(places: readonly number[], angles: readonly number[]): Vec3[] {
  return places.flatMap((s) => {
    const at = section(s);
    return angles.map(
      (angle): Vec3 => [at.x + at.halfWidth * Math.cos(angle), s * HALF_LENGTH, at.z + at.halfHeight * Math.sin(angle)],
    );
  });
}

function evenly(count: number, from: number, to: number): number[] {
  return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

/**
 * A hippocampus-like atlas: a curved, tapered structure about 37 mm long in two parts. A bright bed of white matter
 * lies below and beside it, a dark ventricle along it and a dark cistern on its medial side. All have texture at three
 * scales. The shapes are always the same; the texture differs by seed. Randomness: the stream (`seed`, 'phantom',
 * 'atlas').
 * @example const atlas = makePhantomAtlas(1)
 */
export function makePhantomAtlas(seed: number): PhantomAtlas {
  const random = randomStream(seed, 'phantom', 'atlas');
  const layers = TEXTURE.map(({ spacing, deviation }) => {
    const nodes = 2 ** Math.ceil(Math.log2(120 / spacing));
    return new PeriodicSpline(spacing, nodes, 1, () => (deviation / SPLINE_DEVIATION) * random.normal());
  });
  const out = new Float64Array(1);

  const base = (x: number, y: number, z: number): number => {
    const at = section(y / HALF_LENGTH);
    let value = over(TISSUE, WHITE_MATTER, Math.min(z - at.z + 9.5, at.x + 13 - x));
    value = over(value, FLUID, x + 13.5 - 1.5 * Math.sin(y / 7));
    const ventricle = length(x - at.x - at.halfWidth - 2.2, z - at.z - 2.5) - 2;
    value = over(value, FLUID, Math.max(ventricle, Math.abs(y - 2) - 16));
    return over(value, HIPPOCAMPUS, structureDistance(at, x, y, z));
  };

  return {
    label(x, y, z) {
      const at = section(y / HALF_LENGTH);
      if (structureDistance(at, x, y, z) >= 0) return 0;
      return y + 0.2 * (z - at.z) > HEAD_START * HALF_LENGTH ? 1 : 2;
    },
    intensity(x, y, z) {
      let texture = 1;
      for (const layer of layers) {
        layer.value(x, y, z, out);
        texture += out[0]!;
      }
      return Math.max(0, base(x, y, z) * texture);
    },
    landmarks: evenly(10, -0.9, 0.9).flatMap((s) => {
      const { x, z } = section(s);
      const axis: Vec3 = [x, s * HALF_LENGTH, z];
      return [axis, ...structurePoints([s], [0, Math.PI / 2, Math.PI, -Math.PI / 2])];
    }),
    surface: structurePoints(evenly(23, -1, 1), evenly(13, -Math.PI, Math.PI)),
  };
}
