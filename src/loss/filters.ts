import { z } from 'zod';
import { UserError } from '../errors.ts';
import { add, divide, type Tensor } from '../graph/index.ts';
import { weightedMean } from '../neighbourhood/weightedMean.ts';
import { standardised } from '../neighbourhood/windows.ts';
import { checked } from '../schema.ts';
import { gradientMagnitude, locallyStandardised, squaredGradient } from './localContrast.ts';

const settingsSchema = z.object({
  /** Edge of the cubic window of local standardisation in voxels, odd. */
  filterWindow: z
    .int()
    .min(3)
    .refine((width) => width % 2 === 1, 'must be odd')
    .default(9),
  /** SD of the Gaussian that smooths before a gradient is taken, in voxels; 0: no smoothing. */
  filterSigma: z.number().min(0).default(1),
});
type Settings = z.infer<typeof settingsSchema>;

interface Filter {
  /** One line for the help. */
  readonly summary: string;
  /** The settings that it has. */
  readonly settings: readonly (keyof Settings)[];
  /** [1, 1, D, H, W] → the same. Voxels of weight 0 change nothing at the others. */
  apply(x: Tensor, settings: Settings, weight?: Tensor): Tensor;
}

/**
 * What may be done to both volumes before any loss sees them, by name. Intensities of two modalities cannot be
 * compared. Filters turn them into quantities that can be compared better: where something is brighter than its
 * surroundings, or where something begins.
 */
const FILTERS = {
  none: { summary: 'intensities as they are', settings: [], apply: (x) => x },
  local: {
    summary: 'mean 0 and SD 1 in a window around each voxel',
    settings: ['filterWindow'],
    apply: (x, { filterWindow }, weight) => locallyStandardised(x, filterWindow, weight),
  },
  gradient: {
    summary: 'gradient magnitude',
    settings: ['filterSigma'],
    apply: (x, { filterSigma }, weight) => standardised(gradientMagnitude(x, filterSigma, weight), weight),
  },
  edge: {
    summary: 'gradient magnitude g, bounded: g² / (g² + mean g²)',
    settings: ['filterSigma'],
    apply(x, { filterSigma }, weight) {
      const g = squaredGradient(x, filterSigma, weight);
      return standardised(divide(g, add(g, add(weightedMean(g, weight), 1e-6))), weight);
    },
  },
  'local-gradient': {
    summary: 'gradient magnitude, with mean 0 and SD 1 in a window around each voxel',
    settings: ['filterSigma', 'filterWindow'],
    apply(x, { filterSigma, filterWindow }, weight) {
      const gradient = standardised(gradientMagnitude(x, filterSigma, weight), weight);
      return locallyStandardised(gradient, filterWindow, weight);
    },
  },
} as const satisfies Readonly<Record<string, Filter>>;
export type FilterName = keyof typeof FILTERS;

/** Names of all filters, with a line on each. */
export const FILTER_SUMMARIES: ReadonlyMap<string, string> = new Map(
  Object.entries(FILTERS).map(([name, { summary }]) => [name, summary]),
);

/** A filter with its settings. */
export interface ChosenFilter {
  readonly name: FilterName;
  /** Those that it has. */
  readonly settings: Readonly<Partial<Settings>>;
}

/** Options that files of earlier experiments name otherwise. */
const FORMER: Readonly<Record<string, string>> = {
  transform: 'filter',
  transformWindow: 'filterWindow',
  transformSigma: 'filterSigma',
};

/**
 * Takes `filter` and its settings out of the options of a loss.
 * @throws UserError for an unknown name, a wrong setting or one that the filter does not have
 */
export function takeFilter(options: Readonly<Record<string, unknown>>): {
  readonly filter: ChosenFilter;
  readonly rest: Readonly<Record<string, unknown>>;
} {
  const named = Object.entries(options).map(([key, value]) => [FORMER[key] ?? key, value]);
  const { filter: name = 'none', ...others }: Record<string, unknown> = Object.fromEntries(named);
  if (!isFilter(name))
    throw new UserError(
      `There is no filter "${String(name)}"; choose one of ${[...FILTER_SUMMARIES.keys()].join(', ')}.`,
    );
  const has: readonly string[] = FILTERS[name].settings;
  const all = Object.keys(settingsSchema.shape);
  const given = Object.entries(others).filter(([key]) => all.includes(key));
  const useless = given.find(([key]) => !has.includes(key));
  if (useless)
    throw new UserError(
      `The filter "${name}" has no setting "${useless[0]}"${has.length > 0 ? `, only ${has.join(' and ')}` : '; choose another filter or leave it out'}.`,
    );
  const settings = checked(`filter "${name}"`, 'setting', settingsSchema, Object.fromEntries(given));
  return {
    filter: { name, settings: Object.fromEntries(Object.entries(settings).filter(([key]) => has.includes(key))) },
    rest: Object.fromEntries(Object.entries(others).filter(([key]) => !all.includes(key))),
  };
}

/**
 * A volume as the loss is to see it.
 * @param x [1, 1, D, H, W]
 * @param weight [1, 1, D, H, W], how much each voxel counts; those with 0 change nothing at the others
 * @returns [1, 1, D, H, W]
 */
export function filtered(x: Tensor, { name, settings }: ChosenFilter, weight?: Tensor): Tensor {
  const { apply }: Filter = FILTERS[name];
  return apply(x, settingsSchema.parse(settings), weight);
}

function isFilter(name: unknown): name is FilterName {
  return typeof name === 'string' && Object.hasOwn(FILTERS, name);
}
