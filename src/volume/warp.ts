import type { Grid, Labels, Mat4, Size, Vec3, Volume, Warp } from './grid.ts';
import { linearRow } from './interpolate.ts';
import { applyToPoint, column, flipRasLps, invert, multiply } from './matrix.ts';
import { type SampleOptions, sampleImage } from './resample.ts';

/**
 * Resamples a moving image (or its labels) through a warp: voxel p of the warp's grid gets the moving image's value at
 * p + u(p). The moving image may lie on any grid; the result lies on the warp's.
 * @example const moved = applyWarp(field, moving)
 */
export function applyWarp<T extends Volume | Labels>(warp: Warp, moving: T, options: SampleOptions = {}): T {
  return sampleImage(moving, warp, displacedRow(warp, moving), options);
}

/** A linear transform on a grid, in place of a warp that does the same: it takes no memory. */
export interface LinearMap extends Grid {
  /** RAS mm, fixed point → moving point. */
  readonly matrix: Mat4;
}

/** Resamples a moving image through a linear transform, to the same values as through {@link linearWarp}. */
export function applyLinear<T extends Volume | Labels>(map: LinearMap, moving: T, options: SampleOptions = {}): T {
  return sampleImage(moving, map, displacedRow(map, moving), options);
}

/** Whether a warp takes any voxel of its grid into an image. */
export function reaches(warp: Warp | LinearMap, { size, affine }: Grid): boolean {
  const [nx, ny, nz] = warp.size;
  const fillRow = displacedRow(warp, { size, affine });
  const positions = new Float64Array(3 * nx);
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      fillRow(j, k, positions);
      for (let i = 0; i < nx; i++) {
        const isIn = (axis: 0 | 1 | 2): boolean => {
          const at = positions[3 * i + axis]!;
          return at >= -0.5 && at <= size[axis] - 0.5;
        };
        if (isIn(0) && isIn(1) && isIn(2)) return true;
      }
    }
  return false;
}

/**
 * Joins two warps: the result takes p to where `second` takes p + u₁(p), on the grid of `first`. Beyond its grid the
 * displacements of `second` are those at its border.
 * @example const both = composeWarps(field, field)
 */
export function composeWarps(first: Warp, second: Warp): Warp {
  const [nx, ny, nz] = first.size;
  const count = nx * ny * nz;
  const countSecond = second.data.length / 3;
  const fillRow = displacedRow(first, second);
  const positions = new Float64Array(3 * nx);
  const row = new Float32Array(nx);
  const data = first.data.slice();
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      fillRow(j, k, positions);
      for (let c = 0; c < 3; c++) {
        linearRow(second.data, c * countSecond, second.size, positions, 'edge', row, 0);
        const at = c * count + nx * (j + ny * k);
        for (let i = 0; i < nx; i++) data[at + i]! += row[i]!;
      }
    }
  }
  return { size: first.size, affine: first.affine, data };
}

/**
 * A linear transform as a warp on a grid.
 * @param matrix RAS mm, fixed point → moving point
 * @example const nearer = linearWarp(fixed, [1, 0, 0, 5, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]) // 5 mm to the right
 */
export function linearWarp({ size, affine }: Grid, matrix: Mat4): Warp {
  const [nx, ny, nz] = size;
  const count = nx * ny * nz;
  const data = new Float32Array(3 * count);
  const { values, find } = linearRows({ size, affine, matrix });
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++, n += nx) {
      find(j, k);
      for (let c = 0; c < 3; c++) data.set(values.subarray(c * nx, (c + 1) * nx), n + c * count);
    }
  return { size, affine, data };
}

/** Displacements that are found row by row: component c of voxel i lies at `find(j, k) + i + c * stride`. LPS mm. */
interface DisplacementRows {
  readonly values: Float32Array;
  readonly stride: number;
  readonly find: (j: number, k: number) => number;
}

/** The displacements of a linear transform; each row takes the place of the one before. */
export function linearRows({ size: [nx], affine, matrix }: LinearMap): DisplacementRows {
  const values = new Float32Array(3 * nx);
  const find = (j: number, k: number): number => {
    for (let i = 0; i < nx; i++) {
      const p = applyToPoint(affine, [i, j, k]);
      const q = applyToPoint(matrix, p);
      // RAS to LPS: the first two components change sign.
      values[i] = p[0] - q[0];
      values[i + nx] = p[1] - q[1];
      values[i + 2 * nx] = q[2] - p[2];
    }
    return 0;
  };
  return { values, stride: nx, find };
}

function rowsOf(warp: Warp | LinearMap): DisplacementRows {
  if ('matrix' in warp) return linearRows(warp);
  const [nx, ny, nz] = warp.size;
  return { values: warp.data, stride: nx * ny * nz, find: (j, k) => nx * (j + ny * k) };
}

/**
 * Fills rows of positions in `target`'s voxels: where the warp takes the voxels (0, j, k), (1, j, k), … of its grid.
 */
function displacedRow(warp: Warp | LinearMap, target: Grid): (j: number, k: number, positions: Float64Array) => void {
  const nx = warp.size[0];
  const { values: u, stride: count, find } = rowsOf(warp);
  const worldToTarget = invert(target.affine);
  const toTarget = multiply(worldToTarget, warp.affine);
  const m = multiply(worldToTarget, flipRasLps);
  const step = column(toTarget, 0);
  return (j, k, positions) => {
    const [x, y, z] = applyToPoint(toTarget, [0, j, k]);
    const at = find(j, k);
    for (let i = 0; i < nx; i++) {
      const ul = u[at + i]!;
      const up = u[count + at + i]!;
      const us = u[2 * count + at + i]!;
      positions[3 * i] = x + i * step[0] + m[0]! * ul + m[1]! * up + m[2]! * us;
      positions[3 * i + 1] = y + i * step[1] + m[4]! * ul + m[5]! * up + m[6]! * us;
      positions[3 * i + 2] = z + i * step[2] + m[8]! * ul + m[9]! * up + m[10]! * us;
    }
  };
}

/**
 * Moves points of the fixed image to the moving image.
 * @param points world coordinates, RAS mm.
 * @returns p + u(p) for each, RAS mm; u is interpolated linearly, and beyond the grid is that of its border.
 * @example const moved = warpPoints(field, fixedPoints)
 */
export function warpPoints(warp: Warp, points: readonly Vec3[]): Vec3[] {
  const toIndex = invert(warp.affine);
  const u: [number, number, number] = [0, 0, 0];
  return points.map((p) => {
    sampleVector(warp.data, warp.size, clampTo(warp.size, applyToPoint(toIndex, p)), u);
    return [p[0] - u[0], p[1] - u[1], p[2] + u[2]];
  });
}

/** The position moved into the grid. */
export function clampTo(size: Size, position: Vec3): Vec3 {
  return [
    Math.min(Math.max(position[0], 0), size[0] - 1),
    Math.min(Math.max(position[1], 0), size[1] - 1),
    Math.min(Math.max(position[2], 0), size[2] - 1),
  ];
}

/** Interpolates the three components linearly at a position inside the grid. */
export function sampleVector(data: Float32Array, size: Size, position: Vec3, out: [number, number, number]): void {
  const nx = size[0];
  const ny = size[1];
  const nz = size[2];
  const i = Math.min(Math.floor(position[0]), Math.max(nx - 2, 0));
  const j = Math.min(Math.floor(position[1]), Math.max(ny - 2, 0));
  const k = Math.min(Math.floor(position[2]), Math.max(nz - 2, 0));
  const dx = nx > 1 ? 1 : 0;
  const dy = ny > 1 ? nx : 0;
  const dz = nz > 1 ? nx * ny : 0;
  const fx = position[0] - i;
  const fy = position[1] - j;
  const fz = position[2] - k;
  let p = i + nx * (j + ny * k);
  for (let c = 0; c < 3; c++) {
    const v00 = data[p]! + fx * (data[p + dx]! - data[p]!);
    const v10 = data[p + dy]! + fx * (data[p + dy + dx]! - data[p + dy]!);
    const v01 = data[p + dz]! + fx * (data[p + dz + dx]! - data[p + dz]!);
    const v11 = data[p + dz + dy]! + fx * (data[p + dz + dy + dx]! - data[p + dz + dy]!);
    const v0 = v00 + fy * (v10 - v00);
    out[c] = v0 + fz * (v01 + fy * (v11 - v01) - v0);
    p += nx * ny * nz;
  }
}
