import type { Random } from '../../random.ts';
import type { Vec3 } from '../../volume/grid.ts';

/** a + s·b. */
export function along(a: Vec3, b: Vec3, s: number): Vec3 {
  return [a[0] + s * b[0], a[1] + s * b[1], a[2] + s * b[2]];
}

/** a − b. */
export function minus(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

/** The scalar product. */
export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** The vector product. */
export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** Euclidean length. Math.hypot is many times slower for its care about overflow. */
export function length(a: Vec3): number {
  return Math.sqrt(dot(a, a));
}

/** The same direction with length 1. */
export function unit(a: Vec3): Vec3 {
  const scale = 1 / length(a);
  return [scale * a[0], scale * a[1], scale * a[2]];
}

/** A unit vector, all directions equally likely. */
export function randomDirection(random: Random): Vec3 {
  return unit([random.normal(), random.normal(), random.normal()]);
}

/** Two unit vectors that make a right-handed frame with the unit vector `axis` as the third. */
export function perpendiculars(axis: Vec3): [Vec3, Vec3] {
  const helper: Vec3 = Math.abs(axis[0]) < 0.7 ? [1, 0, 0] : [0, 1, 0];
  const first = unit(cross(helper, axis));
  return [first, cross(axis, first)];
}

/** `v` turned about the unit vector `axis` by an angle in radians (Rodrigues). */
export function turned(v: Vec3, axis: Vec3, angle: number): Vec3 {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const x = cross(axis, v);
  const d = (1 - c) * dot(axis, v);
  return [c * v[0] + s * x[0] + d * axis[0], c * v[1] + s * x[1] + d * axis[1], c * v[2] + s * x[2] + d * axis[2]];
}
