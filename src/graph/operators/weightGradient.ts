import type { Tensor } from '../tensor.ts';
import { concat, reshape, slice, transpose } from './layout.ts';
import { gemm } from './matmul.ts';

/** Kernel extents and zeros before each axis of a convolution with stride 1. */
export interface WeightGradientOptions {
  readonly kernel: readonly [number, number, number];
  readonly before: readonly [number, number, number];
}

/**
 * Gradient of a convolution (stride 1) to its weights: Σ over voxels of gradient[o, m − k + before] · x[i, m] for every
 * kernel offset k, as one matrix product.
 *
 * @param x the convolution's input, [I, D, H, W]
 * @param gradient the gradient to its output, [O, D', H', W']
 * @returns [O, I, kd, kh, kw]
 *
 * The operand with fewer channels is copied once for each in-plane offset (a convolution with one-hot kernels does this
 * in one pass), the other once for each depth offset, shifted by whole planes. Copies are what this costs beside the
 * product.
 */
export function convolutionWeightGradient(x: Tensor, gradient: Tensor, options: WeightGradientOptions): Tensor {
  const [inputs, depth, height, width] = x.shape as readonly [number, number, number, number];
  const [outputs, outDepth, outHeight, outWidth] = gradient.shape as readonly [number, number, number, number];
  const {
    kernel: [kd, kh, kw],
    before: [pd, ph, pw],
  } = options;
  if (inputs <= outputs) {
    // x moves in the plane and is read on the output's rows and columns; the gradient moves in depth.
    const shifted = inPlaneShifts(x, [kh, kw], [ph, pw], [outHeight, outWidth], false);
    const planes = depthShifts(
      gradient,
      depth,
      Array.from({ length: kd }, (_, k) => pd - k),
    );
    const product = gemm(matrixOf(planes), matrixOf(shifted), { transposeB: true });
    return transpose(reshape(product, [kd, outputs, inputs, kh, kw]), [1, 2, 0, 3, 4]);
  }
  const shifted = inPlaneShifts(gradient, [kh, kw], [kh - 1 - ph, kw - 1 - pw], [height, width], true);
  const planes = depthShifts(
    x,
    outDepth,
    Array.from({ length: kd }, (_, k) => k - pd),
  );
  const product = gemm(matrixOf(shifted), matrixOf(planes), { transposeB: true });
  return transpose(reshape(product, [outputs, kh, kw, kd, inputs]), [0, 4, 3, 1, 2]);
}

function matrixOf(x: Tensor): Tensor {
  const rows = x.shape[0]!;
  return reshape(x, [rows, x.count / rows]);
}

/**
 * [C, D, H, W] → [C · kh · kw, D, H', W']: copy (h, w) of a channel holds x[y + h − before, …], or, reversed, offsets
 * in reverse order.
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
  const oneHot = new Float32Array(taps * taps);
  for (let tap = 0; tap < taps; tap++) oneHot[tap * taps + (reversed ? taps - 1 - tap : tap)] = 1;
  const { graph } = x;
  // Channels as the batch: the same as a grouped convolution, which not every execution provider has in three
  // dimensions.
  const shifted = graph.apply(
    'Conv',
    [reshape(x, [channels, 1, depth, ownHeight, ownWidth]), graph.constant(oneHot, [taps, 1, 1, kh, kw])],
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

/** [C, D, H, W] → [offsets · C, planes, H, W]: copy k holds plane m + offsets[k] of x at plane m, zeros outside. */
function depthShifts(x: Tensor, planes: number, offsets: readonly number[]): Tensor {
  const [channels, depth, height, width] = x.shape as readonly [number, number, number, number];
  const zeros = (count: number): Tensor[] => (count > 0 ? [x.graph.zeros([channels, count, height, width])] : []);
  const copies = offsets.map((offset) => {
    const first = Math.max(0, offset);
    const last = Math.min(depth, offset + planes);
    if (first >= last) return concat(zeros(planes), 1);
    const part = first === 0 && last === depth ? x : slice(x, 1, first, last);
    return concat([...zeros(first - offset), part, ...zeros(planes - (last - offset))], 1);
  });
  return concat(copies, 0);
}
