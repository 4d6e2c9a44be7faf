import type { Tensor } from '../tensor.ts';
import { concat, padAxis, reshape, slice, transpose } from './layout.ts';
import { gemm } from './matmul.ts';

/** Kernel extents and zeros before each axis of a convolution with stride 1. */
interface WeightGradientOptions {
  readonly kernel: readonly [number, number, number];
  readonly before: readonly [number, number, number];
}

/** A map whose planes can be taken one by one. */
interface Planes {
  readonly channels: number;
  /** [D, H, W]. */
  readonly extent: readonly [number, number, number];
  /** Planes `from` (inclusive) to `to` (exclusive), [channels, to − from, H, W]. */
  planes(from: number, to: number): Tensor;
}

/** The planes of a map [C, D, H, W]. */
export function planesOf(map: Tensor): Planes {
  const [channels, depth, height, width] = map.shape as readonly [number, number, number, number];
  return {
    channels,
    extent: [depth, height, width],
    planes: (from, to) => (from === 0 && to === depth ? map : slice(map, 1, from, to)),
  };
}

/** Elements that the copies of one slab may have, and slabs that there may be. */
const SLAB = 2 ** 22;
const MOST_SLABS = 32;

/**
 * Gradient of a convolution (stride 1) to its weights: Σ over voxels of gradient[o, m − k + before] · x[i, m] for every
 * kernel offset k. It is computed as matrix products over slabs of planes, which are added up.
 *
 * @param x the convolution's input, I channels
 * @param gradient the gradient to its output, O channels
 * @returns [O, I, kd, kh, kw]
 *
 * The operand with fewer channels is copied once for each in-plane offset; a convolution with one-hot kernels does this
 * in one pass. The other is copied once for each depth offset, shifted by whole planes. Copies are what this costs
 * beside the product; in slabs, they are few at a time and stay in the processor's cache.
 */
export function convolutionWeightGradient(x: Planes, gradient: Planes, options: WeightGradientOptions): Tensor {
  const [, height, width] = x.extent;
  const [, outHeight, outWidth] = gradient.extent;
  const {
    kernel: [kd, kh, kw],
    before: [pd, ph, pw],
  } = options;
  if (x.channels <= gradient.channels) {
    // x moves in the plane and is read on the output's rows and columns; the gradient moves in depth.
    const product = sumOfSlabs(x, gradient, kd, pd - kd + 1, [kh, kw], (own, others, plus) => {
      const shifted = inPlaneShifts(own, [kh, kw], [ph, pw], [outHeight, outWidth], false);
      const planes = depthShifts(others, kd).reverse();
      return gemm(matrixOf(concat(planes, 0)), matrixOf(shifted), { transposeB: true, plus });
    });
    return transpose(reshape(product, [kd, gradient.channels, x.channels, kh, kw]), [1, 2, 0, 3, 4]);
  }
  const product = sumOfSlabs(gradient, x, kd, -pd, [kh, kw], (own, others, plus) => {
    const shifted = inPlaneShifts(own, [kh, kw], [kh - 1 - ph, kw - 1 - pw], [height, width], true);
    return gemm(matrixOf(shifted), matrixOf(concat(depthShifts(others, kd), 0)), { transposeB: true, plus });
  });
  return transpose(reshape(product, [gradient.channels, kh, kw, kd, x.channels]), [0, 4, 3, 1, 2]);
}

/**
 * Sums `product` over slabs. It gets a slab of one map, and the planes around it of the other map. These begin `first`
 * planes after the slab's first one, and are kd − 1 more than the slab has. Planes outside are zero.
 */
function sumOfSlabs(
  own: Planes,
  other: Planes,
  kd: number,
  first: number,
  [kh, kw]: readonly [number, number],
  product: (own: Tensor, others: Tensor, plus: Tensor | undefined) => Tensor,
): Tensor {
  const [depth, height, width] = own.extent;
  const copies = Math.max(own.channels * kh * kw, other.channels * kd) * height * width;
  const slabs = Math.min(MOST_SLABS, depth, Math.ceil((copies * depth) / SLAB));
  const thickness = Math.ceil(depth / slabs);
  let sum: Tensor | undefined;
  for (let from = 0; from < depth; from += thickness) {
    const to = Math.min(depth, from + thickness);
    sum = product(own.planes(from, to), planesAround(other, from + first, to + first + kd - 1), sum);
  }
  return sum as Tensor;
}

/** Planes `from` to `to` of a map, zeros where it has none. */
function planesAround(map: Planes, from: number, to: number): Tensor {
  const [depth] = map.extent;
  const start = Math.max(0, from);
  const end = Math.min(depth, to);
  return padAxis(map.planes(start, end), 1, start - from, to - end);
}

function matrixOf(x: Tensor): Tensor {
  const rows = x.shape[0]!;
  return reshape(x, [rows, x.count / rows]);
}

/**
 * [C, D, H, W] → [C · kh · kw, D, H', W']: copy (h, w) of a channel holds x[y + h − before, …]. If reversed, the
 * offsets are in reverse order.
 */
function inPlaneShifts(
  x: Tensor,
  [kh, kw]: readonly [number, number],
  [ph, pw]: readonly [number, number],
  [height, width]: readonly [number, number],
  reversed: boolean,
): Tensor {
  const [channels, depth, ownHeight, ownWidth] = x.shape as readonly [number, number, number, number];
  const taps = kh * kw;
  if (taps === 1) return x;
  const { graph } = x;
  // Channels as the batch: the same as a grouped convolution, which not every execution provider has in three
  // dimensions.
  const shifted = graph.apply(
    'Conv',
    [
      reshape(x, [channels, 1, depth, ownHeight, ownWidth]),
      graph.constant(oneHotKernels(taps, reversed), [taps, 1, 1, kh, kw]),
    ],
    { shape: [channels, taps, depth, height, width] },
    {
      attributes: {
        kernel_shape: [1, kh, kw],
        pads: [0, ph, pw, 0, height + kh - 1 - ph - ownHeight, width + kw - 1 - pw - ownWidth],
      },
    },
  );
  return reshape(shifted, [channels * taps, depth, height, width]);
}

/** A kernel for each offset, 1 there and 0 elsewhere: a convolution with them copies a map once for each. */
export function oneHotKernels(taps: number, reversed: boolean): Float32Array {
  const oneHot = new Float32Array(taps * taps);
  for (let tap = 0; tap < taps; tap++) oneHot[tap * taps + (reversed ? taps - 1 - tap : tap)] = 1;
  return oneHot;
}

/** [C, n + kd − 1, H, W] → kd times [C, n, H, W], each from one plane further on. */
function depthShifts(x: Tensor, kd: number): Tensor[] {
  const planes = (x.shape[1] as number) - kd + 1;
  return Array.from({ length: kd }, (_, k) => (kd === 1 ? x : slice(x, 1, k, k + planes)));
}
