import { z } from 'zod';

/** One line of `metrics.jsonl`. */
export interface EpochRecord {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly trainSimilarity: number;
  readonly validationLoss: number;
  readonly validationSimilarity: number;
  /** Mean over the validation pairs and their labels; null where there are none. */
  readonly dice: number | null;
  readonly hd95: number | null;
  /** Mean distance of the validation pairs' landmarks in mm, where they have any. */
  readonly tre?: number;
  readonly foldedPercent: number;
  /** Seconds since the run began, over all sessions. */
  readonly seconds: number;
  /** Mean wall-clock seconds of a training step. */
  readonly secondsPerStep: number;
  /** Whether this epoch has the best validation loss so far, by the first rule of early stopping. */
  readonly best: boolean;
}

/** What a stored {@link EpochRecord} must be. */
export const epochRecordSchema = z.looseObject({
  epoch: z.int().min(1),
  trainLoss: z.number(),
  trainSimilarity: z.number(),
  validationLoss: z.number(),
  validationSimilarity: z.number(),
  dice: z.number().nullable(),
  hd95: z.number().nullable(),
  tre: z.number().optional(),
  foldedPercent: z.number(),
  seconds: z.number().min(0),
  secondsPerStep: z.number().min(0),
  best: z.boolean(),
});
