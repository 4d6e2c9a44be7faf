import type { Mat4, Vec3 } from '../../volume/grid.ts';
import { applyToPoint, multiply, translation } from '../../volume/matrix.ts';

/** What a transform may do: turn and shift (6 numbers), or also scale and shear (12). */
export type AlignmentKind = 'rigid' | 'affine';

/** Rotations about x, y and z: right-handed, as derivatives at no rotation. */
const ROTATIONS: readonly Mat4[] = [
  [0, 0, 0, 0, 0, 0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 0],
  [0, 0, 1, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0],
  [0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
];

/** Scales along x, y and z, and shears without rotation: with {@link ROTATIONS} all linear maps. */
const STRETCHES: readonly Mat4[] = [
  [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0],
  [0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
  [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
];

/**
 * Small motions of a transform about the place of a point, in coordinates of one length. One unit of the first three
 * shifts by 1 mm. One unit of the others moves what is `radius` mm away from that point by about 1 mm.
 */
export class Motion {
  readonly #generators: readonly Mat4[];

  constructor(
    kind: AlignmentKind,
    private readonly centre: Vec3,
    private readonly radius: number,
  ) {
    this.#generators = kind === 'rigid' ? ROTATIONS : [...ROTATIONS, ...STRETCHES];
  }

  /** Number of coordinates: 6 or 12. */
  get dimension(): number {
    return 3 + this.#generators.length;
  }

  /** The transform moved by coordinates: exponentials, so that a rigid one stays rigid. */
  moved(transform: Mat4, by: readonly number[]): Mat4 {
    const at = applyToPoint(transform, this.centre);
    const rate = this.#generators.reduce<number[]>(
      (sum, generator, k) => sum.map((value, n) => value + (by[3 + k]! / this.radius) * generator[n]!),
      new Array<number>(16).fill(0),
    );
    const back = translation([at[0] + by[0]!, at[1] + by[1]!, at[2] + by[2]!]);
    return multiply(back, multiply(exponential(rate), multiply(translation([-at[0], -at[1], -at[2]]), transform)));
  }

  /** How far apart two transforms are in mm: the mean over the centre and six points `radius` from it. */
  distance(a: Mat4, b: Mat4): number {
    const [x, y, z] = this.centre;
    const r = this.radius;
    const around = [-r, r].flatMap((d): Vec3[] => [
      [x + d, y, z],
      [x, y + d, z],
      [x, y, z + d],
    ]);
    const distances = [this.centre, ...around].map((point) => {
      const [p, q] = [applyToPoint(a, point), applyToPoint(b, point)];
      return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
    });
    return distances.reduce((sum, mm) => sum + mm) / distances.length;
  }

  /** The slope along each coordinate, from the slope to the 12 numbers of the transform. */
  slope(transform: Mat4, gradient: Mat4): number[] {
    const [x, y, z] = applyToPoint(transform, this.centre);
    const about = multiply(translation([-x, -y, -z]), transform);
    const turned = this.#generators.map((generator) => {
      const change = multiply(generator, about);
      return gradient.reduce((sum, value, n) => sum + value * change[n]!, 0) / this.radius;
    });
    return [gradient[3]!, gradient[7]!, gradient[11]!, ...turned];
  }
}

/** eᴹ of a matrix whose last row and column are 0, by its series; small angles need few terms. */
function exponential(m: readonly number[]): Mat4 {
  let term: Mat4 = translation([0, 0, 0]);
  let sum: Mat4 = term;
  for (let n = 1; n <= 16; n++) {
    term = multiply(term, m).map((value) => value / n);
    const next = term;
    sum = sum.map((value, at) => value + next[at]!);
  }
  return sum;
}
