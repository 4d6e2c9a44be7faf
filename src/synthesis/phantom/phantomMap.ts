import { type Random, randomStream } from '../../random.ts';
import type { Mat4, Vec3 } from '../../volume/grid.ts';
import { applyToPoint, determinant, fromColumns, invert, multiply, scaling, translation } from '../../volume/matrix.ts';
import { PeriodicSpline } from '../spline.ts';

/** Distance of the control points in millimetres: anatomy differs at the scale of its parts, not of a voxel. */
const SPACING = 18;

/**
 * Largest displacement coefficient in millimetres. A cubic B-spline deformation in three dimensions is injective when
 * every coefficient stays below spacing/2.4795 (Choi and Lee, Graphical Models 62, 2000), here 7.26: no fold, ever.
 */
const BOUND = 5.2;

/** What may be left between a point and its target, in millimetres, when an inversion ends. */
const TOLERANCE = 1e-6;

function length([x, y, z]: Vec3): number {
  return Math.sqrt(x * x + y * y + z * z);
}

function rotation(axis: 0 | 1 | 2, angle: number): Mat4 {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  if (axis === 0) return fromColumns([1, 0, 0], [0, c, s], [0, -s, c], [0, 0, 0]);
  if (axis === 1) return fromColumns([c, 0, -s], [0, 1, 0], [s, 0, c], [0, 0, 0]);
  return fromColumns([c, s, 0], [-s, c, 0], [0, 0, 1], [0, 0, 0]);
}

/** Rotations of about 6 degrees, scales of about 7 %. */
function smallAffine(random: Random): Mat4 {
  const angle = (): number => 0.11 * Math.max(-2, Math.min(2, random.normal()));
  const scale = (): number => Math.exp(0.07 * Math.max(-2, Math.min(2, random.normal())));
  const turned = multiply(rotation(2, angle()), multiply(rotation(1, angle()), rotation(0, angle())));
  return multiply(turned, scaling([scale(), scale(), scale()]));
}

/**
 * The true map between a phantom case and the atlas, both in millimetres, RAS: atlas point = A·(p + c + u(p + c)). A is
 * a small affine map, c a shift that centres the case, and u a cubic B-spline displacement. It is smooth and invertible
 * everywhere by construction.
 */
export class PhantomMap {
  readonly #affine: Mat4;
  readonly #inverse: Mat4;
  readonly #displacement: PeriodicSpline;
  readonly #shift: Vec3;
  readonly #u = new Float64Array(3);
  readonly #du = new Float64Array(9);

  private constructor(affine: Mat4, displacement: PeriodicSpline, shift: Vec3) {
    this.#affine = affine;
    this.#inverse = invert(affine);
    this.#displacement = displacement;
    this.#shift = shift;
  }

  /** Randomness: the stream (`seed`, 'phantom', 'map', `index`). */
  static random(seed: number, index: number): PhantomMap {
    const random = randomStream(seed, 'phantom', 'map', index);
    const affine = smallAffine(random);
    const displacement = new PeriodicSpline(SPACING, 8, 3, () => BOUND * (2 * random.uniform() - 1));
    return new PhantomMap(affine, displacement, [0, 0, 0]);
  }

  /** The same map with the case's origin moved to what was `centre`. */
  centredAt(centre: Vec3): PhantomMap {
    const [x, y, z] = this.#shift;
    return new PhantomMap(this.#affine, this.#displacement, [x + centre[0], y + centre[1], z + centre[2]]);
  }

  /** The atlas point that lies at a point of the case. */
  toAtlas(point: Vec3): Vec3 {
    const [x, y, z] = this.#shifted(point);
    const u = this.#u;
    this.#displacement.value(x, y, z, u);
    return applyToPoint(this.#affine, [x + u[0]!, y + u[1]!, z + u[2]!]);
  }

  /** {@link toAtlas} for many points of one line parallel to x. */
  toAtlasAlongX(y: number, z: number): (x: number) => Vec3 {
    const [cx, cy, cz] = this.#shift;
    const displacement = this.#displacement.alongX(y + cy, z + cz);
    const u = new Float64Array(3);
    return (x) => {
      displacement(x + cx, u);
      return applyToPoint(this.#affine, [x + cx + u[0]!, y + cy + u[1]!, z + cz + u[2]!]);
    };
  }

  /** The determinant of the map's Jacobian matrix at a point of the case; positive everywhere. */
  jacobianDeterminant(point: Vec3): number {
    return determinant(this.#affine) * determinant(this.#deformationJacobian(this.#shifted(point)));
  }

  /**
   * The point of the case where an atlas point lies, by Newton's method with halved steps, to 1e-6 mm.
   *
   * @param start A guess at the answer; a neighbour's answer saves most of the work.
   */
  fromAtlas(atlasPoint: Vec3, start?: Vec3): Vec3 {
    const target = applyToPoint(this.#inverse, atlasPoint);
    let point = start === undefined ? target : this.#shifted(start);
    let residual = this.#residual(point, target);
    for (let iteration = 0; iteration < 100 && length(residual) > TOLERANCE; iteration++) {
      const step = applyToPoint(invert(this.#deformationJacobian(point)), residual);
      const stepped = (fraction: number): Vec3 => [
        point[0] + fraction * step[0],
        point[1] + fraction * step[1],
        point[2] + fraction * step[2],
      ];
      let fraction = 1;
      let next = stepped(fraction);
      let left = this.#residual(next, target);
      while (length(left) >= length(residual) && fraction > 1e-3) {
        fraction /= 2;
        next = stepped(fraction);
        left = this.#residual(next, target);
      }
      point = next;
      residual = left;
    }
    if (length(residual) > 100 * TOLERANCE) throw new Error('The inversion of a phantom map did not converge.');
    return applyToPoint(translation([-this.#shift[0], -this.#shift[1], -this.#shift[2]]), point);
  }

  #shifted(point: Vec3): Vec3 {
    return [point[0] + this.#shift[0], point[1] + this.#shift[1], point[2] + this.#shift[2]];
  }

  /** What is missing from p + u(p) to the target. */
  #residual(p: Vec3, target: Vec3): Vec3 {
    const u = this.#u;
    this.#displacement.value(p[0], p[1], p[2], u);
    return [target[0] - p[0] - u[0]!, target[1] - p[1] - u[1]!, target[2] - p[2] - u[2]!];
  }

  /** I + ∇u as a 4×4 matrix. */
  #deformationJacobian(p: Vec3): Mat4 {
    const d = this.#du;
    this.#displacement.gradient(p[0], p[1], p[2], d);
    return [1 + d[0]!, d[1]!, d[2]!, 0, d[3]!, 1 + d[4]!, d[5]!, 0, d[6]!, d[7]!, 1 + d[8]!, 0, 0, 0, 0, 1];
  }
}
