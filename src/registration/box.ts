import type { Extent } from '../network/displacement.ts';
import { mapTriple } from '../triple.ts';

/** A part of a grid, voxels in the order of its arrays, [D, H, W]. */
export interface Box {
  readonly from: Extent;
  readonly extent: Extent;
}

/** Extents of boxes are multiples of it, so that those of many pairs are the same. */
const MULTIPLE = 8;

/**
 * The smallest box of a grid with every voxel that counts in one of the masks. Its extent is rounded up. Where no voxel
 * counts it is the whole grid.
 * @param masks [D, H, W], above 0 where a voxel counts
 */
export function boxOf(masks: readonly Float32Array[], extent: Extent): Box {
  const low = [...extent];
  const high = [-1, -1, -1];
  const [depth, height, width] = extent;
  for (let k = 0, n = 0; k < depth; k++)
    for (let j = 0; j < height; j++)
      for (let i = 0; i < width; i++, n++) {
        if (!masks.some((mask) => mask[n]! > 0)) continue;
        [k, j, i].forEach((at, a) => {
          low[a] = Math.min(low[a]!, at);
          high[a] = Math.max(high[a]!, at);
        });
      }
  if (high[0]! < 0) return { from: [0, 0, 0], extent };
  const rounded = mapTriple(extent, (most, a) =>
    Math.min(most, Math.ceil((high[a]! - low[a]! + 1) / MULTIPLE) * MULTIPLE),
  );
  const from = mapTriple(extent, (most, a) => {
    const spare = rounded[a] - (high[a]! - low[a]! + 1);
    return Math.min(Math.max(low[a]! - Math.floor(spare / 2), 0), most - rounded[a]);
  });
  return { from, extent: rounded };
}

/**
 * A box of volumes that lie one behind the other.
 * @param data [C, D, H, W]
 */
export function cutOut(data: Float32Array, { from, extent }: Box, [depth, height, width]: Extent): Float32Array {
  const channels = data.length / (depth * height * width);
  const out = new Float32Array(channels * extent[0] * extent[1] * extent[2]);
  for (let c = 0, n = 0; c < channels; c++)
    for (let k = 0; k < extent[0]; k++)
      for (let j = 0; j < extent[1]; j++, n += extent[2]) {
        const row = from[2] + width * (from[1] + j + height * (from[0] + k + depth * c));
        out.set(data.subarray(row, row + extent[2]), n);
      }
  return out;
}

/**
 * Volumes with another content of a box; around it they change as its border did.
 * @param data [C, D, H, W], before
 * @param changed the box, afterwards
 */
export function putBack(
  data: Float32Array,
  changed: Float32Array,
  { from, extent: part }: Box,
  extent: Extent,
): Float32Array {
  const [depth, height, width] = extent;
  const channels = data.length / (depth * height * width);
  const within = (at: number, a: 0 | 1 | 2): number => Math.min(Math.max(at - from[a], 0), part[a] - 1);
  const out = new Float32Array(data.length);
  for (let c = 0, n = 0; c < channels; c++)
    for (let k = 0; k < depth; k++)
      for (let j = 0; j < height; j++)
        for (let i = 0; i < width; i++, n++) {
          const [z, y, x] = [within(k, 0), within(j, 1), within(i, 2)];
          const border = x + from[2] + width * (y + from[1] + height * (z + from[0] + depth * c));
          out[n] = data[n]! + changed[x + part[2] * (y + part[1] * (z + part[0] * c))]! - data[border]!;
        }
  return out;
}
