import { concat, type FeatureMap, type FeatureOperators, type FeaturePart, type Tensor } from '../graph/index.ts';
import type { Initialisation, ParameterSpec } from './parameters.ts';

/** Channels of the U-Net. */
interface UnetFeatures {
  /** One convolution and one pooling by 2 each. */
  readonly encoder: readonly number[];
  /**
   * One convolution each at the coarser levels, from the coarsest up, each followed by upsampling by 2 and the skip
   * connection.
   */
  readonly decoder: readonly number[];
  /** Convolutions at the finest level. */
  readonly remaining: readonly number[];
}

/** Structure of the registration U-Net. */
interface UnetOptions extends UnetFeatures {
  /**
   * Stop one level below the input's resolution: the flow is predicted on a grid of half the size, at an eighth of the
   * cost.
   */
  readonly halfResolution: boolean;
}

/** The paper's network: VoxelMorph's features, 327,331 parameters (Balakrishnan et al., IEEE TMI 38(8), 2019). */
export const VOXELMORPH: UnetOptions = {
  encoder: [16, 32, 32, 32],
  decoder: [32, 32, 32, 32],
  remaining: [32, 16, 16],
  halfResolution: false,
};

/** Negative slope of the activations. */
export const SLOPE = 0.2;

interface Layer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
}

function layers({ encoder, decoder, remaining, halfResolution }: UnetOptions): Layer[] {
  const made: Layer[] = [];
  const skips = [2];
  let channels = 2;
  encoder.forEach((outputs, k) => {
    made.push({ name: `encoder${k}`, inputs: channels, outputs });
    channels = outputs;
    skips.push(outputs);
  });
  decoder.forEach((outputs, k) => {
    made.push({ name: `decoder${k}`, inputs: channels, outputs });
    const last = halfResolution && k === decoder.length - 1;
    channels = last ? outputs : outputs + skips.pop()!;
  });
  remaining.forEach((outputs, k) => {
    made.push({ name: `remaining${k}`, inputs: channels, outputs });
    channels = outputs;
  });
  made.push({ name: 'flow', inputs: channels, outputs: 3 });
  return made;
}

/**
 * Parameters in order: weight and bias of each convolution, PyTorch's default initialisation. The flow's weights are
 * normal with the given standard deviation, small so that training starts near the identity.
 */
export function unetParameters(options: UnetOptions, flowDeviation = 1e-5): ParameterSpec[] {
  return layers(options).flatMap(({ name, inputs, outputs }) =>
    convolutionParameters(name, inputs, outputs, name === 'flow' ? flowDeviation : undefined),
  );
}

/**
 * Weight and bias of a convolution, with PyTorch's default initialisation, or normal weights and no bias.
 * @param deviation of the normal weights
 */
export function convolutionParameters(
  name: string,
  inputs: number,
  outputs: number,
  deviation?: number,
): ParameterSpec[] {
  const usual: Initialisation = { kind: 'uniform', bound: 1 / Math.sqrt(27 * inputs) };
  const initial: Initialisation = deviation === undefined ? usual : { kind: 'normal', deviation };
  return [
    { name: `${name}.weight`, shape: [outputs, inputs, 3, 3, 3], initial },
    { name: `${name}.bias`, shape: [outputs], initial: deviation === undefined ? usual : { kind: 'zero' } },
  ];
}

/** Looks parameters up by their names. */
export function parameterGetter(parameters: ReadonlyMap<string, Tensor>): (name: string) => Tensor {
  return (name) => {
    const tensor = parameters.get(name);
    if (!tensor) throw new Error(`The network needs the parameter "${name}".`);
    return tensor;
  };
}

/** Extents must be multiples of this: 2 to the number of poolings. */
export function sizeMultiple(options: UnetOptions): number {
  return 2 ** options.encoder.length;
}

/**
 * The registration U-Net: moving and fixed volume [1, 1, D, H, W] → flow [1, 3, D, H, W], or of half the extents
 * (`halfResolution`). Extents must be multiples of {@link sizeMultiple}.
 */
export function unet(
  moving: Tensor,
  fixed: Tensor,
  parameters: ReadonlyMap<string, Tensor>,
  options: UnetOptions,
  features: FeatureOperators,
): Tensor {
  const get = parameterGetter(parameters);
  const convolve = (name: string, parts: readonly FeaturePart[]): FeatureMap =>
    features.convolve({ parts, weight: get(`${name}.weight`), bias: get(`${name}.bias`), slope: SLOPE });

  let map = features.enter(concat([moving, fixed], 1));
  const skips = [map];
  options.encoder.forEach((_, k) => {
    const skip = convolve(`encoder${k}`, [{ map }]);
    skips.push(skip);
    map = features.pool(skip);
  });
  let parts: FeaturePart[] = [{ map }];
  options.decoder.forEach((_, k) => {
    map = convolve(`decoder${k}`, parts);
    const last = options.halfResolution && k === options.decoder.length - 1;
    parts = last ? [{ map }] : [{ map, repeat: true }, { map: skips.pop() as FeatureMap }];
  });
  options.remaining.forEach((_, k) => {
    map = convolve(`remaining${k}`, parts);
    parts = [{ map }];
  });
  const flow = features.convolve({ parts, weight: get('flow.weight'), bias: get('flow.bias') });
  return features.leave(flow);
}
