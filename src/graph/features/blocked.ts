import { flipKernel } from '../operators/convolution.ts';
import { add, leakyRelu } from '../operators/elementwise.ts';
import { concat, pad, reshape, slice, split, transpose } from '../operators/layout.ts';
import { maxOfPairs } from '../operators/pooling.ts';
import { sum } from '../operators/reduce.ts';
import { convolutionWeightGradient, type Planes } from '../operators/weightGradient.ts';
import { compile } from '../runtime.ts';
import { Graph, type Tensor } from '../tensor.ts';
import { type FeatureConvolution, type FeatureMap, type FeatureOperators, weightsOfParts } from './features.ts';
import { phaseKernels } from './phases.ts';

/** Channels that lie together in memory: the width of the processor's vector registers in floats. */
export type BlockSize = 8 | 16;

const DOMAIN = 'com.microsoft.nchwc';

/**
 * Which block of channels ONNX Runtime's CPU kernels use here: 16 with AVX-512, 8 with AVX2, 0 where they have no
 * blocked layout (then {@link PORTABLE_FEATURES} is the choice). Found by looking at how a reordered array lies in
 * memory.
 */
export async function detectBlockSize(): Promise<BlockSize | 0> {
  detected ??= probe();
  return detected;
}

let detected: Promise<BlockSize | 0> | undefined;

async function probe(): Promise<BlockSize | 0> {
  const graph = new Graph('block_size');
  const x = graph.input('x', [1, 32, 1, 2]);
  const reordered = graph.apply('ReorderInput', [x], { shape: [1, 32, 1, 2] }, { domain: DOMAIN });
  try {
    const program = await compile(graph, { out: reshape(reordered, [64]) });
    const { out } = await program.run({ x: Float32Array.from({ length: 64 }, (_, i) => i) });
    await program.release();
    // The values are 2c + w: within a block the next element is the next channel at the same w.
    const block = (out as Float32Array).indexOf(1);
    return block === 8 || block === 16 ? block : 0;
  } catch {
    return 0;
  }
}

/**
 * Feature maps in the channel-blocked layout of ONNX Runtime's direct convolution kernels, [D, C / block, H, W, block]:
 * planes are the batch of two-dimensional convolutions, and the depth taps of a three-dimensional kernel accumulate
 * into one output. Twice as fast as `Conv` in three dimensions, which copies its input 27 times; CPU only.
 */
export function blockedFeatures(block: BlockSize): FeatureOperators {
  return {
    enter: (volume) => enter(volume, block),
    leave: (map) => leave(map, block),
    pool: ({ tensor, channels }) => ({ tensor: [3, 2, 0].reduce(maxOfPairs, tensor), channels }),
    convolve: (convolution) => convolve(convolution, block),
  };
}

type Map5 = readonly [depth: number, blocks: number, height: number, width: number, block: number];

function blocksOf(channels: number, block: BlockSize): number {
  return Math.ceil(channels / block);
}

/** [1, C, D, H, W] → blocked. */
function enter(volume: Tensor, block: BlockSize): FeatureMap {
  const [, channels, ...extent] = volume.shape as readonly [number, number, number, number, number];
  return { tensor: toBlocked(reshape(volume, [channels, ...extent]), block), channels };
}

/** Blocked → [1, C, D, H, W]. */
function leave({ tensor, channels }: FeatureMap, block: BlockSize): Tensor {
  const first = channelsFirst(tensor, channels, block);
  return reshape(first, [1, ...first.shape]);
}

/** [C, D, H, W] → [D, blocks, H, W, block], missing channels zero. */
function toBlocked(x: Tensor, block: BlockSize): Tensor {
  const [channels, depth, height, width] = x.shape as readonly [number, number, number, number];
  const { graph } = x;
  const blocks = blocksOf(channels, block);
  const full = [0, blocks * block - channels, 0, 0];
  const planes = pad(transpose(x, [1, 0, 2, 3]), [0, 0, 0, 0], full);
  const reordered = graph.apply('ReorderInput', [planes], { shape: planes.shape }, { domain: DOMAIN });
  return graph.apply(
    'Reshape',
    [reordered, graph.ints([depth, blocks, height, width, block])],
    { shape: [depth, blocks, height, width, block] },
    { sources: [x], gradient: ([gradient]) => [channelsFirst(gradient as Tensor, channels, block)] },
  );
}

/** [D, blocks, H, W, block] → [C, D, H, W]. */
function channelsFirst(map: Tensor, channels: number, block: BlockSize): Tensor {
  const [depth, , height, width] = map.shape as Map5;
  const { graph } = map;
  const planes = graph.apply(
    'ReorderOutput',
    [asPlanes(map)],
    { shape: [depth, channels, height, width] },
    { domain: DOMAIN, attributes: { channels } },
  );
  return graph.apply(
    'Transpose',
    [planes],
    { shape: [channels, depth, height, width] },
    {
      attributes: { perm: [1, 0, 2, 3] },
      sources: [map],
      gradient: ([gradient]) => [toBlocked(gradient as Tensor, block)],
    },
  );
}

/** Planes of a blocked map, channels first. */
function planesOf(map: Tensor, channels: number, block: BlockSize): Planes {
  const [depth, , height, width] = map.shape as Map5;
  return {
    channels,
    extent: [depth, height, width],
    planes: (from, to) => channelsFirst(from === 0 && to === depth ? map : slice(map, 0, from, to), channels, block),
  };
}

/** The same memory under the four-dimensional shape that the blocked operators expect. */
function asPlanes(map: Tensor): Tensor {
  const [depth, blocks, height, width, block] = map.shape as Map5;
  return reshape(map, [depth, blocks * block, height, width]);
}

/**
 * [O, I, kh, kw] → the order of the blocked kernels, O/b · I/b · kh · kw · b (inputs) · b (outputs); missing channels
 * zero.
 */
function packKernel(kernel: Tensor, block: BlockSize): Tensor {
  const [outputs, inputs, kh, kw] = kernel.shape as readonly [number, number, number, number];
  const o = blocksOf(outputs, block);
  const i = blocksOf(inputs, block);
  const full = pad(kernel, [0, 0, 0, 0], [o * block - outputs, i * block - inputs, 0, 0]);
  const split6 = transpose(reshape(full, [o, block, i, block, kh, kw]), [0, 2, 4, 5, 3, 1]);
  return reshape(split6, [o * block, i * block, kh, kw]);
}

/** One kernel and what it is applied to. */
interface Term {
  readonly map: Tensor;
  readonly channels: number;
  /** [O, I, k, k, k]. */
  readonly weight: Tensor;
}

/** Zeros before and after each axis of a convolution with a cubic kernel. */
interface Border {
  readonly before: number;
  readonly after: number;
}

/**
 * Sum of convolutions of blocked maps, each with its kernel; one chain of accumulating two-dimensional convolutions.
 * `initial` (blocked, of the output's shape) is added; `bias` one number an output channel.
 */
function convolveTerms(
  terms: readonly Term[],
  { before, after }: Border,
  block: BlockSize,
  bias?: Tensor,
  initial?: Tensor,
): Tensor {
  const { graph } = (terms[0] as Term).map;
  const weightShape = (terms[0] as Term).weight.shape as readonly number[];
  const outputs = weightShape[0]!;
  const size = weightShape[2]!;
  const [depth, , height, width] = (terms[0] as Term).map.shape as Map5;
  const grow = before + after - size + 1;
  const outBlocks = blocksOf(outputs, block);
  const out = [depth + grow, outBlocks, height + grow, width + grow, block] as const;
  const planeShape = [out[0], outBlocks * block, out[2], out[3]];
  const fullBias = bias && pad(bias, [0], [outBlocks * block - outputs]);

  let total = initial && asPlanes(initial);
  let biasLeft = fullBias;
  for (const { map, weight } of terms) {
    const padded = padDepth(map, before, after);
    const inputs = weight.shape[1]!;
    split(weight, 2, Array<number>(size).fill(1)).forEach((tap, k) => {
      const planes = asPlanes(out[0] === depth && k === before ? map : slice(padded, 0, k, k + out[0]));
      const kernel = packKernel(reshape(tap, [outputs, inputs, size, size]), block);
      total = graph.apply(
        'Conv',
        total ? [planes, kernel, biasLeft, total] : [planes, kernel, biasLeft],
        { shape: planeShape },
        { domain: DOMAIN, attributes: { kernel_shape: [size, size], pads: [before, before, after, after] } },
      );
      biasLeft = undefined;
    });
  }
  const sources = [
    ...terms.flatMap(({ map, weight }) => [map, weight]),
    ...(bias ? [bias] : []),
    ...(initial ? [initial] : []),
  ];
  return graph.apply(
    'Reshape',
    [total, graph.ints(out)],
    { shape: out },
    {
      sources,
      gradient: ([arriving], needed) => {
        const gradient = arriving as Tensor;
        const toTerms = terms.flatMap(({ map, channels, weight }, k) => [
          needed[2 * k]
            ? convolveTerms(
                [{ map: gradient, channels: outputs, weight: flipKernel(weight) }],
                { before: size - 1 - before, after: size - 1 - after },
                block,
              )
            : undefined,
          needed[2 * k + 1]
            ? convolutionWeightGradient(planesOf(map, channels, block), planesOf(gradient, outputs, block), {
                kernel: [size, size, size],
                before: [before, before, before],
              })
            : undefined,
        ]);
        const toBias = bias ? [biasGradient(gradient, outputs)] : [];
        return [...toTerms, ...toBias, ...(initial ? [gradient] : [])];
      },
    },
  );
}

function biasGradient(gradient: Tensor, outputs: number): Tensor {
  const [depth, blocks, height, width, block] = gradient.shape as Map5;
  const perBlock = sum(reshape(gradient, [depth, blocks, height * width, block]), [0, 2]);
  const all = reshape(perBlock, [blocks * block]);
  return blocks * block === outputs ? all : slice(all, 0, 0, outputs);
}

/** Zero planes before and after. */
function padDepth(map: Tensor, before: number, after: number): Tensor {
  const zeros = (count: number): Tensor[] => (count > 0 ? [map.graph.zeros([count, ...map.shape.slice(1)])] : []);
  return concat([...zeros(before), map, ...zeros(after)], 0);
}

function convolve(convolution: FeatureConvolution, block: BlockSize): FeatureMap {
  const { parts, bias, slope, weight } = convolution;
  const kernels = weightsOfParts(convolution);
  const outputs = weight.shape[0]!;
  const terms = parts.map(({ map, repeat }, k) => ({
    map: map.tensor,
    channels: map.channels,
    weight: kernels[k] as Tensor,
    repeat: repeat ?? false,
  }));
  const repeated = terms.filter((term) => term.repeat).map((term) => convolveRepeated(term, outputs, block));
  const direct = terms.filter((term) => !term.repeat);
  const initial = repeated.length > 0 ? repeated.reduce(add) : undefined;
  const linear =
    direct.length > 0
      ? convolveTerms(direct, { before: 1, after: 1 }, block, bias, initial)
      : add(initial as Tensor, biasMap(bias, outputs, block));
  return { tensor: slope === undefined ? linear : leakyRelu(linear, slope), channels: outputs };
}

/** A bias in the shape that broadcasts over a blocked map. */
function biasMap(bias: Tensor, outputs: number, block: BlockSize): Tensor {
  const blocks = blocksOf(outputs, block);
  return reshape(pad(bias, [0], [blocks * block - outputs]), [1, blocks, 1, 1, block]);
}

/** The convolution of a repeated map at half resolution (see {@link phaseKernels}), its eight phases interleaved. */
function convolveRepeated({ map, channels, weight }: Term, outputs: number, block: BlockSize): Tensor {
  const [depth, , height, width] = map.shape as Map5;
  const blocks = blocksOf(outputs, block);
  // Each phase must fill whole blocks of channels.
  const whole = pad(weight, [0, 0, 0, 0, 0], [blocks * block - outputs, 0, 0, 0, 0]);
  const padded = convolveTerms([{ map, channels, weight: phaseKernels(whole) }], { before: 1, after: 1 }, block);
  const half = [depth, height, width] as const;
  const phases = split(padded, 1, Array<number>(8).fill(blocks)).map((own, phase) => {
    const shift = [phase >> 2, (phase >> 1) & 1, phase & 1];
    return [0, 2, 3].reduce((cut, axis, a) => {
      const start = shift[a]!;
      return slice(cut, axis, start, start + half[a]!);
    }, own);
  });
  const stacked = reshape(concat(phases, 0), [2, 2, 2, depth, blocks, height, width, block]);
  const interleaved = transpose(stacked, [3, 0, 4, 5, 1, 6, 2, 7]);
  return reshape(interleaved, [2 * depth, blocks, 2 * height, 2 * width, block]);
}
