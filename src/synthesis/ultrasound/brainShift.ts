import { type Random, randomStream } from '../../random.ts';
import type { Grid, Vec3, Warp } from '../../volume/grid.ts';
import { PeriodicSpline } from '../spline.ts';
import type { Craniotomy } from './craniotomy.ts';
import { along, length, minus, perpendiculars, randomDirection, turned } from './vector.ts';

/** Distance of the random part's control points in mm. */
const SPACING = 20;

/** Reach of the sag: standard deviation of its Gaussian in mm. */
const REACH = 30;

/** Parts of a deformation of unit scale: mm, and radians. */
const TRANSLATION = 0.8;
const ROTATION = 0.006;
const SAG = 0.75;
const COEFFICIENT = 0.6;

/**
 * Bounds of the local part's Lipschitz constant in the maximum norm, per mm of its magnitude. Spline: the derivatives
 * of a cubic B-spline in three dimensions sum to at most 2.4795/spacing per coefficient (Choi and Lee, Graphical Models
 * 62, 2000). Gaussian: its gradient is at most e^(−1/2)/σ, its 1-norm √3 times that.
 */
const LIPSCHITZ = (2.4795 * COEFFICIENT) / SPACING + (Math.sqrt(3 / Math.E) * SAG) / REACH;

/** The constant that the local part may reach. Below 1, p ↦ p + u(p) is a bijection with a positive determinant. */
const LARGEST = 0.85;

/** The drawn shape of a deformation, before its scale. */
interface Shape {
  /** Where the sag is greatest, and the fixed point of the rotation. */
  readonly centre: Vec3;
  /** Unit vector along which tissue has sunk. */
  readonly gravity: Vec3;
  readonly translation: Vec3;
  readonly rotationAxis: Vec3;
  readonly spline: PeriodicSpline;
}

/**
 * The true map from ultrasound space to MRI space, RAS mm: φ(p) = R(p + u(p)). R is a small rigid misalignment. It
 * follows a local deformation u(p) = −a·g·exp(−|p − c|²/2σ²) + v(p). The first term undoes the sag of the brain below
 * the craniotomy c along gravity g, v is a cubic B-spline with random coefficients. It is invertible everywhere.
 */
export class BrainShift {
  readonly #shape: Shape;
  /** Overall magnitude; that of the local part stops where its inverse would no longer be certain. */
  readonly #scale: number;
  readonly #local: number;
  readonly #v = new Float64Array(3);

  private constructor(shape: Shape, scale: number) {
    this.#shape = shape;
    this.#scale = scale;
    this.#local = Math.min(scale, LARGEST / LIPSCHITZ);
  }

  /** Randomness: the stream (`seed`, 'ultrasound', 'shift', `index`). */
  static random(seed: number, index: number, { point, inward }: Craniotomy): BrainShift {
    const random = randomStream(seed, 'ultrasound', 'shift', index);
    const shape = {
      centre: along(point, inward, 8),
      gravity: tilted(inward, 0.5 * random.uniform(), random),
      translation: along([0, 0, 0], randomDirection(random), TRANSLATION),
      rotationAxis: randomDirection(random),
      spline: new PeriodicSpline(SPACING, 16, 3, () => COEFFICIENT * (2 * random.uniform() - 1)),
    };
    return new BrainShift(shape, 1);
  }

  /**
   * The deformation of the same shape whose mean displacement of given points is `target` mm.
   */
  withMeanDisplacement(target: number, points: readonly Vec3[]): BrainShift {
    const meanAt = (scale: number): number => {
      const shift = new BrainShift(this.#shape, scale);
      return points.reduce((sum, p) => sum + length(minus(shift.toMri(p), p)), 0) / points.length;
    };
    let [low, high] = [0, 1];
    while (meanAt(high) < target) high *= 2;
    for (let step = 0; step < 40; step++) {
      const middle = (low + high) / 2;
      if (meanAt(middle) < target) low = middle;
      else high = middle;
    }
    return new BrainShift(this.#shape, high);
  }

  /** The point of the MRI that shows what the ultrasound shows at `p`. */
  toMri(p: Vec3): Vec3 {
    const { centre, translation, rotationAxis } = this.#shape;
    const offset = minus(along(p, this.#displacement(p), 1), centre);
    return along(along(centre, turned(offset, rotationAxis, ROTATION * this.#scale), 1), translation, this.#scale);
  }

  /** Its inverse, by iterating the contraction p ← R⁻¹(q) − u(p) to 1e-9 mm. */
  toUltrasound(q: Vec3): Vec3 {
    const { centre, translation, rotationAxis } = this.#shape;
    const offset = minus(along(q, translation, -this.#scale), centre);
    const target = along(centre, turned(offset, rotationAxis, -ROTATION * this.#scale), 1);
    let p = target;
    for (let iteration = 0; iteration < 300; iteration++) {
      const next = minus(target, this.#displacement(p));
      const step = length(minus(next, p));
      p = next;
      if (step < 1e-9) return p;
    }
    throw new Error('The inversion of a simulated brain shift did not converge.');
  }

  /** The map at the voxels of a grid in ultrasound space. */
  warpOn({ size, affine }: Grid): Warp {
    const [nx, ny, nz] = size;
    const count = nx * ny * nz;
    const data = new Float32Array(3 * count);
    for (let k = 0, n = 0; k < nz; k++) {
      for (let j = 0; j < ny; j++) {
        for (let i = 0; i < nx; i++, n++) {
          const p: Vec3 = [
            affine[0]! * i + affine[1]! * j + affine[2]! * k + affine[3]!,
            affine[4]! * i + affine[5]! * j + affine[6]! * k + affine[7]!,
            affine[8]! * i + affine[9]! * j + affine[10]! * k + affine[11]!,
          ];
          const q = this.toMri(p);
          data[n] = p[0] - q[0];
          data[count + n] = p[1] - q[1];
          data[2 * count + n] = q[2] - p[2];
        }
      }
    }
    return { size, affine, data };
  }

  #displacement(p: Vec3): Vec3 {
    const { centre, gravity, spline } = this.#shape;
    const [x, y, z] = [p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]];
    const sag = SAG * Math.exp(-(x * x + y * y + z * z) / (2 * REACH * REACH));
    const v = this.#v;
    spline.value(p[0], p[1], p[2], v);
    const s = this.#local;
    return [s * (v[0]! - sag * gravity[0]), s * (v[1]! - sag * gravity[1]), s * (v[2]! - sag * gravity[2])];
  }
}

/** A unit vector at an angle from another, in a random direction. */
function tilted(v: Vec3, angle: number, random: Random): Vec3 {
  const [first] = perpendiculars(v);
  return turned(turned(v, first, angle), v, 2 * Math.PI * random.uniform());
}
