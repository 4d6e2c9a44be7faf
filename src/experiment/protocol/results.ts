import { z } from 'zod';
import type { Pair } from '../../dataset/pairs.ts';
import { given } from '../../given.ts';
import { mean } from '../../metric/statistics.ts';
import type { StoppingRule } from '../../training/earlyStopping.ts';
import { type EpochRecord, epochRecordSchema } from '../../training/epochRecord.ts';
import type { StopReason } from '../../training/trainer.ts';
import type { Trial } from './trials.ts';

/** How well two segmentations agree: means over their labels; null without labels. */
export interface Scores {
  readonly dice: number | null;
  /** mm */
  readonly hd95: number | null;
  /** Mean distance of the landmarks in mm; left out without landmarks. */
  readonly tre?: number;
}

/** What a registration did to one pair, measured in the fixed image's own grid. */
export interface PairScore extends Pair {
  readonly before: Scores;
  /** After the alignment by one transform that came before the network, where there was one. */
  readonly aligned?: Scores;
  readonly after: Scores;
  /** % of the voxels; null where the fixed image has too few slices for a Jacobian, as is the next. */
  readonly foldedPercent: number | null;
  readonly sdLogJacobian: number | null;
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
const scoresSchema = z.looseObject({ dice: measure, hd95: measure, tre: measure.optional() });
const pairScoresSchema = z.array(
  z.looseObject({
    fixed: z.string(),
    moving: z.string(),
    before: scoresSchema,
    aligned: scoresSchema.optional(),
    after: scoresSchema,
    foldedPercent: measure.optional(),
    sdLogJacobian: measure.optional(),
  }),
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
 * What variants are chosen by: the landmarks' mean distance in mm over the validation pairs that have landmarks (`tre`, smaller is
 * better), or else mean Dice; null without either.
 */
export function validationScore(
  result: TrialResult,
  rule: StoppingRule,
): { readonly measure: 'dice' | 'tre'; readonly value: number } | null {
  const { validation } = ruleOf(result, rule);
  const distances = validation.flatMap(({ after }) => (after.tre === undefined ? [] : [after.tre]));
  if (distances.length > 0) return { measure: 'tre', value: mean(distances) };
  const values = validation.map(({ after }) => after.dice);
  const isWhole = values.length > 0 && values.every((value) => value !== null);
  return isWhole ? { measure: 'dice', value: mean(values as number[]) } : null;
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
    const over = (pick: (score: PairScore) => number | null): number | null => {
      const values = scores.map(pick);
      return values.every((value) => value !== null) ? mean(values as number[]) : null;
    };
    return {
      fixed,
      moving,
      before,
      ...given({ aligned }),
      after: {
        dice: over(({ after }) => after.dice),
        hd95: over(({ after }) => after.hd95),
        ...(before.tre === undefined ? {} : { tre: over(({ after }) => after.tre ?? null) ?? Number.NaN }),
      },
      foldedPercent: over((score) => score.foldedPercent),
      sdLogJacobian: over((score) => score.sdLogJacobian),
    };
  });
}
