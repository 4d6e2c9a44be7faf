import { z } from 'zod';
import { MRI_SEQUENCES } from '../../dataset/resect.ts';
import { UserError } from '../../errors.ts';
import { requirement } from '../../schema.ts';
import { closest, PRESETS, trainingSchema } from '../../training/configuration.ts';
import { madeShape } from './madeData.ts';

/** Training settings that an experiment sets for all its losses; a list is a grid. */
const {
  loss: _,
  lossOptions: __,
  smoothness: ___,
  seed: ____,
  splitSeed: _____,
  stopping,
  ...shared
} = trainingSchema.shape;

/** Settings whose own value is a list: their grid is a list of lists. */
const LISTS = ['encoder', 'decoder', 'remaining'];

/** What a loss is called, and how it is written. */
const word = z.string().min(1).max(10_000);

/** Hours of an experiment; a timer holds at most 2³¹ ms. */
export const hours = z
  .number()
  .positive()
  .max(500)
  .optional()
  .describe('stop after so many hours; the same command continues')
  .meta({ placeholder: 'n' });

const ownSchema = z.strictObject({
  /** Name in tables and figures. */
  name: z.string().min(1).max(200),
  /**
   * Folder of the scans, relative to where the command runs, or the name of a generator, such as `phantom` or
   * `simulated-us`: data that are made beside the results. Its settings are keys of their own, see {@link madeShape}.
   */
  data: z.string().min(1).max(4096),
  /** File with the ids of the cases to use, one a line, relative to the experiment's file; all cases when left out. */
  cases: z.string().max(4096).optional(),
  /** With RESECT's layout: which MRI is moved onto the ultrasound. */
  mri: z.enum(MRI_SEQUENCES).default('T1'),
  /** What is compared, by its name in tables: see {@link parseMethod}. */
  losses: z
    .union([z.array(word), z.record(word, word)], {
      error: 'must be a list of losses, or an object with a name for each',
    })
    .refine((losses) => Object.keys(losses).length > 0, 'must not be empty')
    .refine((losses) => Object.keys(losses).length <= 100, 'must have at most 100 entries'),
  /** The loss that the others are tested against; the first when left out. */
  reference: z.string().max(1000).optional(),
  /** Show the paper's figures beside the results: of the hippocampus data or, with landmarks, of MRI and ultrasound. */
  paper: z.boolean().default(false),
  /** A preset of training settings, before all others. */
  preset: z.enum(Object.keys(PRESETS) as [string, ...string[]]).optional(),
  /** Seeds of pairs, weights and random directions: each loss is trained once a seed. */
  seeds: z
    .array(z.int().min(0))
    .min(1)
    .max(1000)
    .refine((seeds) => new Set(seeds).size === seeds.length, 'must differ from each other')
    .default([1]),
  /** Seed of the split, of the folds and of the validation and test pairs, the same for all trials. */
  splitSeed: z.int().min(0).default(1),
  /** Shares of training, validation and test cases in %. */
  split: z.tuple([z.number().min(0), z.number().min(0), z.number().min(0)]).default([65, 15, 20]),
  /**
   * Cross-validation in so many folds in place of one split: each fold is tested once, a fifth of the others validates.
   */
  folds: z.int().min(2).max(1000).optional(),
  /** Test pairs; one a test case when left out. */
  testPairs: z.int().positive().max(1_000_000).optional(),
  /** Rules of early stopping that are followed and reported; the first one gives the headline tables. */
  stopping,
  hours,
});

/** The experiment's own keys. */
export interface ExperimentConfig extends z.infer<typeof ownSchema> {
  /** The settings of made data, under the keys that the file has for them. */
  readonly made: Readonly<Record<string, unknown>>;
  /** The training settings with the values to try. */
  readonly settings: Readonly<Record<string, readonly unknown[]>>;
}

/**
 * Checks an experiment's file, which is flat: the keys of {@link ownSchema}, those of generators, and any training
 * setting, where a list is a grid.
 * @throws UserError that names what is wrong, and for an unknown key the closest known one
 */
export function experimentConfig(values: unknown, file = 'The experiment'): ExperimentConfig {
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw new UserError(`${file} is not a JSON object; "earthmorph experiment run --help" has an example.`);
  const entries = Object.entries(values);
  const own = Object.fromEntries(entries.filter(([key]) => !isShared(key)));
  const shape = madeShape();
  const parsed = ownSchema.extend(shape).safeParse(own);
  if (!parsed.success) {
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    if (issue.code === 'unrecognized_keys') {
      const key = issue.keys[0] as string;
      const close = closest(key, [ownSchema.shape, shape, shared].flatMap(Object.keys));
      throw new UserError(`${file} has the unknown key "${key}"${close ? `; did you mean "${close}"?` : '.'}`);
    }
    const where = issue.path.join('.');
    const top = String(issue.path[0] ?? '');
    if (top !== '' && !Object.hasOwn(own, top))
      throw new UserError(`${file} has no "${top}"; see docs/experiments.md.`);
    throw new UserError(`${file}: "${where}" ${requirement(issue)}.`);
  }
  const known = Object.entries(parsed.data);
  const data = Object.fromEntries(known.filter(([key]) => !(key in shape))) as z.infer<typeof ownSchema>;
  const made = Object.fromEntries(known.filter(([key]) => key in shape));
  if (Object.hasOwn(own, 'split') && data.folds !== undefined)
    throw new UserError(`${file} has both "split" and "folds"; leave one out.`);
  if (Math.abs(data.split.reduce((a, b) => a + b) - 100) > 1e-6)
    throw new UserError(`${file}: the shares of "split" do not add up to 100; give for instance [65, 15, 20].`);
  const settings = Object.fromEntries(
    entries.filter(([key]) => isShared(key)).map(([key, value]) => [key, gridOf(key, value, file)]),
  );
  return { ...data, made, settings };
}

/** Whether a key is a training setting; what every object has, such as `constructor`, is none. */
function isShared(key: string): boolean {
  return Object.hasOwn(shared, key);
}

function gridOf(key: string, value: unknown, file: string): readonly unknown[] {
  const isGrid = LISTS.includes(key) ? Array.isArray(value) && Array.isArray(value[0]) : Array.isArray(value);
  if (isGrid && (value as unknown[]).length === 0)
    throw new UserError(`${file}: the list of "${key}" is empty; give at least one value.`);
  return isGrid ? (value as unknown[]) : [value];
}
