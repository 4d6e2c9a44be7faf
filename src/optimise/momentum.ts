import { add, multiply, subtract } from '../graph/index.ts';
import { defineOptimiser } from './optimiser.ts';

/** Share of the velocity that a step keeps. */
const KEPT = 0.9;

/** Gradient descent with momentum (Polyak, 1964), as torch.optim.SGD computes it with momentum 0.9. */
export const momentum = defineOptimiser({
  name: 'momentum',
  moments: ['velocity'],
  corrections: () => ({}),
  step(parameters, gradient, { velocity }, { rate }) {
    const next = add(multiply(velocity, KEPT), gradient);
    return { parameters: subtract(parameters, multiply(next, rate)), moments: { velocity: next } };
  },
});
