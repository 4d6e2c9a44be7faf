import { isInside, sameGrid } from './checks.ts';
import type { Grid, Mat4, Vec3, Warp } from './grid.ts';
import { linearRow } from './interpolate.ts';
import { pointSolver } from './invertWarp.ts';
import { applyToPoint, identity, invert, multiply } from './matrix.ts';

/** A map of points in RAS mm: a matrix, or a warp p ↦ p + u(p), or the way back through a warp. */
export type PointTransform = { readonly matrix: Mat4 } | { readonly warp: Warp; readonly inverse?: boolean };

/**
 * Transforms one after another. A point of the fixed image goes through the first, then the second, to the moving
 * image.
 */
export type TransformChain = readonly PointTransform[];

/**
 * The way back. Warps are solved where points need it (see `invertWarp`), not inverted as a whole.
 * @example const back = invertChain([{ warp: field }, { matrix }])
 */
export function invertChain(chain: TransformChain): TransformChain {
  return chain
    .map((each) =>
      'matrix' in each ? { matrix: invert(each.matrix) } : { warp: each.warp, inverse: !(each.inverse ?? false) },
    )
    .reverse();
}

/** The chain as one matrix, RAS mm; undefined where it holds a warp. */
export function chainMatrix(chain: TransformChain): Mat4 | undefined {
  let all = identity;
  for (const each of chain) {
    if (!('matrix' in each)) return undefined;
    all = multiply(each.matrix, all);
  }
  return all;
}

/**
 * Takes points of the fixed image to the moving image.
 * @param points RAS mm
 * @returns RAS mm; a warp is interpolated linearly, and continued by its border beyond its grid
 * @example const moved = chainPoints([{ warp: field }, { matrix }], fixedPoints)
 */
export function chainPoints(chain: TransformChain, points: readonly Vec3[]): Vec3[] {
  const flat = Float64Array.from(points.flat());
  for (const move of chain.map(mover)) move(flat);
  return points.map((_, n) => [flat[3 * n]!, flat[3 * n + 1]!, flat[3 * n + 2]!]);
}

/** Whether each of these points comes to a warp beyond its grid, where its border is continued. */
export function leavesGrid(chain: TransformChain, points: readonly Vec3[]): boolean[] {
  const leaves = points.map(() => false);
  for (const [n, each] of chain.entries()) {
    if ('matrix' in each || each.inverse) continue;
    for (const [i, point] of chainPoints(chain.slice(0, n), points).entries())
      leaves[i] ||= !isInside(each.warp, point);
  }
  return leaves;
}

/**
 * The chain as one warp on a grid, so that an image is interpolated once.
 * @example const joined = chainWarp([{ warp: field }, { matrix }], fixed)
 */
export function chainWarp(chain: TransformChain, { size, affine }: Grid): Warp {
  const [only] = chain;
  if (chain.length === 1 && only && 'warp' in only && !only.inverse && sameGrid(only.warp, { size, affine }))
    return only.warp;
  const movers = chain.map(mover);
  const [nx, ny, nz] = size;
  const count = nx * ny * nz;
  const data = new Float32Array(3 * count);
  const from = new Float64Array(3 * nx);
  const to = new Float64Array(3 * nx);
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) from.set(applyToPoint(affine, [i, j, k]), 3 * i);
      to.set(from);
      for (const move of movers) move(to);
      // RAS to LPS: the first two components change sign.
      for (let i = 0; i < 3 * nx; i += 3, n++) {
        data[n] = from[i]! - to[i]!;
        data[n + count] = from[i + 1]! - to[i + 1]!;
        data[n + 2 * count] = to[i + 2]! - from[i + 2]!;
      }
    }
  return { size, affine, data };
}

/** A function that moves points in place, x, y, z one after the other, RAS mm. */
function mover(transform: PointTransform): (points: Float64Array) => void {
  if ('matrix' in transform) return (points) => eachPoint(points, (p) => applyToPoint(transform.matrix, p));
  const { warp, inverse } = transform;
  if (inverse) {
    const solve = pointSolver(warp);
    return (points) => eachPoint(points, solve);
  }
  const { size, affine, data } = warp;
  const count = data.length / 3;
  const toIndex = invert(affine);
  return (points) => {
    const positions = points.slice();
    eachPoint(positions, (p) => applyToPoint(toIndex, p));
    const u = new Float32Array(points.length / 3);
    for (const [c, sign] of [-1, -1, 1].entries()) {
      linearRow(data, c * count, size, positions, 'edge', u, 0);
      for (let n = 0; n < u.length; n++) points[3 * n + c]! += sign * u[n]!;
    }
  };
}

function eachPoint(points: Float64Array, map: (point: Vec3) => Vec3): void {
  for (let i = 0; i < points.length; i += 3) points.set(map([points[i]!, points[i + 1]!, points[i + 2]!]), i);
}
