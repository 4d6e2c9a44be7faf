import leven from 'leven';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { elementCount } from '../graph/index.ts';
import { ALIGNMENT_LOSS, alignmentSimilarity } from '../loss/alignmentLoss.ts';
import { type ChosenSimilarity, chooseSimilarity, similarities } from '../loss/registry.ts';
import { chooseRegulariser } from '../loss/regulariser/registry.ts';
import {
  type ChosenNetwork,
  chooseNetwork,
  DEFAULT_NETWORK,
  networkParameters,
  networks,
} from '../network/registry.ts';
import { voxelmorphSchema } from '../network/voxelmorph.ts';
import { objectiveSchema } from '../objective/settings.ts';
import { chooseOptimiser, DEFAULT_OPTIMISER, optimisers } from '../optimise/registry.ts';
import { SCHEDULES } from '../optimise/schedule.ts';
import { preprocessingSchema } from '../preparation/preprocessing.ts';
import { requirement } from '../schema.ts';
import { augmentationSchema } from './augmentation.ts';

/** The value of `affineLoss` that stands for the loss of the training. */
export const OWN = 'own';

/** Weights that a network may have at most, three hundred times those of the paper's. */
const MOST_WEIGHTS = 100_000_000;

/**
 * Everything that decides a training run, flat and named; stored as `config.json`. Texts are those of the command line.
 */
export const trainingSchema = z.strictObject({
  ...preprocessingSchema.shape,
  ...objectiveSchema.shape,
  similarityWeight: z
    .number()
    .min(0)
    .default(1)
    .describe('weight of the similarity; 0 to learn from labels or landmarks alone')
    .meta({ placeholder: 'weight' }),
  supervise: z
    .enum(['none', 'labels', 'landmarks'])
    .default('none')
    .describe(
      'what the network learns from beside the images: none, labels (soft Dice) or landmarks (squared distance)',
    ),
  superviseWeight: z
    .number()
    .positive()
    .default(1)
    .describe('weight of 1 − soft Dice, or of the mean squared distance of landmarks in mm²')
    .meta({ placeholder: 'weight' }),
  mask: z.boolean().default(false).describe('compare only where both volumes have data, not the padding'),
  init: z
    .enum(['world', 'center'])
    .optional()
    .describe('start of pairs of two modalities: world, by their world coordinates; center, with the centres together')
    .meta({ placeholder: 'how', otherwise: 'world' }),
  affine: z
    .enum(['none', 'rigid', 'affine'])
    .default('none')
    .describe('align pairs of two modalities before the network: none, rigid or affine')
    .meta({ placeholder: 'kind', option: 'align' }),
  affineLoss: z
    .string()
    .optional()
    .describe(`similarity for --align, or ${OWN} for the loss of the training`)
    .meta({ placeholder: 'name', otherwise: ALIGNMENT_LOSS, option: 'alignLoss' }),
  // The settings of the U-Net follow; those of another family are in `networkOptions`.
  network: z
    .string()
    .default(DEFAULT_NETWORK)
    .describe(`family of the network: ${[...networks().keys()].join(', ')}`)
    .meta({ placeholder: 'name' }),
  networkOptions: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('a setting of a network that is not the U-Net; may be repeated'),
  ...voxelmorphSchema.shape,
  // VoxelMorph's 1e-5 keeps a network that refines another at the identity for epochs: the gradients that pass through
  // it are too small for Adam's ε.
  flowDeviation: z.number().positive().default(1e-5).describe('standard deviation of the initial weights of the flow'),
  optimiser: z
    .string()
    .default(DEFAULT_OPTIMISER)
    .describe(`method that updates the weights: ${[...optimisers().keys()].join(', ')}`)
    .meta({ placeholder: 'name' }),
  rate: z.number().positive().default(1e-3).describe('learning rate'),
  clipGradient: z
    .number()
    .positive()
    .optional()
    .describe('largest norm of the gradient over all weights; a longer one is scaled down to it')
    .meta({ placeholder: 'norm', otherwise: 'off, as in the paper' }),
  clipGradientRatio: z
    .number()
    .min(1)
    .optional()
    .describe('largest norm of the gradient, as a multiple of its usual norm so far; suits losses of any scale')
    .meta({ placeholder: 'n', otherwise: 'off' }),
  schedule: z
    .enum(SCHEDULES)
    .default('constant')
    .describe('learning rate over the epochs: constant, as in the paper, or cosine, falling to zero'),
  warmup: z
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe('epochs in which the learning rate rises linearly to --rate')
    .meta({ placeholder: 'epochs' }),
  averaging: z
    .number()
    .min(0)
    .max(0.99999)
    .default(0)
    .describe(
      'decay per step of a running mean of the weights; the mean is validated and kept. 0: the weights themselves are',
    )
    .meta({ placeholder: 'share' }),
  batch: z
    .int()
    .positive()
    .max(1000)
    .default(1)
    .describe('pairs per step; their gradients are averaged')
    .meta({ placeholder: 'pairs' }),
  epochs: z.int().positive().max(100_000).default(100).describe('epochs at most'),
  patience: z
    .int()
    .positive()
    .default(5)
    .describe('training stops after so many epochs without a lower validation loss'),
  minDelta: z.number().min(0).default(1e-4).describe('smallest fall of the validation loss that counts as lower'),
  stopping: z
    .array(z.enum(['absolute', 'relative']))
    .min(1)
    .default(['absolute'])
    .describe(
      'unit of --min-delta: absolute, or relative to the loss before training. Of two rules, the first chooses the model and the last ends the training',
    )
    .meta({ placeholder: 'rules' }),
  pairsPerEpoch: z
    .int()
    .positive()
    .max(1_000_000)
    .optional()
    .describe('training pairs per epoch')
    .meta({ otherwise: 'one per training case' }),
  symmetric: z
    .boolean()
    .default(false)
    .describe('also compare the moving scan with the fixed one, moved by the inverse; needs --integration-steps'),
  fresh: z
    .boolean()
    .default(false)
    .describe("make a new case for each step, by the generator that made the data; the folder's cases only validate"),
  bothDirections: z
    .boolean()
    .default(false)
    .describe('train on each pair a second time, with fixed and moving exchanged'),
  ...augmentationSchema.shape,
  seed: z
    .int()
    .min(0)
    .default(1)
    .describe("seed of the split, the pairs, the initial weights and the loss's random directions"),
  splitSeed: z
    .int()
    .min(0)
    .optional()
    .describe('seed of the split and the validation pairs; the same one for several --seed gives the same pairs')
    .meta({ otherwise: '--seed' }),
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
 * Sets of settings by name. `paper`: as far as the paper states one, 48³ around the labels, Adam 10⁻³, 100 epochs,
 * patience 5, delta 10⁻⁴. `coarse` and `fine`: the two networks of the shipped model, the second with the first's run
 * as `--first`.
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
  const weights = networkParameters(networkOf(config)).reduce((sum, { shape }) => sum + elementCount(shape), 0);
  if (weights > MOST_WEIGHTS)
    throw new UserError(
      `The network would have ${weights.toLocaleString('en')} weights; at most ${MOST_WEIGHTS.toLocaleString('en')} are possible, so give it fewer channels.`,
    );
  chooseSimilarity(config.loss, config.lossOptions);
  chooseRegulariser(config.regulariser, config.regulariserOptions);
  if (!chooseOptimiser(config.optimiser).squares && config.clipGradientRatio !== undefined)
    throw new UserError(
      `The setting "clipGradientRatio" needs an optimiser that keeps squared gradients, and "${config.optimiser}" does not; use "clipGradient".`,
    );
  if (
    config.supervise === 'landmarks' &&
    (config.augmentAffine > 0 || config.augmentDeformation > 0 || config.augmentFlip)
  )
    throw new UserError(
      '--augment-affine, --augment-deformation and --augment-flip do not move landmarks; leave them out with --supervise landmarks.',
    );
  assertAlignmentLoss(config);
  if (config.similarityWeight === 0 && config.supervise === 'none')
    throw new UserError(
      'There is nothing to learn from; give a --similarity-weight above 0, or --supervise labels or landmarks.',
    );
  return config;
}

/** The known word with the fewest edits from a mistyped one, when it is close enough to be meant. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((name) => ({ name, edits: leven(word.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best && best.edits <= Math.max(2, word.length / 3) ? best.name : undefined;
}

/**
 * What aligns a training's pairs before its network.
 * @throws UserError when there is no such loss
 */
export function alignmentLossOf({ affineLoss, loss, lossOptions }: TrainingConfig): ChosenSimilarity {
  return affineLoss === OWN ? alignmentSimilarity(loss, lossOptions) : alignmentSimilarity(affineLoss);
}

function assertAlignmentLoss({ affine, affineLoss }: TrainingConfig): void {
  if (affineLoss === undefined) return;
  if (affine === 'none')
    throw new UserError('The setting "affineLoss" belongs to an alignment; set "affine" to "rigid" or "affine" too.');
  if (affineLoss !== OWN && !similarities().has(affineLoss))
    throw new UserError(
      `The setting "affineLoss" is "${affineLoss}"; choose ${OWN}, for the loss that is trained, or one of ${[...similarities().keys()].join(', ')}.`,
    );
}

/**
 * The network of a configuration: its family's settings are those of its name, and `networkOptions`.
 * @throws UserError when there is no such family, or it cannot be built with these settings
 */
export function networkOf(config: TrainingConfig): ChosenNetwork {
  const own = Object.keys(networks().get(config.network)?.schema.shape ?? {});
  const flat = Object.fromEntries(Object.entries(config).filter(([key]) => own.includes(key)));
  return chooseNetwork(config.network, { ...flat, ...config.networkOptions });
}
