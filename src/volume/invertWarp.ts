import { mapTriple } from '../triple.ts';
import type { Grid, Mat4, Size, Vec3, Warp } from './grid.ts';
import { applyToPoint, applyToVector, invert, isInvertible, spacingOf } from './matrix.ts';
import { PreimageSearch } from './preimage.ts';

/** An inverse warp, and how well it undoes the given one. */
export interface InverseWarp {
  /** Takes points of the moving image's space to the fixed image's: q ↦ q + v(q), on the grid asked for. */
  readonly warp: Warp;
  /**
   * The largest distance in mm between q and the point to which the given warp takes q + v(q). It is taken over the
   * voxels q of the inverse's grid for which q + v(q) lies within the given warp's grid; 0 if there are none.
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
/** A slope whose columns span less than this share of the box of their lengths cannot be inverted. */
const LEAST_VOLUME = 1e-6;

/**
 * Inverts a warp φ(p) = p + u(p) onto another grid, usually the moving image's: finds v with φ(q + v(q)) = q.
 *
 * The affine part B of φ is fitted first. Each q starts from B⁻¹(q): the two images may differ in origin, orientation
 * and voxel size. From there Newton's method goes on in voxels x of the warp's grid: x ← x + J⁻¹(q − φ(x)). J is the
 * slope of φ, which linear interpolation gives exactly. A step that does not reduce the error is halved. Where J cannot
 * be inverted, B takes its place. The fixed-point iteration v ← −u(q + v) of Chen et al., Med Phys 35(1), 2008, does
 * not reach the solution if φ turns or shears strongly.
 *
 * Where Newton's method leaves the grid, the surroundings of a guess are searched, then all of the grid ({@link
 * PreimageSearch}). A point stays unsolved only where φ takes no place of its grid there. Beyond its grid, φ continues
 * by B. Where φ folds, one of several places is taken.
 *
 * @param guess about the inverse, on the same grid: Newton's method begins there; the inverse takes its memory
 * @example const { warp } = invertWarp(field, moving)
 */
export function invertWarp(warp: Warp, grid: Grid, guess?: Warp): InverseWarp {
  const solver = new PointSolver(warp);
  const toIndex = invert(warp.affine);
  const [nx, ny, nz] = grid.size;
  const count = nx * ny * nz;
  const data = guess?.data ?? new Float32Array(3 * count);
  let residual = 0;
  let sum = 0;
  let reached = 0;
  for (let k = 0, at = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) {
        const q = applyToPoint(grid.affine, [i, j, k]);
        const index = solver.solve(q, guess && applyToPoint(toIndex, guessed(data, at, q)));
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
function guessed(data: Float32Array, at: number, q: Vec3): Vec3 {
  const count = data.length / 3;
  return [q[0] - data[at]!, q[1] - data[count + at]!, q[2] + data[2 * count + at]!];
}

/**
 * Takes points of the moving image's space to the fixed image's: p with p + u(p) = q, found as {@link invertWarp} finds
 * it.
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
  readonly #image = new Float64Array(3);
  readonly #slope = new Float64Array(9);
  readonly #at = new Float64Array(3);
  readonly #miss = new Float64Array(3);

  constructor(private readonly warp: Warp) {
    this.#affine = fitAffine(warp);
    this.#inverseAffine = invert(this.#affine);
  }

  /** φ at a voxel index, in RAS mm; beyond the grid it continues by its affine part. */
  map(x: Vec3): Vec3 {
    this.#evaluate(x[0], x[1], x[2]);
    return asVec(this.#image);
  }

  /**
   * The voxel index that φ takes to q. The search begins at `from`, or where the affine part puts it. If there is none
   * inside the grid, an index outside it may be found, where φ continues by its affine part.
   */
  solve(q: Vec3, from?: Vec3): Vec3 {
    const found = this.#newton(q, from);
    const index = asVec(this.#at);
    // Near a guess there is one place only, within the grid or beyond it.
    if (found && (from || isInside(this.warp.size, index))) return index;
    const miss = asVec(this.#miss);
    this.#search ??= new PreimageSearch(this.warp.size, (x) => this.map(x));
    const near = tolerance * Math.min(...spacingOf(this.#affine));
    const within = (from && this.#search.findNear(from, q, near)) ?? this.#search.find(q, near);
    if (within) return within;
    if (found) return index;
    const d = applyToVector(this.#inverseAffine, miss);
    const beyond: Vec3 = [index[0] + d[0], index[1] + d[1], index[2] + d[2]];
    // No place of the grid is taken there: what Newton's method left at the border must not look like one. What it left
    // further inside, where the warp folds, shows in the residual.
    return isInside(this.warp.size, beyond) ? justOutside(this.warp.size, index) : beyond;
  }

  /**
   * φ at a voxel index and its derivative, without anything new: into {@link #image} and {@link #slope}, row by row.
   */
  #evaluate(x: number, y: number, z: number): void {
    const { data, size, affine } = this.warp;
    const outer = this.#affine;
    const [nx, ny, nz] = size;
    const cx = Math.min(Math.max(x, 0), nx - 1);
    const cy = Math.min(Math.max(y, 0), ny - 1);
    const cz = Math.min(Math.max(z, 0), nz - 1);
    const i = Math.min(Math.floor(cx), Math.max(nx - 2, 0));
    const j = Math.min(Math.floor(cy), Math.max(ny - 2, 0));
    const k = Math.min(Math.floor(cz), Math.max(nz - 2, 0));
    const dx = nx > 1 ? 1 : 0;
    const dy = ny > 1 ? nx : 0;
    const dz = nz > 1 ? nx * ny : 0;
    const [fx, fy, fz] = [cx - i, cy - j, cz - k];
    // Along an axis that the index leaves, or that has one voxel, φ goes on by its affine part.
    const [ox, oy, oz] = [nx === 1 || cx !== x, ny === 1 || cy !== y, nz === 1 || cz !== z];
    const [ex, ey, ez] = [x - cx, y - cy, z - cz];
    const out = this.#image;
    const slope = this.#slope;
    let p = i + nx * (j + ny * k);
    for (let c = 0, row = 0; c < 3; c++, row += 3) {
      const v000 = data[p]!;
      const v100 = data[p + dx]!;
      const v010 = data[p + dy]!;
      const v110 = data[p + dy + dx]!;
      const v001 = data[p + dz]!;
      const v101 = data[p + dz + dx]!;
      const v011 = data[p + dz + dy]!;
      const v111 = data[p + dz + dy + dx]!;
      const v00 = v000 + fx * (v100 - v000);
      const v10 = v010 + fx * (v110 - v010);
      const v01 = v001 + fx * (v101 - v001);
      const v11 = v011 + fx * (v111 - v011);
      const v0 = v00 + fy * (v10 - v00);
      const v1 = v01 + fy * (v11 - v01);
      const sign = c < 2 ? -1 : 1;
      const w00 = v100 - v000 + fy * (v110 - v010 - v100 + v000);
      const w01 = v101 - v001 + fy * (v111 - v011 - v101 + v001);
      const r = 4 * c;
      const [ax, ay, az] = [affine[r]!, affine[r + 1]!, affine[r + 2]!];
      const [bx, by, bz] = [outer[r]!, outer[r + 1]!, outer[r + 2]!];
      out[c] =
        ax * cx + ay * cy + az * cz + affine[r + 3]! + sign * (v0 + fz * (v1 - v0)) + bx * ex + by * ey + bz * ez;
      slope[row] = ox ? bx : ax + sign * (w00 + fz * (w01 - w00));
      slope[row + 1] = oy ? by : ay + sign * (v10 - v00 + fz * (v11 - v01 - v10 + v00));
      slope[row + 2] = oz ? bz : az + sign * (v1 - v0);
      p += nx * ny * nz;
    }
  }

  /**
   * Newton's method; `index` and `miss` are where it ended, in {@link #at} and {@link #miss}. @returns whether it found
   * the point
   */
  #newton(q: Vec3, from?: Vec3): boolean {
    const at = this.#at;
    const miss = this.#miss;
    const image = this.#image;
    const inverse = this.#inverseAffine;
    const begin = from ?? applyToPoint(inverse, q);
    for (let c = 0; c < 3; c++) at[c] = begin[c as 0 | 1 | 2];
    this.#evaluate(at[0]!, at[1]!, at[2]!);
    for (let c = 0; c < 3; c++) miss[c] = q[c as 0 | 1 | 2] - image[c]!;
    for (let iteration = 0; iteration < maxIterations; iteration++) {
      let left = 0;
      for (let r = 0; r < 12; r += 4)
        left += (inverse[r]! * miss[0]! + inverse[r + 1]! * miss[1]! + inverse[r + 2]! * miss[2]!) ** 2;
      if (left < tolerance * tolerance) return true;
      // The slope is that of the last place that was evaluated: of a step that was taken it is the right one.
      if (!(this.#step(q, solved(this.#slope, miss)) || this.#step(q, applyToVector(inverse, asVec(miss))))) break;
    }
    return false;
  }

  /** One step, halved until it reduces the error. @returns whether one did */
  #step(q: Vec3, d: Vec3 | undefined): boolean {
    if (!d) return false;
    const at = this.#at;
    const miss = this.#miss;
    const image = this.#image;
    const error = miss[0]! ** 2 + miss[1]! ** 2 + miss[2]! ** 2;
    for (let halving = 0, step = 1; halving <= maxHalvings; halving++, step /= 2) {
      const x = at[0]! + step * d[0];
      const y = at[1]! + step * d[1];
      const z = at[2]! + step * d[2];
      this.#evaluate(x, y, z);
      const mx = q[0] - image[0]!;
      const my = q[1] - image[1]!;
      const mz = q[2] - image[2]!;
      if (!(mx * mx + my * my + mz * mz < error)) continue;
      at[0] = x;
      at[1] = y;
      at[2] = z;
      miss[0] = mx;
      miss[1] = my;
      miss[2] = mz;
      return true;
    }
    return false;
  }
}

/** The d with J d = m; undefined where J cannot be inverted. */
function solved(j: Float64Array, m: Float64Array): Vec3 | undefined {
  const a = j[0]!;
  const b = j[1]!;
  const c = j[2]!;
  const d = j[3]!;
  const e = j[4]!;
  const f = j[5]!;
  const g = j[6]!;
  const h = j[7]!;
  const i = j[8]!;
  const x = m[0]!;
  const y = m[1]!;
  const z = m[2]!;
  const p = e * i - f * h;
  const q = f * g - d * i;
  const r = d * h - e * g;
  const determinant = a * p + b * q + c * r;
  const size = Math.sqrt((a * a + d * d + g * g) * (b * b + e * e + h * h) * (c * c + f * f + i * i));
  if (!(Math.abs(determinant) > LEAST_VOLUME * size)) return undefined;
  return [
    (p * x + (c * h - b * i) * y + (b * f - c * e) * z) / determinant,
    (q * x + (a * i - c * g) * y + (c * d - a * f) * z) / determinant,
    (r * x + (b * g - a * h) * y + (a * e - b * d) * z) / determinant,
  ];
}

function asVec(values: Float64Array): Vec3 {
  return [values[0]!, values[1]!, values[2]!];
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
      const mean = affine[4 * c + 3]! + (sign * moments[c]![3]) / count;
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

/** Voxels from the border within which Newton's method has stopped at the border. */
const AT_BORDER = 0.5;
/** Voxels by which such an end is put beyond it. */
const OUTSIDE = 0.01;

/** An index at the border put just beyond it; one further inside as it is. */
function justOutside(size: Size, index: Vec3): Vec3 {
  const borders = mapTriple(size, (n, axis) => {
    const margin = n === 1 ? 0.5 : 0;
    const ends = [-margin - OUTSIDE, n - 1 + margin + OUTSIDE] as const;
    return index[axis] < (n - 1) / 2 ? ends[0] : ends[1];
  });
  const away = borders.map((border, axis) => Math.abs(border - index[axis]!));
  const nearest = away.indexOf(Math.min(...away));
  const isAtBorder = away[nearest]! <= AT_BORDER + OUTSIDE;
  return mapTriple(index, (at, axis) => (isAtBorder && axis === nearest ? borders[axis] : at));
}

/** Within the outermost voxels, or within the only one along an axis. */
function isInside(size: Size, index: Vec3): boolean {
  return index.every((value, axis) => {
    const margin = size[axis] === 1 ? 0.5 : 0;
    return value >= -margin && value <= size[axis]! - 1 + margin;
  });
}
