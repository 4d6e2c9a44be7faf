import type { Tensor } from '../tensor.ts';

/** One input of a convolution over a concatenation: a feature map, at full size or to be repeated twice along each axis first. */
export interface FeaturePart {
  readonly map: Tensor;
  /** Nearest-neighbour upsampling by 2 before the convolution. */
  readonly repeat?: boolean;
}

/** A 3³ convolution with zero padding 1 over the concatenation of its parts, a bias, and LeakyReLU where a slope is given. */
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
  enter(volume: Tensor): Tensor;
  leave(map: Tensor): Tensor;
  convolve(convolution: FeatureConvolution): Tensor;
  /** Maximum over cells of 2³ voxels; all extents must be even. */
  pool(map: Tensor): Tensor;
}
