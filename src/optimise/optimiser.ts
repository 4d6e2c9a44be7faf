import type { Tensor } from '../graph/index.ts';

/**
 * How parameters follow their gradient. One file in `optimise/` and one line in its registry make an optimiser known to
 * training and the command line.
 */
export interface Optimiser<Moment extends string = string, Correction extends string = string> {
  /** Name on the command line. */
  readonly name: string;
  /**
   * What it keeps from step to step, each of the parameters' shape and 0 at the start. Under these names it enters a
   * step's graph, leaves it (`next_…`) and lies in checkpoints.
   */
  readonly moments: readonly Moment[];
  /** Scalars that a step is fed beside the rate. @param step counted from 1 */
  corrections(step: number): Readonly<Record<Correction, number>>;
  /** Builds a step: the parameters after it, and the moments. */
  step(
    parameters: Tensor,
    gradient: Tensor,
    moments: Readonly<Record<Moment, Tensor>>,
    scalars: Readonly<Record<Correction | 'rate', Tensor>>,
  ): { readonly parameters: Tensor; readonly moments: Readonly<Record<Moment, Tensor>> };
  /** Which moment is the running mean of squared gradients, if one is: `clipGradientRatio` goes by it. */
  readonly squares?: { readonly moment: Moment; readonly correction: Correction };
}

/**
 * Gives an optimiser its types.
 * @example
 * const descent = defineOptimiser({
 *   name: 'descent',
 *   moments: [],
 *   corrections: () => ({}),
 *   step: (parameters, gradient, _, { rate }) => ({
 *     parameters: graph.subtract(parameters, graph.multiply(gradient, rate)),
 *     moments: {},
 *   }),
 * })
 */
export function defineOptimiser<Moment extends string, Correction extends string>(
  optimiser: Optimiser<Moment, Correction>,
): Optimiser<Moment, Correction> {
  return optimiser;
}

/** What the graph of a step is fed for an optimiser at step t, counted from 1. */
export function optimiserValues(optimiser: Optimiser, step: number, rate: number): Record<string, Float32Array> {
  const scalars = { rate, ...optimiser.corrections(step) };
  return Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, Float32Array.of(value)]));
}
