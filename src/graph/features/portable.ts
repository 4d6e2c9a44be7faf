import { conv3d, type Triple } from '../operators/convolution.ts';
import { add, leakyRelu } from '../operators/elementwise.ts';
import { concat, reshape, slice, transpose } from '../operators/layout.ts';
import { linearAlongAxis, type Matrix, matrix } from '../operators/linear.ts';
import { maxOfPairs } from '../operators/pooling.ts';
import type { Tensor } from '../tensor.ts';
import type { FeatureOperators } from './features.ts';

/** Feature maps as [1, C, D, H, W] and standard ONNX operators only: runs on every execution provider. */
export const PORTABLE_FEATURES: FeatureOperators = {
  enter: (volume) => volume,
  leave: (map) => map,
  pool: (map) => [4, 3, 2].reduce(maxOfPairs, map),
  convolve({ parts, weight, bias, slope }) {
    const channels = parts.map(({ map }) => map.shape[1] as number);
    const kernels = channels.map((count, k) => {
      const start = channels.slice(0, k).reduce((a, b) => a + b, 0);
      return slice(weight, 1, start, start + count);
    });
    const sums = parts.map(({ map, repeat }, k) => {
      const kernel = kernels[k] as Tensor;
      if (repeat) return k === 0 ? convolveRepeated(map, kernel, bias) : convolveRepeated(map, kernel);
      return conv3d(map, kernel, { before: [1, 1, 1], after: [1, 1, 1], ...(k === 0 ? { bias } : {}) });
    });
    const out = sums.reduce(add);
    return slope === undefined ? out : leakyRelu(out, slope);
  },
};

/**
 * Which of the two taps of a half-resolution kernel each of the three taps falls on, for an even and an odd output.
 * Output 2i sees inputs i−1, i, i (taps 0 | 1, 2); output 2i+1 sees i, i, i+1 (taps 0, 1 | 2). Rows: (phase, tap of two); columns: tap of three.
 */
const PHASES: Matrix = matrix(
  4,
  3,
  (row, tap) =>
    [
      [1, 0, 0],
      [0, 1, 1],
      [1, 1, 0],
      [0, 0, 1],
    ][row]?.[tap] as number,
);

/**
 * The weights of the eight 2³ convolutions at half resolution that equal a 3³ convolution of the repeated map:
 * [O, I, 3, 3, 3] → [phases (2·2·2) · O, I, 2, 2, 2], a fixed linear map of the weights.
 */
export function phaseKernels(weight: Tensor): Tensor {
  const [outputs, inputs] = weight.shape as [number, number];
  const mapped = [2, 3, 4].reduce((kernel, axis) => linearAlongAxis(kernel, axis, PHASES), weight);
  const split = reshape(mapped, [outputs, inputs, 2, 2, 2, 2, 2, 2]);
  return reshape(transpose(split, [2, 4, 6, 0, 1, 3, 5, 7]), [8 * outputs, inputs, 2, 2, 2]);
}

/**
 * Nearest-neighbour upsampling by 2 followed by a 3³ convolution with padding 1, computed at half resolution:
 * 8 instead of 27 products for each output. Phase (a, b, c) of the output is a 2³ convolution shifted by (a, b, c).
 */
function convolveRepeated(map: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const [, , ...half] = map.shape as unknown as readonly [number, number, ...Triple];
  const outputs = weight.shape[0] as number;
  const repeatedBias =
    bias &&
    concat(
      Array.from({ length: 8 }, () => bias),
      0,
    );
  const padded = conv3d(map, phaseKernels(weight), {
    before: [1, 1, 1],
    after: [1, 1, 1],
    ...(repeatedBias ? { bias: repeatedBias } : {}),
  });
  const phases = Array.from({ length: 8 }, (_, phase) => {
    const shift = [phase >> 2, (phase >> 1) & 1, phase & 1];
    const own = slice(padded, 1, phase * outputs, (phase + 1) * outputs);
    return shift.reduce((cut, s, a) => slice(cut, a + 2, s, s + (half[a] as number)), own);
  });
  const stacked = reshape(concat(phases, 0), [2, 2, 2, outputs, ...half]);
  return reshape(transpose(stacked, [3, 4, 0, 5, 1, 6, 2]), [1, outputs, ...half.map((extent) => extent * 2)]);
}
