import type { Grid, Mat4, Size, Vec3, Warp } from './grid.ts';
import { applyToPoint, applyToVector, invert, isInvertible } from './matrix.ts';
import { clampTo, sampleVector } from './warp.ts';

/** An inverse warp, and how well it undoes the given one. */
export interface InverseWarp {
  /** Takes points of the moving image's space to the fixed image's: q ↦ q + v(q), on the grid asked for. */
  readonly warp: Warp;
  /** The largest distance in mm by which q + v(q) misses q when the given warp takes it back, within that warp's grid. */
  readonly residual: number;
}

const maxIterations = 60;
/** The distance, in voxels of the warp's grid, at which a point counts as found. */
const tolerance = 0.01;

/**
 * Inverts a warp φ(p) = p + u(p) onto another grid, usually the moving image's: finds v with φ(q + v(q)) = q.
 *
 * Chen et al. (Med Phys 35(1), 2008, doi:10.1118/1.2816107) iterate v ← −u(q + v). That diverges when u holds more than
 * a small deformation, as it does when the two images differ in origin, orientation or voxel size. So the affine part
 * B of φ is fitted first, and in voxels x of the warp's grid the iteration is x ← x + B⁻¹(q − φ(x)), which is the same
 * for the rest of the deformation; a step that does not reduce the error is halved. Beyond its grid, φ continues by B.
 */
export function invertWarp(warp: Warp, grid: Grid): InverseWarp {
  const map = forwardMap(warp);
  const [nx, ny, nz] = grid.size;
  const count = nx * ny * nz;
  const data = new Float32Array(3 * count);
  let residual = 0;
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) {
        const q = applyToPoint(grid.affine, [i, j, k]);
        const { index, error } = solve(map, q);
        if (isInside(warp.size, index)) residual = Math.max(residual, error);
        const p = applyToPoint(warp.affine, index);
        data[at] = q[0] - p[0];
        data[count + at] = q[1] - p[1];
        data[2 * count + at] = p[2] - q[2];
      }
    }
  }
  return { warp: { size: grid.size, affine: grid.affine, data }, residual };
}

/**
 * Takes points of the moving image's space to the fixed image's: p with p + u(p) = q, found as {@link invertWarp} finds it.
 * @param points world coordinates, RAS mm
 */
export function unwarpPoints(warp: Warp, points: readonly Vec3[]): Vec3[] {
  const map = forwardMap(warp);
  return points.map((q) => applyToPoint(warp.affine, solve(map, q).index));
}

/** φ as a map from voxel indices of the warp to RAS mm, with its affine part and the inverse of that. */
interface ForwardMap {
  readonly apply: (index: Vec3) => Vec3;
  readonly inverseAffine: Mat4;
}

function forwardMap(warp: Warp): ForwardMap {
  const { data, size, affine } = warp;
  const fitted = fitAffine(warp);
  const u: [number, number, number] = [0, 0, 0];
  const apply = (x: Vec3): Vec3 => {
    const c = clampTo(size, x);
    sampleVector(data, size, c, u);
    const [px, py, pz] = applyToPoint(affine, c);
    const [ex, ey, ez] = applyToVector(fitted, [x[0] - c[0], x[1] - c[1], x[2] - c[2]]);
    return [px - u[0] + ex, py - u[1] + ey, pz + u[2] + ez];
  };
  return { apply, inverseAffine: invert(fitted) };
}

/**
 * The affine map from voxel indices to φ's RAS mm with the least squared error. On a full grid the centred indices are
 * orthogonal, so each axis has its own slope. A fit that folds space flat is replaced by the mean translation.
 */
function fitAffine(warp: Warp): Mat4 {
  const { size, affine } = warp;
  const count = size[0] * size[1] * size[2];
  const centre = size.map((n) => (n - 1) / 2);
  const moments = [0, 1, 2].map((component) => momentsOf(warp, component));
  const build = (slope: (component: number, axis: number) => number): Mat4 => {
    const rows = [-1, -1, 1].map((sign, c) => {
      const linear = [0, 1, 2].map((axis) => affine[4 * c + axis]! + sign * slope(c, axis));
      const mean = affine[4 * c + 3]! + (sign * moments[c]![3]!) / count;
      const bend = centre.map((x, axis) => x * sign * slope(c, axis)).reduce((sum, value) => sum + value);
      return [...linear, mean - bend];
    });
    return [...rows.flat(), 0, 0, 0, 1];
  };
  const fitted = build((c, axis) => {
    const n = size[axis]!;
    return n > 1 ? (12 * moments[c]![axis]!) / (count * (n * n - 1)) : 0;
  });
  return isInvertible(fitted) ? fitted : build(() => 0);
}

/** Sums of one component of u, times the centred index along x, y and z, and times 1. */
function momentsOf({ data, size: [nx, ny, nz] }: Warp, component: number): [number, number, number, number] {
  const sums: [number, number, number, number] = [0, 0, 0, 0];
  let at = component * nx * ny * nz;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) {
        const u = data[at]!;
        sums[0] += u * (i - (nx - 1) / 2);
        sums[1] += u * (j - (ny - 1) / 2);
        sums[2] += u * (k - (nz - 1) / 2);
        sums[3] += u;
      }
    }
  }
  return sums;
}

/** The voxel index that φ takes to q, and the distance in mm by which it misses. */
function solve({ apply, inverseAffine }: ForwardMap, q: Vec3): { index: Vec3; error: number } {
  let index = applyToPoint(inverseAffine, q);
  let miss = difference(q, apply(index));
  let squaredError = squaredLength(miss);
  let step = 1;
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const d = applyToVector(inverseAffine, miss);
    if (squaredLength(d) < tolerance * tolerance) break;
    const next: Vec3 = [index[0] + step * d[0], index[1] + step * d[1], index[2] + step * d[2]];
    const nextMiss = difference(q, apply(next));
    const nextError = squaredLength(nextMiss);
    if (nextError < squaredError) {
      index = next;
      miss = nextMiss;
      squaredError = nextError;
      step = Math.min(1, 2 * step);
    } else {
      step /= 2;
    }
  }
  return { index, error: Math.sqrt(squaredError) };
}

function difference(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function squaredLength([x, y, z]: Vec3): number {
  return x * x + y * y + z * z;
}

function isInside(size: Size, index: Vec3): boolean {
  return index.every((value, axis) => value >= 0 && value <= size[axis]! - 1);
}
