import type { Triple } from '../../triple.ts';
import { add } from '../operators/elementwise.ts';
import { reshape, slice, transpose } from '../operators/layout.ts';
import { sum } from '../operators/reduce.ts';
import { oneHotKernels } from '../operators/weightGradient.ts';
import type { Tensor } from '../tensor.ts';
import { type Blocked, type BlockSize, inBlocks, planeReader, planesOf } from './blockedLayout.ts';

/** One side of the product: a map, and its channels. */
interface GradientSide {
  readonly map: Tensor;
  readonly channels: number;
}

/** Elements that the copies of one slab of planes may have, and slabs that there may be. */
const SLAB = 2 ** 21;
const MOST_SLABS = 32;

/**
 * Gradient of a convolution of maps (stride 1) to its weights: Σ over voxels of gradient[o, m − k + before] · x[i, m]
 * for every kernel offset k. It is one matrix product per plane.
 *
 * The side with fewer channels is copied once for each offset in the plane, channels first. The other is read as it
 * lies, in blocks, once for each plane that a depth offset leads to. In slabs of planes, copies are few at a time and
 * stay in the processor's cache.
 *
 * @param x the convolution's input
 * @param gradient the gradient to its output
 * @param kernel extents of the kernel
 * @param before zeros before each axis
 * @returns [O, I, kd, kh, kw]
 */
export function blockedWeightGradient(
  x: GradientSide,
  gradient: GradientSide,
  kernel: Triple,
  before: Triple,
  block: BlockSize,
): Tensor {
  const [kd, kh, kw] = kernel;
  const [pd, ph, pw] = before;
  const isOfX = x.channels <= gradient.channels;
  const [copied, read] = isOfX ? [x, gradient] : [gradient, x];
  const product = isOfX
    ? sumOfSlabs(x, gradient, kernel, { before: [ph, pw], reversed: false }, (plane, k) => plane - k + pd, block)
    : sumOfSlabs(
        gradient,
        x,
        kernel,
        { before: [kh - 1 - ph, kw - 1 - pw], reversed: true },
        (plane, k) => plane + k - pd,
        block,
      );
  const blocks = product.shape[1]!;
  const apart = reshape(product, [kd, blocks, copied.channels, kh, kw, block]);
  const ordered = transpose(apart, isOfX ? [1, 5, 2, 0, 3, 4] : [2, 1, 5, 0, 3, 4]);
  const all = isOfX ? [blocks * block, x.channels] : [gradient.channels, blocks * block];
  return slice(reshape(ordered, [...all, ...kernel]), isOfX ? 0 : 1, 0, read.channels);
}

/** How a side is copied for each offset in the plane. */
interface Shifts {
  /** Zeros before rows and columns. */
  readonly before: readonly [number, number];
  /** Whether the offsets go backwards. */
  readonly reversed: boolean;
}

/**
 * The copies of each plane times the planes of the other side at each depth offset, summed over planes: [kd, blocks,
 * channels · kh · kw, block].
 * @param placeOf which plane of the other side meets a plane at a depth offset
 */
function sumOfSlabs(
  own: GradientSide,
  { map }: GradientSide,
  kernel: Triple,
  shifts: Shifts,
  placeOf: (plane: number, offset: number) => number,
  block: BlockSize,
): Tensor {
  const [kd, kh, kw] = kernel;
  const other = inBlocks(map, block);
  const [, blocks, height, width] = other.shape as Blocked;
  const depth = own.map.shape[0]!;
  const rows = own.channels * kh * kw;
  const slabs = Math.min(MOST_SLABS, depth, Math.ceil((rows * height * width * depth) / SLAB));
  const thickness = Math.ceil(depth / slabs);
  let total: Tensor | undefined;
  for (let from = 0; from < depth; from += thickness) {
    const count = Math.min(depth, from + thickness) - from;
    const planes = planesOf(slice(own.map, 0, from, from + count), own.channels, block);
    const copies = inPlaneCopies(planes, [kh, kw], [height, width], shifts);
    const places = Array.from({ length: count * kd }, (_, n) => placeOf(from + Math.floor(n / kd), n % kd));
    const product = own.map.graph.apply(
      'MatMul',
      [
        reshape(copies, [count, 1, rows, height * width]),
        reshape(planesAt(other, places), [count, kd * blocks, height * width, block]),
      ],
      { shape: [count, kd * blocks, rows, block] },
    );
    const slab = sum(product, [0]);
    total = total ? add(total, slab) : slab;
  }
  return reshape(total as Tensor, [kd, blocks, rows, block]);
}

/** Planes of a map by their places, zeros where it has none, of which only a slab's map is given room. */
function planesAt(map: Tensor, places: readonly number[]): Tensor {
  const depth = map.shape[0]!;
  const first = Math.max(0, Math.min(...places));
  const end = Math.min(depth, Math.max(...places) + 1);
  if (places.every((place) => place >= 0 && place < depth)) return planeReader(map)(places);
  return planeReader(slice(map, 0, first, end))(places.map((place) => place - first));
}

/** [n, C, H, W] → [n, C · kh · kw, 1, H', W']: copy (h, w) of a channel holds x[y + h − before, …]. */
function inPlaneCopies(
  planes: Tensor,
  [kh, kw]: readonly [number, number],
  [height, width]: readonly [number, number],
  { before: [ph, pw], reversed }: Shifts,
): Tensor {
  const [count, channels, ownHeight, ownWidth] = planes.shape as readonly [number, number, number, number];
  const taps = kh * kw;
  const { graph } = planes;
  return graph.apply(
    'Conv',
    [
      // Of three dimensions, since those of two would be put into blocks.
      reshape(planes, [count * channels, 1, 1, ownHeight, ownWidth]),
      graph.constant(oneHotKernels(taps, reversed), [taps, 1, 1, kh, kw]),
    ],
    { shape: [count * channels, taps, 1, height, width] },
    {
      attributes: {
        kernel_shape: [1, kh, kw],
        pads: [0, ph, pw, 0, height + kh - 1 - ph - ownHeight, width + kw - 1 - pw - ownWidth],
      },
    },
  );
}
