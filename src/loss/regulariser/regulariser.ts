import type { z } from 'zod';
import type { Tensor } from '../../graph/index.ts';

/** What a registration makes of a pair, as a regulariser sees it. */
export interface Deformation {
  /**
   * What is optimised or predicted, [1, 3, D', H', W'] in voxels of its own grid: a displacement, or a stationary
   * velocity.
   */
  readonly flow: Tensor;
  /** The displacement that it stands for, [1, 3, D, H, W] in voxels of the volumes' grid. */
  readonly displacement: Tensor;
}

/**
 * A regulariser: how far a deformation is from what is plausible; 0 for none at all.
 * One file in `loss/regulariser/` and one line in its registry make a regulariser known everywhere; its gradient comes
 * from the graph.
 */
export interface Regulariser<Options = unknown> {
  /** Name on the command line. */
  readonly name: string;
  /** One line for the help. */
  readonly summary: string;
  /** Options with their defaults. */
  readonly options: z.ZodType<Options>;
  /** By what a similarity's weight, which is chosen with `diffusion`, is multiplied where no weight is given. */
  readonly weight: number;
  /** Builds the penalty, a scalar (shape []). */
  build(deformation: Deformation, options: Options): Tensor;
}

/**
 * Gives a regulariser its types.
 * @example
 * const magnitude = defineRegulariser({
 *   name: 'magnitude',
 *   summary: 'mean squared length of the displacement',
 *   options: z.strictObject({}),
 *   weight: 1,
 *   build: ({ displacement }) => graph.mean(graph.square(displacement)),
 * })
 */
export function defineRegulariser<Options>(regulariser: Regulariser<Options>): Regulariser<Options> {
  return regulariser;
}
