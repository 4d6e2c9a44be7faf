import { z } from 'zod';
import { preprocessingSchema } from '../dataset/preprocessing.ts';
import { requirement, UserError } from '../errors.ts';
import { affineSimilarity } from '../loss/affineLoss.ts';
import { type ChosenSimilarity, chooseSimilarity, similarities } from '../loss/registry.ts';
import { chooseRegulariser, DEFAULT_REGULARISER } from '../loss/regulariser/registry.ts';
import { type ChosenNetwork, chooseNetwork, DEFAULT_NETWORK, networks } from '../network/registry.ts';
import { voxelmorphSchema } from '../network/voxelmorph.ts';
import { SCHEDULES } from '../optimise/schedule.ts';

/** The value of `affineLoss` that stands for the loss of the training. */
export const OWN = 'own';

/** Everything that decides a training run, flat and named; stored as `config.json`. */
export const trainingSchema = z.strictObject({
  ...preprocessingSchema.shape,
  /** Similarity loss by name. */
  loss: z.string().default('mse'),
  /** The loss's own options. */
  lossOptions: z.record(z.string(), z.unknown()).default({}),
  /** What keeps the deformation plausible, by name, and its own options. */
  regulariser: z.string().default(DEFAULT_REGULARISER),
  regulariserOptions: z.record(z.string(), z.unknown()).default({}),
  /** Weight of the regulariser; the loss's own default when left out. */
  smoothness: z.number().min(0).optional(),
  /** Compare only where both volumes have data, not in the padding. */
  mask: z.boolean().default(false),
  /** How the two images of a pair of modalities start: where their world coordinates put them (also when left out), or centres together. */
  init: z.enum(['world', 'center']).optional(),
  /** Align the two images of each pair of modalities by one transform first; the network does the rest. */
  affine: z.enum(['none', 'rigid', 'affine']).default('none'),
  /** What finds that transform: a similarity by name, or `own` for the loss of the training with its options. */
  affineLoss: z.string().optional(),
  /** Family of the network by name; the settings of the U-Net follow, and those of another family are in `networkOptions`. */
  network: z.string().default(DEFAULT_NETWORK),
  networkOptions: z.record(z.string(), z.unknown()).default({}),
  ...voxelmorphSchema.shape,
  /**
   * Standard deviation of the flow's first weights. VoxelMorph's 1e-5 keeps a network that refines another at the identity for epochs:
   * the gradients that pass through it are too small for Adam's ε.
   */
  flowDeviation: z.number().positive().default(1e-5),
  /** Adam's rate. */
  rate: z.number().positive().default(1e-3),
  /** Longest gradient (Euclidean norm over all weights): a longer one is scaled down. Off when left out, as in the paper. */
  clipGradient: z.number().positive().optional(),
  /** Longest gradient as a multiple of the usual length, the root mean square over the steps so far: suits losses of every scale. */
  clipGradientRatio: z.number().min(1).optional(),
  /** How the rate goes on: constant (the paper's), or down to zero over all epochs along half a cosine. */
  schedule: z.enum(SCHEDULES).default('constant'),
  /** Epochs at most. */
  epochs: z.int().positive().default(100),
  /** Epochs without improvement of the validation loss before training stops. */
  patience: z.int().positive().default(5),
  /** Smallest fall of the validation loss that counts as an improvement. */
  minDelta: z.number().min(0).default(1e-4),
  /** What `minDelta` is measured in: see {@link StoppingRule}. Of several rules the first chooses the model, and training ends with the last. */
  stopping: z
    .array(z.enum(['absolute', 'relative']))
    .min(1)
    .default(['absolute']),
  /** Training pairs an epoch; one a training case when left out. */
  pairsPerEpoch: z.int().positive().optional(),
  /** Seed of split, pairs, weights and the loss's random directions. */
  seed: z.int().min(0).default(1),
  /** Seed of split and validation pairs where it is another: so that runs of several seeds are judged on the same pairs. */
  splitSeed: z.int().min(0).optional(),
});
export type TrainingConfig = z.infer<typeof trainingSchema>;

/** What both networks of the shipped model were trained with. */
const SHIPPED: Partial<TrainingConfig> = {
  loss: 'ncc',
  pad: 64,
  outside: 'edge',
  mask: true,
  integrationSteps: 5,
  schedule: 'cosine',
  minDelta: 0,
};

/**
 * Sets of settings by name. `paper`: as far as the paper states one, 48³ around the labels, Adam 10⁻³, 100 epochs, patience 5, delta
 * 10⁻⁴. `coarse` and `fine`: the two networks of the shipped model, the second with the first's run as `--first`.
 */
export const PRESETS: Readonly<Record<string, Partial<TrainingConfig>>> = {
  paper: {
    normalise: 'zscore',
    crop: 'label',
    pad: 64,
    size: 48,
    halfResolution: false,
    integrationSteps: 0,
    rate: 1e-3,
    epochs: 100,
    patience: 5,
    minDelta: 1e-4,
  },
  coarse: { ...SHIPPED, size: 32, lossOptions: { window: 7 }, smoothness: 5, epochs: 30, patience: 30 },
  fine: {
    ...SHIPPED,
    size: 64,
    halfResolution: true,
    smoothness: 4,
    rate: 6e-4,
    flowDeviation: 5e-3,
    clipGradient: 0.1,
    epochs: 12,
    patience: 12,
  },
};

/**
 * Checks a configuration and fills in defaults.
 * @throws UserError that names the wrong key, and for an unknown one the closest known
 */
export function trainingConfig(values: Readonly<Record<string, unknown>>): TrainingConfig {
  const parsed = trainingSchema.safeParse(values);
  if (!parsed.success) {
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    if (issue.code === 'unrecognized_keys') {
      const key = issue.keys[0] as string;
      const close = closest(key, Object.keys(trainingSchema.shape));
      throw new UserError(`There is no setting "${key}"${close ? `; did you mean "${close}"?` : '.'}`);
    }
    throw new UserError(`The setting "${issue.path.join('.')}" ${requirement(issue)}.`);
  }
  const config = parsed.data;
  networkOf(config);
  chooseSimilarity(config.loss, config.lossOptions);
  chooseRegulariser(config.regulariser, config.regulariserOptions);
  assertAffineLoss(config);
  return config;
}

/** The known word with the fewest edits from a mistyped one, when it is close enough to be meant. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((name) => ({ name, edits: editDistance(word.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best && best.edits <= Math.max(2, word.length / 3) ? best.name : undefined;
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] as number) + 1,
          (next[j - 1] as number) + 1,
          (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row[b.length] as number;
}

/**
 * What aligns a training's pairs before its network.
 * @throws UserError when there is no such loss
 */
export function affineLossOf({ affineLoss, loss, lossOptions }: TrainingConfig): ChosenSimilarity {
  return affineLoss === OWN ? affineSimilarity(loss, lossOptions) : affineSimilarity(affineLoss);
}

function assertAffineLoss({ affine, affineLoss }: TrainingConfig): void {
  if (affineLoss === undefined) return;
  if (affine === 'none')
    throw new UserError('The setting "affineLoss" is for an alignment; set "affine" to "rigid" or "affine" too.');
  if (affineLoss !== OWN && !similarities().has(affineLoss))
    throw new UserError(
      `The setting "affineLoss" is "${affineLoss}"; choose ${OWN}, for the loss that is trained, or one of ${[...similarities().keys()].join(', ')}.`,
    );
}

/**
 * The network of a configuration: its family's settings are those of its name, and `networkOptions`.
 * @throws UserError when there is no such family, or it cannot be built so
 */
export function networkOf(config: TrainingConfig): ChosenNetwork {
  const own = Object.keys(networks().get(config.network)?.schema.shape ?? {});
  const flat = Object.fromEntries(Object.entries(config).filter(([key]) => own.includes(key)));
  return chooseNetwork(config.network, { ...flat, ...config.networkOptions });
}
