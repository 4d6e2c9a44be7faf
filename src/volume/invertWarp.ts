import type { Grid, Mat4, Size, Vec3, Warp } from './grid.ts';
import { applyToPoint, applyToVector, column, fromColumns, invert, isInvertible, spacingOf } from './matrix.ts';
import { PreimageSearch } from './preimage.ts';
import { clampTo, sampleVector } from './warp.ts';

/** An inverse warp, and how well it undoes the given one. */
export interface InverseWarp {
  /** Takes points of the moving image's space to the fixed image's: q ↦ q + v(q), on the grid asked for. */
  readonly warp: Warp;
  /**
   * The largest distance in mm by which q + v(q) misses q when the given warp takes it back, over the voxels q of the grid asked for whose
   * q + v(q) lies within the given warp's grid; 0 where none does.
   */
  readonly residual: number;
  /** The mean of that distance, in mm. */
  readonly meanResidual: number;
}

const maxIterations = 30;
/** A step is halved so many times at most. */
const maxHalvings = 6;
/** The distance, in voxels of the warp's grid, at which a point counts as found. */
const tolerance = 0.001;

/**
 * Inverts a warp φ(p) = p + u(p) onto another grid, usually the moving image's: finds v with φ(q + v(q)) = q.
 *
 * The affine part B of φ is fitted first, and each q starts from B⁻¹(q): the two images may differ in origin, orientation and voxel size.
 * From there Newton's method goes on in voxels x of the warp's grid, x ← x + J⁻¹(q − φ(x)) with J the slope of φ, which linear
 * interpolation gives exactly; a step that does not reduce the error is halved, and where J cannot be inverted B takes its place. (The
 * fixed point v ← −u(q + v) of Chen et al., Med Phys 35(1), 2008, stops short of the solution where φ turns or shears strongly.) Where
 * Newton's method ends elsewhere than within the grid, all of the grid is searched ({@link PreimageSearch}), so that a point remains
 * unsolved only if φ takes no place of its grid there. Beyond its grid, φ continues by B. Where φ folds, one of several places is taken.
 *
 * @param guess about the inverse, on the same grid: Newton's method begins there
 */
export function invertWarp(warp: Warp, grid: Grid, guess?: Warp): InverseWarp {
  const solver = new PointSolver(warp);
  const toIndex = invert(warp.affine);
  const [nx, ny, nz] = grid.size;
  const count = nx * ny * nz;
  const data = new Float32Array(3 * count);
  let residual = 0;
  let sum = 0;
  let reached = 0;
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) {
        const q = applyToPoint(grid.affine, [i, j, k]);
        const index = solver.solve(q, guess && applyToPoint(toIndex, guessed(guess, at, q)));
        const p = applyToPoint(warp.affine, index);
        data[at] = q[0] - p[0];
        data[count + at] = q[1] - p[1];
        data[2 * count + at] = p[2] - q[2];
        if (!isInside(warp.size, index)) continue;
        // As it is stored: far from the origin, single precision counts.
        const stored: Vec3 = [q[0] - data[at]!, q[1] - data[count + at]!, q[2] + data[2 * count + at]!];
        const error = Math.sqrt(squaredLength(difference(q, solver.map(applyToPoint(toIndex, stored)))));
        residual = Math.max(residual, error);
        sum += error;
        reached++;
      }
    }
  }
  const inverse = { size: grid.size, affine: grid.affine, data };
  return { warp: inverse, residual, meanResidual: reached === 0 ? 0 : sum / reached };
}

/** Where a warp takes the point q of its voxel `at`, RAS mm. */
function guessed({ data }: Warp, at: number, q: Vec3): Vec3 {
  const count = data.length / 3;
  return [q[0] - data[at]!, q[1] - data[count + at]!, q[2] + data[2 * count + at]!];
}

/**
 * Takes points of the moving image's space to the fixed image's: p with p + u(p) = q, found as {@link invertWarp} finds it.
 * @param points world coordinates, RAS mm
 */
export function unwarpPoints(warp: Warp, points: readonly Vec3[]): Vec3[] {
  return points.map(pointSolver(warp));
}

/** A function that does so with one point after another. */
export function pointSolver(warp: Warp): (point: Vec3) => Vec3 {
  const solver = new PointSolver(warp);
  return (q) => applyToPoint(warp.affine, solver.solve(q));
}

/** Inverts φ, as a map from voxel indices of the warp to RAS mm, at single points. */
class PointSolver {
  readonly #affine: Mat4;
  readonly #inverseAffine: Mat4;
  #search: PreimageSearch | undefined;

  constructor(private readonly warp: Warp) {
    this.#affine = fitAffine(warp);
    this.#inverseAffine = invert(this.#affine);
  }

  /** φ at a voxel index, in RAS mm; beyond the grid it continues by its affine part. */
  map(x: Vec3): Vec3 {
    const { data, size, affine } = this.warp;
    const u: [number, number, number] = [0, 0, 0];
    const c = clampTo(size, x);
    sampleVector(data, size, c, u);
    const [px, py, pz] = applyToPoint(affine, c);
    const [ex, ey, ez] = applyToVector(this.#affine, [x[0] - c[0], x[1] - c[1], x[2] - c[2]]);
    return [px - u[0] + ex, py - u[1] + ey, pz + u[2] + ez];
  }

  /** The voxel index that φ takes to q, looked for from `from` or where the affine part puts it; where there is none, one beyond the grid if it can be, from where φ continues by its affine part. */
  solve(q: Vec3, from?: Vec3): Vec3 {
    const { index, miss, found } = this.#newton(q, from);
    // Near a guess there is one place only, within the grid or beyond it.
    if (found && (from || isInside(this.warp.size, index))) return index;
    this.#search ??= new PreimageSearch(this.warp.size, (x) => this.map(x));
    const within = this.#search.find(q, tolerance * Math.min(...spacingOf(this.#affine)));
    if (within) return within;
    const d = applyToVector(this.#inverseAffine, miss);
    const beyond: Vec3 = [index[0] + d[0], index[1] + d[1], index[2] + d[2]];
    return found || isInside(this.warp.size, beyond) ? index : beyond;
  }

  #newton(q: Vec3, from?: Vec3): { index: Vec3; miss: Vec3; found: boolean } {
    let index = from ?? applyToPoint(this.#inverseAffine, q);
    let miss = difference(q, this.map(index));
    for (let iteration = 0; iteration < maxIterations; iteration++) {
      if (squaredLength(applyToVector(this.#inverseAffine, miss)) < tolerance * tolerance)
        return { index, miss, found: true };
      const better = this.#stepped(q, index, miss, this.#slope(index)) ?? this.#stepped(q, index, miss, this.#affine);
      if (!better) break;
      ({ index, miss } = better);
    }
    return { index, miss, found: false };
  }

  /** One step along a slope, as long as it reduces the error. */
  #stepped(q: Vec3, index: Vec3, miss: Vec3, slope: Mat4): { index: Vec3; miss: Vec3 } | undefined {
    if (!isInvertible(slope)) return undefined;
    const d = applyToVector(invert(slope), miss);
    const error = squaredLength(miss);
    for (let halving = 0, step = 1; halving <= maxHalvings; halving++, step /= 2) {
      const next: Vec3 = [index[0] + step * d[0], index[1] + step * d[1], index[2] + step * d[2]];
      const nextMiss = difference(q, this.map(next));
      if (squaredLength(nextMiss) < error) return { index: next, miss: nextMiss };
    }
    return undefined;
  }

  /** The derivative of φ to the voxel index: a difference within the cell, the affine part along axes where the index is outside. */
  #slope(x: Vec3): Mat4 {
    const { size } = this.warp;
    const columns = ([0, 1, 2] as const).map((axis): Vec3 => {
      const n = size[axis];
      if (n === 1 || x[axis] < 0 || x[axis] > n - 1) return column(this.#affine, axis);
      const low = Math.min(Math.floor(x[axis]), n - 2);
      const at = (value: number): Vec3 => x.map((other, a) => (a === axis ? value : other)) as unknown as Vec3;
      return difference(this.map(at(low + 1)), this.map(at(low)));
    }) as [Vec3, Vec3, Vec3];
    return fromColumns(...columns, [0, 0, 0]);
  }
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

function difference(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function squaredLength([x, y, z]: Vec3): number {
  return x * x + y * y + z * z;
}

/** Within the outermost voxels, or within the only one along an axis. */
function isInside(size: Size, index: Vec3): boolean {
  return index.every((value, axis) => {
    const margin = size[axis] === 1 ? 0.5 : 0;
    return value >= -margin && value <= size[axis]! - 1 + margin;
  });
}
