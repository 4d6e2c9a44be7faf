import { given } from '../../given.ts';
import { tripleAt } from '../../triple.ts';
import { conv3d } from '../operators/convolution.ts';
import { add, leakyRelu } from '../operators/elementwise.ts';
import { concat, reshape, slice, split, transpose } from '../operators/layout.ts';
import { maxOfPairs } from '../operators/pooling.ts';
import type { Tensor } from '../tensor.ts';
import { type FeatureOperators, weightsOfParts } from './features.ts';
import { phaseKernels } from './phases.ts';

/** Feature maps as [1, C, D, H, W] and standard ONNX operators only: runs on every execution provider. */
export const PORTABLE_FEATURES: FeatureOperators = {
  enter: (volume) => ({ tensor: volume, channels: volume.shape[1]! }),
  leave: (map) => map.tensor,
  pool: ({ tensor, channels }) => ({ tensor: [4, 3, 2].reduce(maxOfPairs, tensor), channels }),
  convolve(convolution) {
    const { parts, weight, bias, slope } = convolution;
    const kernels = weightsOfParts(convolution);
    const sums = parts.map(({ map, repeat }, k) => {
      const kernel = kernels[k] as Tensor;
      const own = k === 0 ? bias : undefined;
      if (repeat) return convolveRepeated(map.tensor, kernel, own);
      return conv3d(map.tensor, kernel, { before: [1, 1, 1], after: [1, 1, 1], ...given({ bias: own }) });
    });
    const out = sums.reduce(add);
    return { tensor: slope === undefined ? out : leakyRelu(out, slope), channels: weight.shape[0]! };
  },
};

/**
 * Nearest-neighbour upsampling by 2 followed by a 3³ convolution with padding 1, computed at half resolution:
 * 8 instead of 27 products for each output. Phase (a, b, c) of the output is a 2³ convolution shifted by (a, b, c).
 */
function convolveRepeated(map: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
  const half = tripleAt(map.shape, 2);
  const outputs = weight.shape[0]!;
  const padded = conv3d(map, phaseKernels(weight), {
    before: [1, 1, 1],
    after: [1, 1, 1],
    ...(bias ? { bias: concat(Array<Tensor>(8).fill(bias), 0) } : {}),
  });
  const phases = split(padded, 1, Array<number>(8).fill(outputs)).map((own, phase) => {
    const shift = [phase >> 2, (phase >> 1) & 1, phase & 1];
    return shift.reduce((cut, s, a) => slice(cut, a + 2, s, s + half[a]!), own);
  });
  const stacked = reshape(concat(phases, 0), [2, 2, 2, outputs, ...half]);
  return reshape(transpose(stacked, [3, 4, 0, 5, 1, 6, 2]), [1, outputs, ...half.map((extent) => extent * 2)]);
}
