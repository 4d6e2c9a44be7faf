import { reshape, transpose } from '../operators/layout.ts';
import { linearAlongAxis, type Matrix, matrix } from '../operators/linear.ts';
import type { Tensor } from '../tensor.ts';

/**
 * Which of the two taps of a half-resolution kernel each of the three taps falls on, for an even and an odd output.
 * Output 2i sees inputs i−1, i, i (taps 0 | 1, 2); output 2i+1 sees i, i, i+1 (taps 0, 1 | 2). Rows: (phase, tap of
 * two); columns: tap of three.
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
 * A 3³ convolution of a map that was repeated to twice its size equals eight 2³ convolutions at half resolution. Their
 * weights are a fixed linear map of the given ones: [O, I, 3, 3, 3] → [phases (2·2·2) · O, I, 2, 2, 2].
 */
export function phaseKernels(weight: Tensor): Tensor {
  const [outputs, inputs] = weight.shape as [number, number];
  const mapped = [2, 3, 4].reduce((kernel, axis) => linearAlongAxis(kernel, axis, PHASES), weight);
  const split = reshape(mapped, [outputs, inputs, 2, 2, 2, 2, 2, 2]);
  return reshape(transpose(split, [2, 4, 6, 0, 1, 3, 5, 7]), [8 * outputs, inputs, 2, 2, 2]);
}
