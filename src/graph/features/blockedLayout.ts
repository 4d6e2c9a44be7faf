import { gatherRows } from '../operators/gather.ts';
import { concat, pad, reshape } from '../operators/layout.ts';
import type { Tensor } from '../tensor.ts';

/** The domain of ONNX Runtime's operators on blocked maps. */
export const BLOCKED_DOMAIN = 'com.microsoft.nchwc';

/** Channels that lie together in memory: the width of the processor's vector registers in floats. */
export type BlockSize = 8 | 16;

/** A map of channels in blocks, [D, C / block, H, W, block]; one of few channels is [D, C, H, W]. */
export type Blocked = readonly [depth: number, blocks: number, height: number, width: number, block: number];

/** Blocks that so many channels fill. */
export function blocksOf(channels: number, block: BlockSize): number {
  return Math.ceil(channels / block);
}

/** Whether channels are too few for blocks: three of their planes fit into one block, which would be mostly empty. */
export function areFew(channels: number, block: BlockSize): boolean {
  return 3 * channels < block;
}

/** Whether a map lies in blocks. */
export function isBlocked(map: Tensor): boolean {
  return map.shape.length === 5;
}

/** The same memory under the four-dimensional shape that the blocked operators expect. */
export function flatBlocks(map: Tensor): Tensor {
  if (!isBlocked(map)) return map;
  const [depth, blocks, height, width, block] = map.shape as Blocked;
  return reshape(map, [depth, blocks * block, height, width]);
}

/** A map as planes of its channels, [D, C, H, W]. */
export function planesOf(map: Tensor, channels: number, block: BlockSize): Tensor {
  if (!isBlocked(map)) return map;
  const [depth, , height, width] = map.shape as Blocked;
  return map.graph.apply(
    'ReorderOutput',
    [flatBlocks(map)],
    { shape: [depth, channels, height, width] },
    {
      domain: BLOCKED_DOMAIN,
      attributes: { channels },
      sources: [map],
      gradient: ([gradient]) => [inBlocks(gradient as Tensor, block)],
    },
  );
}

/** Planes [D, C, H, W] in blocks, missing channels zero; a map that lies in blocks is left as it is. */
export function inBlocks(map: Tensor, block: BlockSize): Tensor {
  if (isBlocked(map)) return map;
  const [depth, channels, height, width] = map.shape as readonly [number, number, number, number];
  const { graph } = map;
  const blocks = blocksOf(channels, block);
  const full = pad(map, [0, 0, 0, 0], [0, blocks * block - channels, 0, 0]);
  const reordered = graph.apply('ReorderInput', [full], { shape: full.shape }, { domain: BLOCKED_DOMAIN });
  const shape = [depth, blocks, height, width, block];
  return graph.apply(
    'Reshape',
    [reordered, graph.ints(shape)],
    { shape },
    { sources: [map], gradient: ([gradient]) => [planesOf(gradient as Tensor, channels, block)] },
  );
}

/**
 * Reads planes of a map by their places: zeros where it has none. Several readings share the map with a plane of zeros
 * at its end.
 * @returns [places, …]
 */
export function planeReader(map: Tensor): (places: readonly number[]) => Tensor {
  const { graph } = map;
  const [depth, ...plane] = map.shape as readonly [number, ...number[]];
  const size = map.count / depth;
  let withZeros: Tensor | undefined;
  return (places) => {
    const isInside = (place: number): boolean => place >= 0 && place < depth;
    if (places.length === depth && places.every((place, at) => place === at)) return map;
    if (!places.every(isInside)) withZeros ??= concat([map, graph.zeros([1, ...plane])], 0);
    const from = places.every(isInside) ? map : (withZeros as Tensor);
    const rows = Int32Array.from(places, (place) => (isInside(place) ? place : depth));
    const read = gatherRows(reshape(from, [from.shape[0]!, size]), graph.constant(rows, [rows.length], 'int32'));
    return reshape(read, [rows.length, ...plane]);
  };
}
