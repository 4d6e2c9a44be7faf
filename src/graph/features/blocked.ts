import { mapTriple, type Triple, tripleAt } from '../../triple.ts';
import { floats } from '../onnx/schema.ts';
import { flipKernel } from '../operators/convolution.ts';
import { add, leakyRelu, leakySlope, multiply } from '../operators/elementwise.ts';
import { concat, pad, reshape, slice, split, transpose } from '../operators/layout.ts';
import { maxOfPairs } from '../operators/pooling.ts';
import { sum } from '../operators/reduce.ts';
import type { Tensor } from '../tensor.ts';
import {
  areFew,
  BLOCKED_DOMAIN,
  type Blocked,
  type BlockSize,
  blocksOf,
  flatBlocks,
  inBlocks,
  isBlocked,
  planeReader,
  planesOf,
} from './blockedLayout.ts';
import { blockedWeightGradient } from './blockedWeightGradient.ts';
import { type FeatureConvolution, type FeatureMap, type FeatureOperators, weightsOfParts } from './features.ts';
import { phaseKernels } from './phases.ts';

/**
 * Feature maps in the channel-blocked layout of ONNX Runtime's direct convolution kernels, [D, C / block, H, W, block].
 * Planes are the batch of two-dimensional convolutions. The depth taps of a three-dimensional kernel accumulate into
 * one output. Twice as fast as `Conv` in three dimensions, which copies its input 27 times; CPU only. Maps of few
 * channels are not blocked, [D, C, H, W]: their depth taps are channels of one convolution.
 */
export function blockedFeatures(block: BlockSize): FeatureOperators {
  return {
    enter: (volume) => enter(volume, block),
    leave: ({ tensor, channels }) => {
      const first = transpose(planesOf(tensor, channels, block), [1, 0, 2, 3]);
      return reshape(first, [1, ...first.shape]);
    },
    pool: ({ tensor, channels }) => ({ tensor: [3, 2, 0].reduce(maxOfPairs, tensor), channels }),
    convolve: (convolution) => convolve(convolution, block),
  };
}

/** [1, C, D, H, W] → a map. */
function enter(volume: Tensor, block: BlockSize): FeatureMap {
  const [, channels, ...extent] = volume.shape as readonly [number, number, number, number, number];
  const planes = transpose(reshape(volume, [channels, ...extent]), [1, 0, 2, 3]);
  return { tensor: areFew(channels, block) ? planes : inBlocks(planes, block), channels };
}

/**
 * [O, I, kh, kw] → the order of the blocked kernels: O/b · I/b · kh · kw · b (inputs) · b (outputs). If the input is
 * not blocked, it is O/b · I · kh · kw · b. Missing channels are zero.
 */
function packKernel(kernel: Tensor, block: BlockSize, isInputBlocked = true): Tensor {
  const [outputs, inputs, kh, kw] = kernel.shape as readonly [number, number, number, number];
  const o = blocksOf(outputs, block);
  if (!isInputBlocked) {
    const full = reshape(pad(kernel, [0, 0, 0, 0], [o * block - outputs, 0, 0, 0]), [o, block, inputs, kh, kw]);
    return reshape(transpose(full, [0, 2, 3, 4, 1]), [o * block, inputs, kh, kw]);
  }
  const i = blocksOf(inputs, block);
  const full = pad(kernel, [0, 0, 0, 0], [o * block - outputs, i * block - inputs, 0, 0]);
  const split6 = transpose(reshape(full, [o, block, i, block, kh, kw]), [0, 2, 4, 5, 3, 1]);
  return reshape(split6, [o * block, i * block, kh, kw]);
}

/** One kernel and what it is applied to. */
interface Term {
  readonly map: Tensor;
  readonly channels: number;
  /** [O, I, kd, kh, kw]. */
  readonly weight: Tensor;
  /** Reads planes of the map, where several convolutions share what they read. */
  readonly at?: ReturnType<typeof planeReader>;
}

/** Zeros before and after each axis of a convolution. */
interface Border {
  readonly before: Triple;
  readonly after: Triple;
}

/** What is done with a sum of convolutions. */
interface Finish {
  /** One number an output channel, added. */
  readonly bias?: Tensor | undefined;
  /** A map of the output's shape, added. */
  readonly initial?: Tensor | undefined;
  /** Negative slope of the activation. */
  readonly slope?: number | undefined;
}

/** Sum of convolutions of maps, each with its kernel. */
function convolveTerms(terms: readonly Term[], border: Border, block: BlockSize, finish: Finish = {}): Tensor {
  const { bias, initial, slope } = finish;
  const { weight, map } = terms[0] as Term;
  const outputs = weight.shape[0]!;
  const kernel = tripleAt(weight.shape, 2);
  const { before, after } = border;
  const extent = outputExtent(map, kernel, border);
  const linearOrActive = areFew(outputs, block)
    ? fewOutputs(terms, border, extent, block, finish)
    : blockedOutputs(terms, border, extent, block, finish);
  const sources = [
    ...terms.flatMap((term) => [term.map, term.weight]),
    ...(bias ? [bias] : []),
    ...(initial ? [initial] : []),
  ];
  const out: Tensor = map.graph.apply(
    'Identity',
    [linearOrActive],
    { shape: linearOrActive.shape },
    {
      sources,
      gradient: ([arriving], needed) => {
        const gradient =
          slope === undefined ? (arriving as Tensor) : multiply(arriving as Tensor, leakySlope(out, slope));
        const toTerms = terms.flatMap((term, k) => [
          needed[2 * k]
            ? convolveTerms(
                [{ map: gradient, channels: outputs, weight: flipKernel(term.weight) }],
                {
                  before: mapTriple(kernel, (size, a) => size - 1 - before[a]),
                  after: mapTriple(kernel, (size, a) => size - 1 - after[a]),
                },
                block,
              )
            : undefined,
          needed[2 * k + 1]
            ? blockedWeightGradient(term, { map: gradient, channels: outputs }, kernel, before, block)
            : undefined,
        ]);
        const toBias = bias ? [biasGradient(gradient, outputs)] : [];
        return [...toTerms, ...toBias, ...(initial ? [gradient] : [])];
      },
    },
  );
  return out;
}

/** [D, H, W] of a convolution's output; depth, rows and columns stand in the same places in both layouts. */
function outputExtent(map: Tensor, kernel: Triple, { before, after }: Border): Triple {
  return mapTriple([0, 2, 3] as const, (at, a) => map.shape[at]! + before[a] + after[a] - kernel[a] + 1);
}

/** A two-dimensional convolution of planes, added to what is there. */
function convolvePlanes(
  planes: Tensor,
  kernel: Tensor,
  { before, after }: Border,
  [depth, height, width]: Triple,
  { bias, initial, slope }: Finish = {},
): Tensor {
  const [outputs, , kh, kw] = kernel.shape as readonly [number, number, number, number];
  const activation = slope === undefined ? {} : { activation: 'LeakyRelu', activation_params: floats([slope]) };
  return planes.graph.apply(
    'Conv',
    initial ? [planes, kernel, bias, initial] : [planes, kernel, bias],
    { shape: [depth, outputs, height, width] },
    {
      domain: BLOCKED_DOMAIN,
      attributes: { kernel_shape: [kh, kw], pads: [before[1], before[2], after[1], after[2]], ...activation },
    },
  );
}

/** So many places from `first` on. */
function run(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, k) => first + k);
}

/** One chain of convolutions that accumulate, one for each depth tap of blocked maps, one for each other map. */
function blockedOutputs(
  terms: readonly Term[],
  border: Border,
  extent: Triple,
  block: BlockSize,
  { bias, initial, slope }: Finish,
): Tensor {
  const outputs = (terms[0] as Term).weight.shape[0]!;
  const blocks = blocksOf(outputs, block);
  const last = terms.at(-1) as Term;
  let total = initial && flatBlocks(initial);
  let biasLeft = bias && pad(bias, [0], [blocks * block - outputs]);
  const accumulate = (planes: Tensor, kernel: Tensor, isLast: boolean): void => {
    const finish = { bias: biasLeft, initial: total, slope: isLast ? slope : undefined };
    total = convolvePlanes(planes, kernel, border, extent, finish);
    biasLeft = undefined;
  };
  for (const term of terms) {
    const { map, weight, at = planeReader(map) } = term;
    const [, inputs, size, ...inPlane] = weight.shape as readonly [number, number, number, number, number];
    const planes = (k: number): Tensor => at(run(k - border.before[0], extent[0]));
    if (!isBlocked(map)) {
      const folded = reshape(transpose(weight, [0, 2, 1, 3, 4]), [outputs, size * inputs, ...inPlane]);
      accumulate(concat(run(0, size).map(planes), 1), packKernel(folded, block, false), term === last);
      continue;
    }
    // One tap's planes after the other, so that they are not all there at once.
    for (const [k, tap] of split(weight, 2, Array<number>(size).fill(1)).entries()) {
      const kernel = packKernel(reshape(tap, [outputs, inputs, ...inPlane]), block);
      accumulate(flatBlocks(planes(k)), kernel, term === last && k === size - 1);
    }
  }
  const [depth, height, width] = extent;
  return reshape(total as Tensor, [depth, blocks, height, width, block]);
}

/** Few outputs are worked out for all depth taps in one block; the taps' planes are then shifted and added. */
function fewOutputs(
  terms: readonly Term[],
  border: Border,
  [depth, height, width]: Triple,
  block: BlockSize,
  { bias, initial, slope }: Finish,
): Tensor {
  const [outputs, , size] = (terms[0] as Term).weight.shape as readonly [number, number, number];
  let total: Tensor | undefined;
  for (const { map, weight } of terms) {
    const [, inputs, , ...inPlane] = weight.shape as readonly [number, number, number, number, number];
    const folded = reshape(transpose(weight, [2, 0, 1, 3, 4]), [size * outputs, inputs, ...inPlane]);
    const planes = inBlocks(map, block);
    total = convolvePlanes(flatBlocks(planes), packKernel(folded, block), border, [planes.shape[0]!, height, width], {
      initial: total,
    });
  }
  const [own] = (total as Tensor).shape as readonly [number];
  const taps = planesOf(reshape(total as Tensor, [own, 1, height, width, block]), size * outputs, block);
  const linear = split(taps, 1, Array<number>(size).fill(outputs))
    .map((tap, k) => planeReader(tap)(run(k - border.before[0], depth)))
    .concat(initial ?? [], bias ? reshape(bias, [1, outputs, 1, 1]) : [])
    .reduce(add);
  return slope === undefined ? linear : leakyRelu(linear, slope);
}

/** Sums over planes, rows and columns. */
function biasGradient(gradient: Tensor, outputs: number): Tensor {
  const [depth, rest, height, width, block = 1] = gradient.shape as Blocked;
  // One axis at a time, which the runtime has kernels for.
  const perPlane = sum(reshape(gradient, [depth * rest, height * width, block]), [1]);
  const all = sum(reshape(perPlane, [depth, rest * block]), [0]);
  return slice(all, 0, 0, outputs);
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
  const repeated = terms.filter((term) => term.repeat).map((term) => convolveRepeated(term, block));
  const direct = terms.filter((term) => !term.repeat);
  const initial = repeated.length > 0 ? repeated.reduce(add) : undefined;
  if (direct.length > 0) {
    const tensor = convolveTerms(direct, { before: [1, 1, 1], after: [1, 1, 1] }, block, { bias, initial, slope });
    return { tensor, channels: outputs };
  }
  const linear = add(initial as Tensor, biasMap(bias, outputs, block));
  return { tensor: slope === undefined ? linear : leakyRelu(linear, slope), channels: outputs };
}

/** A bias in the shape that broadcasts over a map. */
function biasMap(bias: Tensor, outputs: number, block: BlockSize): Tensor {
  if (areFew(outputs, block)) return reshape(bias, [1, outputs, 1, 1]);
  const blocks = blocksOf(outputs, block);
  return reshape(pad(bias, [0], [blocks * block - outputs]), [1, blocks, 1, 1, block]);
}

/** The convolution of a repeated map at half resolution (see {@link phaseKernels}), its eight phases interleaved. */
function convolveRepeated({ map, channels, weight }: Term, block: BlockSize): Tensor {
  const [outputs, inputs] = weight.shape as readonly [number, number];
  const read = planeReader(map);
  const known = new Map<string, Tensor>();
  const at = (places: readonly number[]): Tensor => {
    const planes = known.get(String(places)) ?? read(places);
    known.set(String(places), planes);
    return planes;
  };
  const phases = split(phaseKernels(weight), 0, Array<number>(8).fill(outputs)).map((kernel, phase) => {
    const after = [phase >> 2, (phase >> 1) & 1, phase & 1] as const;
    const before = mapTriple(after, (shift) => 1 - shift);
    const term = { map, channels, weight: reshape(kernel, [outputs, inputs, 2, 2, 2]), at };
    return convolveTerms([term], { before, after }, block);
  });
  const [depth, rest, height, width, own = 1] = (phases[0] as Tensor).shape as Blocked;
  const stacked = reshape(concat(phases, 0), [2, 2, 2, depth, rest, height, width, own]);
  const interleaved = transpose(stacked, [3, 0, 4, 5, 1, 6, 2, 7]);
  const shape = [2 * depth, rest, 2 * height, 2 * width];
  return reshape(interleaved, isBlocked(phases[0] as Tensor) ? [...shape, own] : shape);
}
