import { type BootstrapMean, holm, pigeonholeBootstrap } from '../../metric/bootstrap.ts';
import { mean, wilcoxonSignedRank } from '../../metric/statistics.ts';
import type { StoppingRule } from '../../training/earlyStopping.ts';
import { averaged, type MethodResult, type PairScore, pairKey, ruleOf, scoreValue } from './results.ts';

/** How a method differs from another on the same pairs. */
export interface PairedDifference {
  /** Mean of method − reference. */
  readonly mean: number;
  /**
   * The same with its 95 % interval and p, by drawing cases with replacement; undefined if there are too few cases for
   * that.
   */
  readonly bootstrap: BootstrapMean | undefined;
  /** p of Wilcoxon's signed-rank test, which takes pairs for independent. */
  readonly wilcoxon: number;
  /** The pairs compared, which both have a value of, and all pairs. */
  readonly n: number;
  readonly of: number;
}

/** Cases that a bootstrap needs at least. */
const LEAST_CASES = 10;

/** The test pairs of a method, each the mean over seeds; all folds together. */
export function testScores({ trials }: MethodResult, rule: StoppingRule): readonly PairScore[] {
  return averaged(trials.map(({ test }) => test[rule] ?? []));
}

/** The validation pairs of a method, each the mean over seeds; all folds together. */
export function validationScores({ trials }: MethodResult, rule: StoppingRule): readonly PairScore[] {
  return averaged(trials.map(({ result }) => ruleOf(result, rule).validation));
}

/** One measure of pairs, after registration, before, or aligned; NaN where there is none. */
export function valuesOf(
  scores: readonly PairScore[],
  key: string,
  when: 'before' | 'aligned' | 'after' = 'after',
): number[] {
  return scores.map((score) => scoreValue(score, key, when));
}

/** Only pairs that both have are compared; undefined where there are none, or without labels. */
export function pairedDifference(
  scores: readonly PairScore[],
  others: readonly PairScore[],
  key: string,
  when: 'before' | 'after' = 'after',
): PairedDifference | undefined {
  const known = new Map(others.map((score) => [pairKey(score), score]));
  const both = scores.flatMap((score) => {
    const other = known.get(pairKey(score));
    const a = scoreValue(score, key);
    const b = other ? scoreValue(other, key, when) : Number.NaN;
    return Number.isFinite(a) && Number.isFinite(b) ? [{ fixed: score.fixed, moving: score.moving, a, b }] : [];
  });
  if (both.length < 2) return undefined;
  const differences = both.map(({ fixed, moving, a, b }) => ({ fixed, moving, value: a - b }));
  const cases = new Set(both.flatMap(({ fixed, moving }) => [fixed, moving])).size;
  return {
    mean: mean(differences.map(({ value }) => value)),
    bootstrap: cases < LEAST_CASES ? undefined : pigeonholeBootstrap(differences),
    wilcoxon: wilcoxonSignedRank(
      both.map(({ a }) => a),
      both.map(({ b }) => b),
    ).p,
    n: both.length,
    of: scores.length,
  };
}

/**
 * Wilcoxon's p of each method against the reference, corrected for the number of tests; undefined if there is no test.
 */
export function adjusted(differences: readonly (PairedDifference | undefined)[]): (number | undefined)[] {
  const there = differences.flatMap((difference) => (difference ? [difference.wilcoxon] : []));
  const larger = holm(there);
  return differences.map((difference) => (difference ? larger.shift() : undefined));
}

/**
 * Seconds of a training step in the quickest epoch of all trials: other work on the machine can only add to it. NaN
 * where none was measured.
 */
export function secondsPerStep({ trials }: MethodResult): number {
  const values = trials.flatMap(({ result }) => result.records.map((record) => record.secondsPerStep));
  const measured = values.filter(Number.isFinite);
  return measured.reduce((a, b) => Math.min(a, b), measured[0] ?? Number.NaN);
}
