/**
 * What counts as an improvement of the validation loss. `absolute`: a fall of at least `minDelta`, as in the paper,
 * which makes the end of training depend on the scale of the loss. `relative`: a fall of at least `minDelta` times the
 * loss before training.
 */
export type StoppingRule = 'absolute' | 'relative';

/** Settings of early stopping. */
interface StoppingOptions {
  /** Epochs without improvement before training stops. */
  readonly patience: number;
  /** Smallest fall of the loss that counts. */
  readonly minDelta: number;
}

/** Where a rule is after some epochs. */
export interface Stopping {
  /** Epoch of the last improvement, from 1; 0 before the first. */
  readonly bestEpoch: number;
  /** Loss of that epoch; Infinity before the first. */
  readonly bestLoss: number;
  /** Epoch after which the rule stops training; undefined while it goes on. */
  readonly endEpoch: number | undefined;
}

/** Whether the last epoch is the best so far by a rule that has not ended training yet. */
export function improvesLast(losses: readonly number[], rule: StoppingRule, options: StoppingOptions): boolean {
  return losses.length > 1 && followStopping(losses, rule, options).bestEpoch === losses.length - 1;
}

/**
 * Follows a rule through validation losses.
 * @param losses the loss before training, then after each epoch; NaN for an unknown first one, which `relative` cannot
 * do without
 */
export function followStopping(
  losses: readonly number[],
  rule: StoppingRule,
  { patience, minDelta }: StoppingOptions,
): Stopping {
  const least = rule === 'relative' ? minDelta * Math.abs(losses[0] ?? Number.NaN) : minDelta;
  let bestEpoch = 0;
  let bestLoss = Number.POSITIVE_INFINITY;
  for (let epoch = 1; epoch < losses.length; epoch++) {
    const loss = losses[epoch]!;
    if (loss < bestLoss - least) {
      bestEpoch = epoch;
      bestLoss = loss;
    } else if (epoch - bestEpoch >= patience) return { bestEpoch, bestLoss, endEpoch: epoch };
  }
  return { bestEpoch, bestLoss, endEpoch: undefined };
}
