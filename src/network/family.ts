import type { z } from 'zod';
import type { FeatureOperators, Tensor } from '../graph/index.ts';
import type { ParameterSpec } from './parameters.ts';

/** What a registration network gives. */
export interface Registered {
  /** What it predicts: displacement or velocity, [1, 3, …] in voxels of its own grid; regularisers see it. */
  readonly flow: Tensor;
  /** [1, 3, D, H, W], voxels: fixed voxel x corresponds to moving voxel x + u(x). */
  readonly displacement: Tensor;
  /** The moving volume on the fixed grid, [1, 1, D, H, W]. */
  readonly moved: Tensor;
  /**
   * What undoes the displacement, as it is, by the velocity integrated backwards: fixed voxel x + v(x) corresponds to
   * moving voxel x. Only of networks that integrate.
   */
  readonly inverse?: () => Tensor;
}

/**
 * A family of registration networks: what may be chosen of it, its weights, its computation.
 * One file in `network/` and one line in the registry make a family known to training, model files and the command
 * line.
 */
export interface NetworkFamily<Options = unknown> {
  /** Name on the command line and in model files. */
  readonly name: string;
  /** One line for the help. */
  readonly summary: string;
  /**
   * Its settings with defaults and bounds: within them the graph can be built. Those that training settings have too
   * (`halfResolution`, `integrationSteps`, the U-Net's channels) are taken from there, others from `networkOptions`.
   */
  readonly schema: z.ZodObject<z.ZodRawShape> & z.ZodType<Options>;
  /** Settings that only say how often weights are used. */
  readonly repeats?: readonly (keyof Options & string)[];
  /**
   * Its weights, in order.
   * @param flowDeviation standard deviation of the first weights of the layer that gives the flow: small, to start near
   * the identity
   */
  parameters(options: Options, flowDeviation?: number): readonly ParameterSpec[];
  /**
   * Its computation.
   * @param moving [1, 1, D, H, W] of any extents
   * @param fixed the same
   * @param parameters the weights by name
   */
  build(
    moving: Tensor,
    fixed: Tensor,
    parameters: ReadonlyMap<string, Tensor>,
    options: Options,
    features: FeatureOperators,
  ): Registered;
}

/**
 * Gives a family its types.
 * @example registerNetwork(defineNetwork(family))
 */
export function defineNetwork<Options>(family: NetworkFamily<Options>): NetworkFamily<Options> {
  return family;
}
