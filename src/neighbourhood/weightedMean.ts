import { add, divide, mean, multiply, sum, type Tensor } from '../graph/index.ts';

/**
 * Mean over voxels, weighted where weights are given: Σ w·x / Σ w.
 * @example const mse = weightedMean(graph.square(graph.subtract(a, b)))
 */
export function weightedMean(x: Tensor, weight?: Tensor): Tensor {
  return weight ? divide(sum(multiply(x, weight)), add(sum(weight), 1e-6)) : mean(x);
}
