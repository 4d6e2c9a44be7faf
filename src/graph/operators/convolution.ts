import { type Triple, tripleAt } from '../../triple.ts';
import type { Tensor } from '../tensor.ts';
import { permuteAxis } from './gather.ts';
import { dilate, reshape, transpose } from './layout.ts';
import { sum } from './reduce.ts';
import { convolutionWeightGradient, planesOf } from './weightGradient.ts';

/** Three numbers, one for each axis (depth, height, width). */

/** Options of {@link conv3d}. */
export interface ConvolutionOptions {
  /** Zeros added before each axis (default 0). */
  readonly before?: Triple;
  /** Zeros added after each axis (default 0). */
  readonly after?: Triple;
  /** Step between outputs (default 1). */
  readonly stride?: Triple;
  /** One number an output channel, added to it. */
  readonly bias?: Tensor;
}

const ZERO: Triple = [0, 0, 0];
const ONE: Triple = [1, 1, 1];

type Shape5 = readonly [number, number, number, number, number];

function spatial(shape: readonly number[]): Triple {
  return tripleAt(shape, 2);
}

function triple(make: (axis: 0 | 1 | 2) => number): Triple {
  return [make(0), make(1), make(2)];
}

/**
 * Three-dimensional cross-correlation, as torch.nn.functional.conv3d: x [1, I, D, H, W], weight [O, I, kd, kh, kw] →
 * [1, O, …].
 *
 * The gradient to x is again a convolution, with flipped, transposed weights, because ONNX Runtime's ConvTranspose is
 * slow on the CPU. The gradient to the weights is one matrix product over shifted copies.
 */
export function conv3d(x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor {
  const { before = ZERO, after = ZERO, stride = ONE, bias } = options;
  const [, inputs] = x.shape as Shape5;
  const [outputs, weightInputs, ...kernel] = weight.shape as Shape5;
  if (x.shape.length !== 5 || x.shape[0] !== 1 || inputs !== weightInputs)
    throw new Error(`A kernel of shape [${weight.shape}] does not fit a feature map of shape [${x.shape}].`);
  const extent = spatial(x.shape);
  const out = triple((a) => Math.floor((extent[a] + before[a] + after[a] - kernel[a]) / stride[a]) + 1);
  return x.graph.apply(
    'Conv',
    bias ? [x, weight, bias] : [x, weight],
    { shape: [1, outputs, ...out] },
    {
      attributes: { kernel_shape: kernel, pads: [...before, ...after], strides: stride },
      gradient: ([arriving], needed) => {
        const dense = denseGradient(arriving as Tensor, x, tripleAt(kernel), { before, after, stride });
        return [
          needed[0] ? inputGradient(dense, x, weight, before) : undefined,
          needed[1]
            ? convolutionWeightGradient(
                planesOf(reshape(x, x.shape.slice(1))),
                planesOf(reshape(dense, dense.shape.slice(1))),
                { kernel: tripleAt(kernel), before },
              )
            : undefined,
          needed[2] ? sum(arriving as Tensor, [0, 2, 3, 4]) : undefined,
        ];
      },
    },
  );
}

/**
 * The output's gradient as if the stride were 1: zeros between and after its elements, one for each position of the
 * kernel.
 */
function denseGradient(
  gradient: Tensor,
  x: Tensor,
  kernel: Triple,
  { before, after, stride }: { before: Triple; after: Triple; stride: Triple },
): Tensor {
  const extent = spatial(x.shape);
  return ([0, 1, 2] as const).reduce((dense, a) => {
    if (stride[a] === 1) return dense;
    const full = extent[a] + before[a] + after[a] - kernel[a] + 1;
    return dilate(dense, a + 2, stride[a], full);
  }, gradient);
}

/** Convolution of the output's gradient with the flipped kernel, inputs and outputs exchanged. */
function inputGradient(dense: Tensor, x: Tensor, weight: Tensor, before: Triple): Tensor {
  const kernel = spatial(weight.shape);
  const extent = spatial(x.shape);
  const size = spatial(dense.shape);
  const padBefore = triple((a) => kernel[a] - 1 - before[a]);
  const padAfter = triple((a) => extent[a] - size[a] - padBefore[a] + kernel[a] - 1);
  return conv3d(dense, flipKernel(weight), { before: padBefore, after: padAfter });
}

/** [O, I, kd, kh, kw] → [I, O, kd, kh, kw] with every kernel axis reversed. */
export function flipKernel(weight: Tensor): Tensor {
  const [outputs, inputs, ...kernel] = weight.shape as Shape5;
  const taps = kernel[0] * kernel[1] * kernel[2];
  const reversed = Array.from({ length: taps }, (_, tap) => taps - 1 - tap);
  const flipped = permuteAxis(reshape(transpose(weight, [1, 0, 2, 3, 4]), [inputs, outputs, taps]), 2, reversed);
  return reshape(flipped, [inputs, outputs, ...kernel]);
}
