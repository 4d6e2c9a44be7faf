import type { Mat4, Size, Vec3 } from '../volume/grid.ts';
import { applyToPoint, isSheared, spacingOf } from '../volume/matrix.ts';
import { squaredDistances } from './distanceTransform.ts';
import { NearestPoint } from './nearestPoint.ts';

/**
 * How far the surfaces of one label in two segmentations are apart: for each surface voxel of one the distance to the
 * other, in mm.
 */
export interface SurfaceDistances {
  readonly fromFirst: readonly number[];
  readonly fromSecond: readonly number[];
}

/**
 * The surface of a region is its voxels with a face neighbour outside it; beyond the image counts as outside. Distances
 * are between voxel centres, in world millimetres.
 * @param a label of each voxel, index = i + nx·(j + ny·k).
 * @param b the same of the other segmentation, on the same grid.
 * @param space the grid's affine, or the spacing along x, y and z in mm of axes at right angles.
 * @returns undefined when either segmentation lacks the label.
 */
export function surfaceDistances(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  size: Size,
  space: Vec3 | Mat4,
  label: number,
): SurfaceDistances | undefined {
  const count = size[0] * size[1] * size[2];
  if (a.length !== count || b.length !== count) {
    throw new RangeError(
      `Segmentations of ${a.length} and ${b.length} voxels do not fill a grid of ${size.join('×')}.`,
    );
  }
  const box = emptyBox();
  if (!extend(box, a, size, label) || !extend(box, b, size, label)) return undefined;
  const boxSize: Size = [box.to[0] - box.from[0], box.to[1] - box.from[1], box.to[2] - box.from[2]];
  const first = surfaceIn(box, boxSize, a, size, label);
  const second = surfaceIn(box, boxSize, b, size, label);
  const distances = isAffine(space) && isSheared(space) ? inWorld(boxSize, space) : alongAxes(boxSize, space);
  return { fromFirst: distances(first, second), fromSecond: distances(second, first) };
}

/** Distances in mm of the voxels of one surface from the nearest of another. */
type Distances = (from: Uint8Array, to: Uint8Array) => number[];

function isAffine(space: Vec3 | Mat4): space is Mat4 {
  return space.length === 16;
}

/** Where the axes are at right angles. */
function alongAxes(size: Size, space: Vec3 | Mat4): Distances {
  const spacing = isAffine(space) ? spacingOf(space) : space;
  return (from, to) => {
    const squared = squaredDistances(to, size, spacing);
    const distances: number[] = [];
    for (let i = 0; i < from.length; i++) if (from[i]) distances.push(Math.sqrt(squared[i]!));
    return distances;
  };
}

/** Where the axes are at any angles. */
function inWorld([nx, ny]: Size, affine: Mat4): Distances {
  const pointsOf = (surface: Uint8Array): Float64Array => {
    const points: number[] = [];
    for (let n = 0; n < surface.length; n++)
      if (surface[n])
        points.push(...applyToPoint(affine, [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))]));
    return Float64Array.from(points);
  };
  return (from, to) => {
    const nearest = new NearestPoint(pointsOf(to));
    const points = pointsOf(from);
    return Array.from({ length: points.length / 3 }, (_, n) =>
      Math.sqrt(nearest.squaredDistance(points[3 * n]!, points[3 * n + 1]!, points[3 * n + 2]!)),
    );
  };
}

/** Voxels from `from` up to, not including, `to`. */
interface Box {
  readonly from: [number, number, number];
  readonly to: [number, number, number];
}

function emptyBox(): Box {
  const far = Number.MAX_SAFE_INTEGER;
  return { from: [far, far, far], to: [0, 0, 0] };
}

/** Extends the box by the voxels of a label; false when there are none. */
function extend({ from, to }: Box, data: ArrayLike<number>, [nx, ny, nz]: Size, label: number): boolean {
  let found = false;
  for (let k = 0, row = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++, row += nx) {
      let first = 0;
      while (first < nx && data[row + first] !== label) first++;
      if (first === nx) continue;
      let last = nx - 1;
      while (data[row + last] !== label) last--;
      found = true;
      from[0] = Math.min(from[0], first);
      from[1] = Math.min(from[1], j);
      from[2] = Math.min(from[2], k);
      to[0] = Math.max(to[0], last + 1);
      to[1] = Math.max(to[1], j + 1);
      to[2] = Math.max(to[2], k + 1);
    }
  }
  return found;
}

/** Marks the surface voxels of a label within a box that holds all of it. */
function surfaceIn(
  { from }: Box,
  [bx, by, bz]: Size,
  data: ArrayLike<number>,
  [nx, ny]: Size,
  label: number,
): Uint8Array {
  const region = new Uint8Array((bx + 2) * (by + 2) * (bz + 2));
  const stepY = bx + 2;
  const stepZ = stepY * (by + 2);
  for (let k = 0; k < bz; k++) {
    for (let j = 0; j < by; j++) {
      const source = from[0] + nx * (j + from[1] + ny * (k + from[2]));
      const at = 1 + stepY * (j + 1) + stepZ * (k + 1);
      for (let i = 0; i < bx; i++) region[at + i] = data[source + i] === label ? 1 : 0;
    }
  }
  const surface = new Uint8Array(bx * by * bz);
  for (let k = 0, out = 0; k < bz; k++) {
    for (let j = 0; j < by; j++) {
      let p = 1 + stepY * (j + 1) + stepZ * (k + 1);
      for (let i = 0; i < bx; i++, p++, out++) {
        if (!region[p]) continue;
        const enclosed =
          region[p - 1]! &
          region[p + 1]! &
          region[p - stepY]! &
          region[p + stepY]! &
          region[p - stepZ]! &
          region[p + stepZ]!;
        surface[out] = enclosed ? 0 : 1;
      }
    }
  }
  return surface;
}
