import { split } from '../operators/layout.ts';
import type { Tensor } from '../tensor.ts';

/** A feature map in the memory layout of the operators that made it. */
export interface FeatureMap {
  readonly tensor: Tensor;
  readonly channels: number;
}

/**
 * One input of a convolution over a concatenation: a feature map, at full size or to be repeated twice along each axis
 * first.
 */
export interface FeaturePart {
  readonly map: FeatureMap;
  /** Nearest-neighbour upsampling by 2 before the convolution. */
  readonly repeat?: boolean;
}

/**
 * A 3³ convolution with zero padding 1 over the concatenation of its parts, a bias, and LeakyReLU where a slope is
 * given.
 */
export interface FeatureConvolution {
  readonly parts: readonly FeaturePart[];
  /** [outputs, sum of the parts' channels, 3, 3, 3]. */
  readonly weight: Tensor;
  /** [outputs]. */
  readonly bias: Tensor;
  /** Negative slope of the activation; none when left out. */
  readonly slope?: number;
}

/**
 * The operations that a U-Net is made of, on feature maps in a memory layout of the implementation's choice.
 * `enter` and `leave` convert from and to [1, C, D, H, W].
 */
export interface FeatureOperators {
  enter(volume: Tensor): FeatureMap;
  leave(map: FeatureMap): Tensor;
  convolve(convolution: FeatureConvolution): FeatureMap;
  /** Maximum over cells of 2³ voxels; all extents must be even. */
  pool(map: FeatureMap): FeatureMap;
}

/** The pieces of a weight that belong to the parts of a convolution, each [outputs, channels of the part, 3, 3, 3]. */
export function weightsOfParts({ parts, weight }: FeatureConvolution): readonly Tensor[] {
  const channels = parts.map(({ map }) => map.channels);
  return channels.length === 1 ? [weight] : split(weight, 1, channels);
}
