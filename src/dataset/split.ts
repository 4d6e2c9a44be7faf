import { UserError } from '../errors.ts';
import { randomStream } from '../random.ts';
import { sorted } from './paths.ts';

/** Shares of the cases, between 0 and 1, summing to 1. */
export interface SplitFractions {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** Case ids by what they are used for: disjoint, together all cases, each list in ascending order. */
export interface Split {
  readonly train: string[];
  readonly validation: string[];
  readonly test: string[];
}

/** One turn of a cross-validation. */
interface Fold {
  readonly train: string[];
  readonly test: string[];
}

/** The paper's split: 65 % of the cases to train, 15 % to validate, 20 % to test. */
export const PAPER_SPLIT: SplitFractions = { train: 0.65, validation: 0.15, test: 0.2 };

function shuffledIds(ids: readonly string[], seed: number, purpose: string): string[] {
  const unique = sorted(new Set(ids));
  if (unique.length !== ids.length) throw new UserError('A case is listed twice: give every case once.');
  return randomStream(seed, purpose).shuffle(unique);
}

/**
 * Whole numbers with the given shares of n, by largest remainders. A part with a share above 0 gets at least one, taken
 * from the largest part.
 */
function apportion(n: number, shares: readonly number[]): number[] {
  const exact = shares.map((share) => share * n);
  // Rounding before flooring: 0.15 * 20 is 3 less one bit.
  const counts = exact.map((value) => Math.floor(value + 1e-9));
  const byRemainder = exact.map((value, i) => ({ i, rest: value - counts[i]! })).sort((a, b) => b.rest - a.rest);
  let left = n - counts.reduce((sum, count) => sum + count, 0);
  for (const { i } of byRemainder) if (left-- > 0) counts[i]! += 1;
  shares.forEach((share, i) => {
    if (share > 0 && counts[i] === 0) {
      counts[counts.indexOf(Math.max(...counts))]! -= 1;
      counts[i] = 1;
    }
  });
  return counts;
}

/**
 * Splits cases at random into training, validation and test. The same ids and seed give the same split in whatever
 * order the ids come. The default fractions are the paper's 65/15/20.
 *
 * @throws UserError when fractions do not sum to 1, an id repeats, or there are fewer cases than parts.
 * @example const { train, validation, test } = splitCases(ids, 1, { train: 0.65, validation: 0.15, test: 0.2 })
 */
export function splitCases(ids: readonly string[], seed: number, fractions: SplitFractions = PAPER_SPLIT): Split {
  const shares = [fractions.train, fractions.validation, fractions.test];
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (shares.some((share) => !(share >= 0)) || Math.abs(total - 1) > 1e-6) {
    throw new UserError(`The split's fractions ${shares.join(', ')} do not sum to 1: give three shares of the cases.`);
  }
  const parts = shares.filter((share) => share > 0).length;
  if (ids.length < parts) {
    throw new UserError(`A split into ${parts} parts needs at least ${parts} cases, not ${ids.length}: add cases.`);
  }
  const shuffled = shuffledIds(ids, seed, 'split');
  const [train, validation] = apportion(ids.length, shares) as [number, number, number];
  return {
    train: sorted(shuffled.slice(0, train)),
    validation: sorted(shuffled.slice(train, train + validation)),
    test: sorted(shuffled.slice(train + validation)),
  };
}

/**
 * k-fold cross-validation: every case is tested exactly once, and fold sizes differ by at most one.
 * Independent of the order of the ids.
 *
 * @throws UserError when k is not a whole number from 2 to the number of cases, or an id repeats.
 */
export function kFolds(ids: readonly string[], k: number, seed: number): Fold[] {
  if (!Number.isInteger(k) || k < 2 || k > ids.length) {
    throw new UserError(
      `${ids.length === 1 ? '1 case' : `${ids.length} cases`} cannot make ${k} folds: choose from 2 to the number of cases.`,
    );
  }
  const shuffled = shuffledIds(ids, seed, 'folds');
  return Array.from({ length: k }, (_, fold) => ({
    train: sorted(shuffled.filter((_, i) => i % k !== fold)),
    test: sorted(shuffled.filter((_, i) => i % k === fold)),
  }));
}
