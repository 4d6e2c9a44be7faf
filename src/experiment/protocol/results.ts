import { z } from 'zod';
import type { Pair } from '../../dataset/pairs.ts';
import { given } from '../../given.ts';
import { headlines, valueIn } from '../../metric/measures.ts';
import { mean } from '../../metric/statistics.ts';
import type { StoppingRule } from '../../training/earlyStopping.ts';
import { type EpochRecord, epochRecordSchema } from '../../training/epochRecord.ts';
import type { StopReason } from '../../training/trainer.ts';
import type { Trial } from './trials.ts';

/**
 * Measures of labels (their means) and landmarks by their keys, such as `dice`; null if one cannot be computed. A key
 * is left out where a pair lacks what its measure needs; earlier versions wrote null there too.
 */
type Scores = Readonly<Record<string, number | null>>;

/** What a registration did to one pair, measured in the fixed image's own grid. */
export interface PairScore extends Pair {
  readonly before: Scores;
  /** After the alignment by one transform that came before the network, where there was one. */
  readonly aligned?: Scores;
  readonly after: Scores;
  /**
   * Measures of the deformation by their keys, as `foldedPercent`; null where the fixed image has too few slices for
   * them.
   */
  readonly [measured: string]: string | Scores | number | null | undefined;
}

/** A measure of a pair after registration, before, or aligned; NaN where there is none. */
export function scoreValue(score: PairScore, key: string, when: 'before' | 'aligned' | 'after' = 'after'): number {
  const agreement = valueIn(score[when] ?? {}, key);
  return when === 'after' && Number.isNaN(agreement) ? valueIn(score, key) : agreement;
}

/** What a rule of early stopping made of a trial. */
export interface RuleResult {
  /** The epoch whose weights were kept. */
  readonly bestEpoch: number;
  /** The epoch after which the rule ended training, or the last one where it never did. */
  readonly endEpoch: number;
  /** Whether the rule ended it, not the number of epochs. */
  readonly stopped: boolean;
  /** Seconds of training to `endEpoch`. */
  readonly seconds: number;
  readonly validation: readonly PairScore[];
}

/** A finished training with the measures of its validation pairs. */
export interface TrialResult {
  readonly trial: Trial;
  readonly ended: StopReason;
  /** Validation loss before training and after each epoch. */
  readonly losses: readonly number[];
  readonly records: readonly EpochRecord[];
  readonly rules: Readonly<Partial<Record<StoppingRule, RuleResult>>>;
}

/** The test pairs of a trial, by rule. */
export type TestResult = Readonly<Partial<Record<StoppingRule, readonly PairScore[]>>>;

// A measure that is not a number is null in JSON.
const measure = z.number().nullable();
const scoresSchema = z.record(z.string(), measure);
const pairScoresSchema = z.array(
  z
    .object({
      fixed: z.string(),
      moving: z.string(),
      before: scoresSchema,
      aligned: scoresSchema.optional(),
      after: scoresSchema,
    })
    .catchall(measure),
);

/** What a stored {@link TestResult} must be. */
export const testResultSchema = z.record(z.string(), pairScoresSchema);

/** What a stored {@link TrialResult} must be. */
export const trialResultSchema = z.looseObject({
  trial: z.looseObject({
    id: z.string(),
    method: z.string(),
    variant: z.string(),
    seed: z.int(),
    settings: z.record(z.string(), z.unknown()),
  }),
  ended: z.enum(['epochs', 'patience']),
  losses: z.array(measure),
  records: z.array(epochRecordSchema),
  rules: z.record(
    z.string(),
    z.looseObject({
      bestEpoch: z.int().min(0),
      endEpoch: z.int().min(0),
      stopped: z.boolean(),
      seconds: measure,
      validation: pairScoresSchema,
    }),
  ),
});

/** A method with its chosen point of the grid and the trials that tell about it, one for each seed and fold. */
export interface MethodResult {
  readonly name: string;
  readonly variant: string;
  /** What the variant was chosen from: each with its {@link validationScore}. Empty where there was no choice. */
  readonly search: readonly { readonly variant: string; readonly score: number | null }[];
  readonly trials: readonly { readonly result: TrialResult; readonly test: TestResult }[];
  /** Trials that ended in a mistake, with what they said. */
  readonly failures: readonly string[];
}

/** The result of a rule; every trial has one for each rule that its experiment follows. */
export function ruleOf({ trial, rules }: TrialResult, rule: StoppingRule): RuleResult {
  const found = rules[rule];
  if (!found) throw new RangeError(`The trial ${trial.id} has no result for the rule "${rule}".`);
  return found;
}

/**
 * The value by which variants are chosen: the mean over the validation pairs of the measure that ranks registrations.
 * Landmarks (`tre`, in mm) come before labels (`dice`); null without either.
 */
export function validationScore(
  result: TrialResult,
  rule: StoppingRule,
): { readonly measure: string; readonly value: number } | null {
  const { validation } = ruleOf(result, rule);
  for (const { key } of headlines()) {
    const values = validation.map((score) => scoreValue(score, key)).filter(Number.isFinite);
    if (values.length > 0) return { measure: key, value: mean(values) };
  }
  return null;
}

/** A pair as a key: equal for equal pairs. */
export function pairKey({ fixed, moving }: Pair): string {
  return `${fixed}\n${moving}`;
}

/** The same pairs measured in several trials (seeds): each measure's mean. Pairs of different folds stay apart. */
export function averaged(lists: readonly (readonly PairScore[])[]): readonly PairScore[] {
  const byPair = new Map<string, PairScore[]>();
  for (const score of lists.flat()) {
    const key = pairKey(score);
    byPair.set(key, [...(byPair.get(key) ?? []), score]);
  }
  return [...byPair.values()].map((scores) => {
    const [{ fixed, moving, before, aligned }] = scores as [PairScore];
    const over = (keys: readonly string[], pick: (score: PairScore) => object): Record<string, number | null> =>
      Object.fromEntries(
        [...new Set(keys)].map((key) => {
          const values = scores.map((score) => valueIn(pick(score), key));
          return [key, values.every(Number.isFinite) ? mean(values) : null];
        }),
      );
    return {
      fixed,
      moving,
      before,
      ...given({ aligned }),
      after: over(
        scores.flatMap(({ after }) => Object.keys(after)),
        ({ after }) => after,
      ),
      ...over(scores.flatMap(deformationKeys), (score) => score),
    };
  });
}

/** Under which keys a pair holds measures of its deformation. */
function deformationKeys({
  fixed: _,
  moving: __,
  before: ___,
  aligned: ____,
  after: _____,
  ...deformation
}: PairScore): string[] {
  return Object.keys(deformation);
}
