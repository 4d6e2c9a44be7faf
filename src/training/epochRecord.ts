import { z } from 'zod';

/** One line of `metrics.jsonl`. */
export interface EpochRecord {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly trainSimilarity: number;
  readonly validationLoss: number;
  readonly validationSimilarity: number;
  /** Seconds since the run began, over all sessions. */
  readonly seconds: number;
  /** Mean wall-clock seconds of a training step. */
  readonly secondsPerStep: number;
  /** Whether this epoch has the best validation loss so far, by the first rule of early stopping. */
  readonly best: boolean;
  /**
   * Watched measures by their keys, as `dice`: means over the validation pairs that have what they need, null where one
   * cannot be computed. A key is left out if no pair has what its measure needs; earlier versions wrote null there too.
   */
  readonly [measured: string]: number | boolean | null;
}

/** What a stored {@link EpochRecord} must be. */
export const epochRecordSchema = z
  .object({
    epoch: z.int().min(1),
    trainLoss: z.number(),
    trainSimilarity: z.number(),
    validationLoss: z.number(),
    validationSimilarity: z.number(),
    seconds: z.number().min(0),
    secondsPerStep: z.number().min(0),
    best: z.boolean(),
  })
  .catchall(z.number().nullable());
