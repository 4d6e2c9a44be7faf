import { type Random, randomStream } from '../../random.ts';
import { tripleAt } from '../../triple.ts';
import type { Vec3 } from '../../volume/grid.ts';
import { PeriodicSpline } from '../spline.ts';
import type { Craniotomy } from './craniotomy.ts';
import { TISSUES, type Tissue } from './tissue.ts';
import { along, length, perpendiculars, unit } from './vector.ts';

/** Thickness of the cortex in millimetres. */
const CORTEX = 2.7;

/** Where the interhemispheric fissure ends below, in millimetres above the brain's middle. */
const FISSURE_BOTTOM = 19;

/** A synthetic brain as a function of space: RAS mm, origin in the brain's middle. */
interface BrainAnatomy {
  /** The middle of the craniotomy on the brain's surface, above the lesion. */
  readonly craniotomy: Craniotomy;
  /**
   * Writes what tissue there is at a point into `out`: T1, FLAIR, echogenicity, impedance, attenuation.
   * @param edge width in mm over which one tissue passes into the next, as partial volume makes it.
   */
  at(x: number, y: number, z: number, edge: number, out: Float64Array): void;
}

interface Lesion {
  readonly centre: Vec3;
  readonly radius: number;
  /** Radius of a cyst in its middle; 0 for none. */
  readonly cyst: number;
  readonly calcifications: readonly { readonly centre: Vec3; readonly radius: number }[];
}

/** Roughly the distance to the zero set of a spline along a scaled space, in mm. */
class ZeroSet {
  readonly #spline: PeriodicSpline;
  readonly #value = new Float64Array(1);
  readonly #gradient = new Float64Array(3);

  constructor(spacing: number, nodes: number, random: Random) {
    this.#spline = new PeriodicSpline(spacing, nodes, 1, () => random.normal());
  }

  /** First-order distance |g|/|∇g|. */
  distance(x: number, y: number, z: number): number {
    this.#spline.value(x, y, z, this.#value);
    this.#spline.gradient(x, y, z, this.#gradient);
    const [gx, gy, gz] = tripleAt(this.#gradient);
    return Math.abs(this.#value[0]!) / Math.sqrt(gx * gx + gy * gy + gz * gz + 1e-4);
  }
}

/** 1 well inside (distance below 0), 0 outside, a smooth step over `edge` between. */
function inside(distance: number, edge: number): number {
  const t = Math.max(0, Math.min(1, 0.5 - distance / edge));
  return t * t * (3 - 2 * t);
}

function blend(out: Float64Array, { t1, flair, echogenicity, impedance, attenuation }: Tissue, weight: number): void {
  if (weight <= 0) return;
  out[0]! += weight * (t1 - out[0]!);
  out[1]! += weight * (flair - out[1]!);
  out[2]! += weight * (echogenicity - out[2]!);
  out[3]! += weight * (impedance - out[3]!);
  out[4]! += weight * (attenuation - out[4]!);
}

function ellipsoid(x: number, y: number, z: number, [a, b, c]: Vec3): number {
  return Math.sqrt((x / a) ** 2 + (y / b) ** 2 + (z / c) ** 2);
}

function randomCraniotomy(random: Random, axes: Vec3): Craniotomy {
  const side = random.uniform() < 0.5 ? -1 : 1;
  const span = (from: number, to: number): number => from + (to - from) * random.uniform();
  const direction = unit([side * span(0.45, 0.85), span(-0.55, 0.55), span(0.5, 0.85)]);
  const point = along([0, 0, 0], direction, 1 / ellipsoid(...direction, axes));
  const outward = unit([point[0] / axes[0] ** 2, point[1] / axes[1] ** 2, point[2] / axes[2] ** 2]);
  return { point, inward: along([0, 0, 0], outward, -1) };
}

function randomLesion(random: Random, { point, inward }: Craniotomy): Lesion {
  const [u, v] = perpendiculars(inward);
  const radius = 8 + 6 * random.uniform();
  const sideways = (): number => 14 * (random.uniform() - 0.5);
  const centre = along(along(along(point, inward, radius + 5 + 9 * random.uniform()), u, sideways()), v, sideways());
  const calcifications = Array.from({ length: random.integer(4) }, () => {
    const direction = unit([random.normal(), random.normal(), random.normal()]);
    return { centre: along(centre, direction, 0.8 * radius), radius: 1 + 1.2 * random.uniform() };
  });
  return { centre, radius, cyst: random.uniform() < 0.35 ? 0.5 * radius : 0, calcifications };
}

/**
 * Makes a brain. The hull is an ellipsoid with bumps. Sulci follow the zero set of a random field that is carried
 * inward along the radius, with cortex of uniform thickness around them and vessels within. There are a falx in the
 * interhemispheric fissure, lateral ventricles, deep grey matter, and a lesion with oedema, sometimes with a cyst and
 * calcifications. Skull and scalp lie around. Randomness: the stream (`seed`, 'ultrasound', 'anatomy', `index`).
 */
export function makeBrainAnatomy(seed: number, index: number): BrainAnatomy {
  const random = randomStream(seed, 'ultrasound', 'anatomy', index);
  const scale = (): number => 0.95 + 0.1 * random.uniform();
  const axes: Vec3 = [66 * scale(), 84 * scale(), 62 * scale()];
  const craniotomy = randomCraniotomy(random, axes);
  const lesion = randomLesion(random, craniotomy);
  const folds = new ZeroSet(6, 64, random);
  const vesselPlanes = new ZeroSet(9, 32, random);
  // Three slow fields: depth of sulci, their width, shape of surfaces.
  const slow = new PeriodicSpline(12, 32, 3, () => random.normal());
  const varied = new Float64Array(3);
  const ventricle = { width: 5 + 3 * random.uniform(), height: 4 + 2.5 * random.uniform() };

  const lesionDistance = (x: number, y: number, z: number): number => {
    const [cx, cy, cz] = lesion.centre;
    return length([x - cx, y - cy, z - cz]) - lesion.radius * (1 + 0.5 * varied[2]! + 0.5 * varied[1]!);
  };

  const calcificationDistance = (x: number, y: number, z: number): number => {
    let least = Number.POSITIVE_INFINITY;
    for (const { centre, radius } of lesion.calcifications)
      least = Math.min(least, length([x - centre[0], y - centre[1], z - centre[2]]) - radius);
    return least;
  };

  const fissureDistance = (x: number, y: number, z: number): number => {
    const across = x - 1.5 * Math.sin(y / 25);
    const below = Math.max(0, FISSURE_BOTTOM - (y * y) / 300 - z);
    return Math.sqrt(across * across + below * below);
  };

  const ventricleDistance = (x: number, y: number, z: number): number => {
    const cx = Math.abs(x) - 11 - (y * y) / 250;
    const cz = z - 12 + (y * y) / 200;
    const taper = Math.sqrt(Math.max(0.02, 1 - (y / 38) ** 4)) * (1 + 0.3 * varied[2]!);
    const ring = Math.sqrt((cx / ventricle.width) ** 2 + (cz / ventricle.height) ** 2) - taper;
    return ring * ventricle.height;
  };

  return {
    craniotomy,
    at(x, y, z, edge, out) {
      const rho = Math.max(1e-3, ellipsoid(x, y, z, axes));
      const slope = length([x / axes[0] ** 2, y / axes[1] ** 2, z / axes[2] ** 2]) / rho;
      out.fill(0);
      if ((1 - rho) / slope < -18) return blend(out, TISSUES.air, 1);
      slow.value(x, y, z, varied);
      const depth = (1 - rho) / slope + 2 * varied[2]!;

      const radius = Math.max(24, length([x, y, z]));
      const towardSurface = 0.25 + (0.75 * 62) / radius;
      const bend = (n: 0 | 1 | 2): number => 5 * varied[n]!;
      const sheet =
        folds.distance(x * towardSurface + bend(0), y * towardSurface + bend(1), z * towardSurface + bend(2)) /
        towardSurface;
      const sulcusEnd = Math.max(8, Math.min(40, 23 + 24 * varied[0]!));
      const beyond = Math.max(0, depth - sulcusEnd);
      const sulcus = Math.sqrt(sheet * sheet + beyond * beyond);
      const halfWidth = 0.4 + 1.1 * Math.exp(-Math.max(0, depth) / 3) + 0.5 * Math.max(0, varied[1]!);
      const fissure = fissureDistance(x, y, z);
      const toFluid = Math.min(sulcus - halfWidth, fissure - 1.3);
      const ventricleEdge = ventricleDistance(x, y, z);
      const lesionEdge = lesionDistance(x, y, z);

      blend(out, TISSUES.white, 1);
      const deep = (ellipsoid(Math.abs(x) - 22, y + 4, z + 1, [10, 21, 12]) - 1) * 10;
      blend(out, TISSUES.deepGrey, inside(deep, 2 * edge));
      blend(out, TISSUES.oedema, 0.8 * inside(lesionEdge - 5 - 6 * varied[0]!, 5));
      blend(out, TISSUES.grey, inside(Math.min(depth, toFluid) - CORTEX, edge));
      blend(out, TISSUES.lesion, inside(lesionEdge, 2 * edge));
      blend(out, TISSUES.fluid, inside(lesionEdge + lesion.radius - lesion.cyst, edge));
      blend(out, TISSUES.sulcus, inside(toFluid, edge));
      if (sheet < 2 && beyond < 2) {
        const vessel = Math.sqrt(sheet * sheet + vesselPlanes.distance(x, y, z) ** 2) - 0.9;
        blend(out, TISSUES.vessel, inside(vessel, edge));
      }
      blend(out, TISSUES.fluid, inside(ventricleEdge, edge));
      if (z > FISSURE_BOTTOM + 4) blend(out, TISSUES.falx, inside(fissure - 0.7, edge));
      blend(out, TISSUES.calcification, inside(calcificationDistance(x, y, z), edge));
      blend(out, TISSUES.fluid, inside(depth, edge));
      blend(out, TISSUES.bone, inside(depth + 2.5, edge));
      blend(out, TISSUES.scalp, inside(depth + 9, edge));
      blend(out, TISSUES.air, inside(depth + 14.5, edge));
    },
  };
}
