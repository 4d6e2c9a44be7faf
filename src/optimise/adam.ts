import { add, divide, multiply, sqrt, square, subtract, type Tensor } from '../graph/index.ts';
import { defineOptimiser, optimiserValues } from './optimiser.ts';

/** State of Adam: the running means of the gradient and of its square, of the parameters' shape. */
interface Moments {
  readonly first: Tensor;
  readonly second: Tensor;
}

/** Constants of Adam. */
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** What the caller feeds at step t (from 1): the rate and the two bias corrections 1 − βᵗ, as scalars. */
interface AdamInputs {
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

/** Adam among the optimisers. */
export const adamOptimiser = defineOptimiser({
  name: 'adam',
  moments: ['first', 'second'],
  corrections: (step) => ({ correction1: 1 - ADAM.beta1 ** step, correction2: 1 - ADAM.beta2 ** step }),
  step: adam,
  squares: { moment: 'second', correction: 'correction2' },
});

/** Values of {@link AdamInputs} for step t, counted from 1. */
export function adamValues(step: number, rate: number): Record<string, Float32Array> {
  return optimiserValues(adamOptimiser, step, rate);
}

/**
 * Adam on plain numbers, for problems of few: the same rule as {@link adam}, in double precision.
 * @returns what to add to the numbers, for each gradient in turn; it keeps the moments
 */
export function adamOnNumbers(count: number): (gradient: readonly number[], rate: number) => number[] {
  const { beta1, beta2, epsilon } = ADAM;
  const first = new Float64Array(count);
  const second = new Float64Array(count);
  let step = 0;
  return (gradient, rate) => {
    step++;
    return gradient.map((slope, k) => {
      first[k] = beta1 * first[k]! + (1 - beta1) * slope;
      second[k] = beta2 * second[k]! + (1 - beta2) * slope * slope;
      const mean = first[k] / (1 - beta1 ** step);
      return (-rate * mean) / (Math.sqrt(second[k] / (1 - beta2 ** step)) + epsilon);
    });
  };
}
