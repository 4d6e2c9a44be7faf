import { add, clip, divide, multiply, sqrt, square, subtract, sum, type Tensor } from '../graph/index.ts';

/** State of Adam: the running means of the gradient and of its square, of the parameters' shape. */
export interface Moments {
  readonly first: Tensor;
  readonly second: Tensor;
}

/** Constants of Adam. */
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** What the caller feeds at step t (from 1): the rate and the two bias corrections 1 − βᵗ, as scalars. */
export interface AdamInputs {
  readonly rate: Tensor;
  readonly correction1: Tensor;
  readonly correction2: Tensor;
}

/** One step of Adam (Kingma & Ba, ICLR 2015), as torch.optim.Adam computes it. */
export function adam(
  parameters: Tensor,
  gradient: Tensor,
  moments: Moments,
  { rate, correction1, correction2 }: AdamInputs,
): { parameters: Tensor; moments: Moments } {
  const { beta1, beta2, epsilon } = ADAM;
  const first = add(multiply(moments.first, beta1), multiply(gradient, 1 - beta1));
  const second = add(multiply(moments.second, beta2), multiply(square(gradient), 1 - beta2));
  const denominator = add(sqrt(divide(second, correction2)), epsilon);
  const change = multiply(divide(first, denominator), divide(rate, correction1));
  return { parameters: subtract(parameters, change), moments: { first, second } };
}

/** A gradient scaled down to a given length where it is longer (Pascanu et al., ICML 2013), so that one odd pair cannot undo a network. */
export function clippedGradient(gradient: Tensor, length: number): Tensor {
  const norm = sqrt(add(sum(square(gradient)), 1e-12));
  return multiply(gradient, clip(divide(length, norm), 0, 1));
}

/**
 * A gradient scaled down where it is longer than `ratio` times the usual: the root mean square length of the gradients so far, which Adam's
 * second moment before this step holds. Unlike a fixed length it suits losses of every scale. The first gradient stays as it is.
 */
export function clippedToUsual(gradient: Tensor, ratio: number, { second }: Moments, correction2: Tensor): Tensor {
  const { beta2 } = ADAM;
  const trace = 1e-12;
  const length2 = add(sum(square(gradient)), trace);
  // 1 − βᵗ⁻¹ but for the factor β, exactly 0 at the first step, where the quotient is the gradient's own length.
  const before = clip(subtract(correction2, 1 - beta2), 0, 1);
  const usual2 = divide(add(multiply(sum(second), beta2), multiply(length2, trace)), add(before, trace));
  return multiply(gradient, clip(sqrt(divide(multiply(usual2, ratio * ratio), length2)), 0, 1));
}

/** Values of {@link AdamInputs} for step t, counted from 1. */
export function adamValues(
  step: number,
  rate: number,
): { rate: Float32Array; correction1: Float32Array; correction2: Float32Array } {
  return {
    rate: Float32Array.of(rate),
    correction1: Float32Array.of(1 - ADAM.beta1 ** step),
    correction2: Float32Array.of(1 - ADAM.beta2 ** step),
  };
}

/** A rate that falls to zero along half a cosine, after a share of all steps (Loshchilov & Hutter, ICLR 2017, without restarts). */
export function cosineRate(rate: number, share: number): number {
  return (rate * (1 + Math.cos(Math.PI * share))) / 2;
}
