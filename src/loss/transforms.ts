import { z } from 'zod';
import { requirement, UserError } from '../errors.ts';
import { add, divide, type Tensor } from '../graph/index.ts';
import { standardised } from './filters.ts';
import { weightedMean } from './similarity.ts';
import { gradientMagnitude, locallyStandardised, squaredGradient } from './structure.ts';

const settingsSchema = z.object({
  /** Edge of the cubic window of local standardisation in voxels, odd. */
  transformWindow: z
    .int()
    .min(3)
    .refine((width) => width % 2 === 1, 'must be odd')
    .default(9),
  /** SD of the Gaussian that smooths before a gradient is taken, in voxels; 0: no smoothing. */
  transformSigma: z.number().min(0).default(1),
});
type Settings = z.infer<typeof settingsSchema>;

interface Transform {
  /** One line for the help. */
  readonly summary: string;
  /** The settings that it has. */
  readonly settings: readonly (keyof Settings)[];
  /** [1, 1, D, H, W] → the same. Voxels of weight 0 change nothing at the others. */
  apply(x: Tensor, settings: Settings, weight?: Tensor): Tensor;
}

/**
 * What may be done to both volumes before any loss sees them, by name. Intensities of two modalities cannot be
 * compared, and what they are turned into here can, more or less: where something is brighter than around it, or where
 * something begins.
 */
const TRANSFORMS = {
  none: { summary: 'intensities as they are', settings: [], apply: (x) => x },
  local: {
    summary: 'mean 0 and SD 1 in a window around each voxel',
    settings: ['transformWindow'],
    apply: (x, { transformWindow }, weight) => locallyStandardised(x, transformWindow, weight),
  },
  gradient: {
    summary: 'gradient magnitude',
    settings: ['transformSigma'],
    apply: (x, { transformSigma }, weight) => standardised(gradientMagnitude(x, transformSigma, weight), weight),
  },
  edge: {
    summary: 'gradient magnitude g, bounded: g² / (g² + mean g²)',
    settings: ['transformSigma'],
    apply(x, { transformSigma }, weight) {
      const g = squaredGradient(x, transformSigma, weight);
      return standardised(divide(g, add(g, add(weightedMean(g, weight), 1e-6))), weight);
    },
  },
  'local-gradient': {
    summary: 'gradient magnitude, with mean 0 and SD 1 in a window around each voxel',
    settings: ['transformSigma', 'transformWindow'],
    apply(x, { transformSigma, transformWindow }, weight) {
      const gradient = standardised(gradientMagnitude(x, transformSigma, weight), weight);
      return locallyStandardised(gradient, transformWindow, weight);
    },
  },
} as const satisfies Readonly<Record<string, Transform>>;
export type TransformName = keyof typeof TRANSFORMS;

/** Names of all transforms, with a line on each. */
export const TRANSFORM_SUMMARIES: ReadonlyMap<string, string> = new Map(
  Object.entries(TRANSFORMS).map(([name, { summary }]) => [name, summary]),
);

/** A transform with its settings. */
export interface ChosenTransform {
  readonly name: TransformName;
  /** Those that it has. */
  readonly settings: Readonly<Partial<Settings>>;
}

/**
 * Takes `transform` and its settings out of the options of a loss.
 * @throws UserError for an unknown name, a wrong setting or one that the transform does not have
 */
export function takeTransform(options: Readonly<Record<string, unknown>>): {
  readonly transform: ChosenTransform;
  readonly rest: Readonly<Record<string, unknown>>;
} {
  const { transform: name = 'none', ...others } = options;
  if (!isTransform(name))
    throw new UserError(
      `There is no transform "${String(name)}"; choose one of ${[...TRANSFORM_SUMMARIES.keys()].join(', ')}.`,
    );
  const has: readonly string[] = TRANSFORMS[name].settings;
  const all = Object.keys(settingsSchema.shape);
  const given = Object.entries(others).filter(([key]) => all.includes(key));
  const useless = given.find(([key]) => !has.includes(key));
  if (useless)
    throw new UserError(
      `The transform "${name}" has no setting "${useless[0]}"${has.length > 0 ? `, only ${has.join(' and ')}` : '; choose another transform or leave it out'}.`,
    );
  const parsed = settingsSchema.safeParse(Object.fromEntries(given));
  if (!parsed.success) {
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    throw new UserError(`The setting "${issue.path.join('.')}" of the transform "${name}" ${requirement(issue)}.`);
  }
  return {
    transform: { name, settings: Object.fromEntries(Object.entries(parsed.data).filter(([key]) => has.includes(key))) },
    rest: Object.fromEntries(Object.entries(others).filter(([key]) => !all.includes(key))),
  };
}

/**
 * A volume as the loss is to see it.
 * @param x [1, 1, D, H, W]
 * @param weight [1, 1, D, H, W], how much each voxel counts; those with 0 change nothing at the others
 * @returns [1, 1, D, H, W]
 */
export function transformed(x: Tensor, { name, settings }: ChosenTransform, weight?: Tensor): Tensor {
  const { apply }: Transform = TRANSFORMS[name];
  return apply(x, settingsSchema.parse(settings), weight);
}

function isTransform(name: unknown): name is TransformName {
  return typeof name === 'string' && Object.hasOwn(TRANSFORMS, name);
}
