import type { RuntimeOptions } from '../graph/index.ts';
import type { Extent } from '../network/displacement.ts';

/** Voxels of a grid on which a pair is registered in little more time than it takes to compile for it. */
const SMALL = 96 ** 3;

/** How programs for volumes of an extent, [D, H, W], are compiled: quickly where the volumes are small. */
export function quickWhereSmall(runtime: RuntimeOptions, [depth, height, width]: Extent): RuntimeOptions {
  return { quick: depth * height * width <= SMALL, ...runtime };
}
