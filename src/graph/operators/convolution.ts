import type { Tensor } from '../tensor.ts';
import { permuteAxis } from './gather.ts';
import { concat, dilate, pad, reshape, slice, transpose } from './layout.ts';
import { gemm } from './matmul.ts';
import { sum } from './reduce.ts';

/** Three numbers, one for each axis (depth, height, width). */
export type Triple = readonly [number, number, number];

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
  return shape.slice(2) as unknown as Triple;
}

function triple(make: (axis: 0 | 1 | 2) => number): Triple {
  return [make(0), make(1), make(2)];
}

/**
 * Three-dimensional cross-correlation, as torch.nn.functional.conv3d: x [1, I, D, H, W], weight [O, I, kd, kh, kw] → [1, O, …].
 *
 * The gradient to x is again a convolution (with flipped, transposed weights), because ONNX Runtime's ConvTranspose is slow on the CPU;
 * the gradient to the weights is one matrix product over shifted copies of x.
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
        const dense = denseGradient(arriving as Tensor, x, kernel as unknown as Triple, { before, after, stride });
        return [
          needed[0] ? inputGradient(dense, x, weight, before) : undefined,
          needed[1] ? weightGradient(dense, x, weight, before) : undefined,
          needed[2] ? sum(arriving as Tensor, [0, 2, 3, 4]) : undefined,
        ];
      },
    },
  );
}

/** The output's gradient as if the stride were 1: zeros between and after its elements, one for each position of the kernel. */
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

/**
 * Σₙ gradient[o, n] · x[i, n + offset] for every kernel offset, as one matrix product.
 * Both volumes are laid out on the same padded grid, so an offset is a shift of the flat index: in-plane offsets (kh, kw) become
 * kh·kw shifted copies of x, depth offsets become kd copies of the gradient shifted by whole planes.
 */
function weightGradient(dense: Tensor, x: Tensor, weight: Tensor, before: Triple): Tensor {
  const [outputs, inputs, kd, kh, kw] = weight.shape as Shape5;
  const [depth, height, width] = spatial(dense.shape);
  const extent = spatial(x.shape);
  const planes = depth + kd - 1;
  const rows = height + kh - 1;
  const columns = width + kw - 1;
  const plane = rows * columns;
  const length = planes * plane;
  // One plane more behind the last, so that every shifted copy has the full length.
  const grid: Triple = [planes + (kh * kw > 1 ? 1 : 0), rows, columns];
  const padded = reshape(
    padOrCut(
      x,
      before,
      triple((a) => grid[a] - before[a] - extent[a]),
    ),
    [inputs, grid[0] * plane],
  );
  const shifts: Tensor[] = [];
  for (let h = 0; h < kh; h++)
    for (let w = 0; w < kw; w++) {
      const start = h * columns + w;
      shifts.push(slice(padded, 1, start, start + length));
    }
  const copies = Array.from({ length: kd }, (_, d) =>
    reshape(pad(dense, [0, 0, d, 0, 0], [0, 0, kd - 1 - d, kh - 1, kw - 1]), [outputs, length]),
  );
  const product = gemm(concat(copies, 0), concat(shifts, 0), { transposeB: true });
  return transpose(reshape(product, [kd, outputs, kh, kw, inputs]), [1, 4, 0, 2, 3]);
}

/** Pads the spatial axes; a negative count after an axis cuts instead (a stride can leave voxels that no kernel reaches). */
function padOrCut(x: Tensor, before: Triple, after: Triple): Tensor {
  const cut = ([0, 1, 2] as const).reduce(
    (result, a) => (after[a] < 0 ? slice(result, a + 2, 0, (result.shape[a + 2] as number) + after[a]) : result),
    x,
  );
  return pad(cut, [0, 0, ...before], [0, 0, ...triple((a) => Math.max(0, after[a]))]);
}
