import { add, clip, divide, multiply, sqrt, square, subtract, sum, type Tensor } from '../graph/index.ts';
import { ADAM } from './adam.ts';

/**
 * A gradient scaled down to a given length where it is longer (Pascanu et al., ICML 2013), so that one odd pair cannot
 * undo a network.
 */
export function clippedGradient(gradient: Tensor, length: number): Tensor {
  const norm = sqrt(add(sum(square(gradient)), 1e-12));
  return multiply(gradient, clip(divide(length, norm), 0, 1));
}

/**
 * A gradient that is scaled down if it is longer than `ratio` times the usual length. The usual length is the root mean
 * square over the gradients so far, from Adam's second moment before this step. Unlike a fixed length it suits losses
 * of every scale. The first gradient stays as it is.
 */
export function clippedToUsual(gradient: Tensor, ratio: number, second: Tensor, correction2: Tensor): Tensor {
  const { beta2 } = ADAM;
  const trace = 1e-12;
  const length2 = add(sum(square(gradient)), trace);
  // 1 − βᵗ⁻¹ but for the factor β, exactly 0 at the first step, where the quotient is the gradient's own length.
  const before = clip(subtract(correction2, 1 - beta2), 0, 1);
  const usual2 = divide(add(multiply(sum(second), beta2), multiply(length2, trace)), add(before, trace));
  return multiply(gradient, clip(sqrt(divide(multiply(usual2, ratio * ratio), length2)), 0, 1));
}
