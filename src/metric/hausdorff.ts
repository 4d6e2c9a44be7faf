import type { Size, Vec3 } from '../volume/grid.ts';
import { percentiles } from '../volume/percentile.ts';
import { squaredDistances } from './distanceTransform.ts';

/**
 * The 95th percentile of the Hausdorff distance between one label of two segmentations, in mm.
 *
 * The surface of a region is its voxels with a face neighbour outside it; beyond the image counts as outside. Of the
 * distances from each surface voxel of one region to the nearest of the other, the 95th percentile is taken (linear
 * interpolation), in both directions, and the larger of the two is the result. Distances are between voxel centres.
 * @param a label of each voxel, index = i + nx·(j + ny·k).
 * @param b the same of the other segmentation, on the same grid.
 * @param spacing mm along x, y, z.
 * @returns NaN when either segmentation lacks the label.
 */
export function hd95(a: ArrayLike<number>, b: ArrayLike<number>, size: Size, spacing: Vec3, label: number): number {
  const count = size[0] * size[1] * size[2];
  if (a.length !== count || b.length !== count) {
    throw new RangeError(
      `Segmentations of ${a.length} and ${b.length} voxels do not fill a grid of ${size.join('×')}.`,
    );
  }
  const box = emptyBox();
  if (!extend(box, a, size, label) || !extend(box, b, size, label)) return Number.NaN;
  const boxSize: Size = [box.to[0]! - box.from[0]!, box.to[1]! - box.from[1]!, box.to[2]! - box.from[2]!];
  const surfaceA = surfaceIn(box, boxSize, a, size, label);
  const surfaceB = surfaceIn(box, boxSize, b, size, label);
  return Math.max(
    directed(surfaceA, squaredDistances(surfaceB, boxSize, spacing)),
    directed(surfaceB, squaredDistances(surfaceA, boxSize, spacing)),
  );
}

function directed(surface: Uint8Array, squared: Float64Array): number {
  const distances: number[] = [];
  for (let i = 0; i < surface.length; i++) if (surface[i]) distances.push(Math.sqrt(squared[i]!));
  return percentiles(distances, [95])[0]!;
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
