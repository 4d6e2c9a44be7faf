import { z } from 'zod';
import { POINT_EMBEDDINGS } from './clouds.ts';
import { DRAWINGS } from './directions.ts';
import { MASSES } from './mass.ts';
import { BORDERS } from './patches.ts';

/** A number as it is written; nothing is none. */
function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** One whole number or several, also written as `7,13`. */
const wholeNumbers = (least: number, words: string) =>
  z.preprocess(
    (value) =>
      typeof value === 'string' ? value.split(',').map(numberOf) : typeof value === 'number' ? [value] : value,
    z.array(z.int(words).min(least, words)).min(1, words),
  );

const shape = {
  /** Edges of the patches in voxels, one scale each; 0 stands for the whole volume. */
  patch: wholeNumbers(0, 'must be edges in voxels, as 7 or 7,13, or 0 for the whole volume'),
  /** Voxels from patch to patch, one for each scale; half the edge, rounded down, when left out. */
  stride: wholeNumbers(1, 'must be whole numbers of voxels, as 3 or 3,6').optional(),
  /** Last voxels that the stride does not meet: left out (`inside`), or in one more patch (`cover`). */
  border: z.enum(BORDERS).default('inside'),
  /** What each patch is shifted and scaled to before it is embedded: nothing (`none`), or mean 0 and SD 1 (`patch`). */
  standardise: z.enum(['none', 'patch']).default('none'),
  /** What a volume or patch becomes: a measure (`mass`) or a set of points. */
  embedding: z.enum(['mass', ...POINT_EMBEDDINGS]),
  /** `mass`: how a signed intensity becomes a mass. */
  mass: z.enum(MASSES).default('softplus'),
  /** `mass` by softplus: how sharply it bends. */
  gain: z.number().positive().default(1),
  /** `mass` by affine map: the intensity without mass. */
  zero: z.number().default(-4),
  /** `mass`: bins along a direction. */
  bins: z.int().min(2).default(16),
  /** `lines`: weight of a scan line's two coordinates; 0 leaves them out. */
  coordinates: z.number().min(0).default(60),
  /** `lines`: the scan axis, 0 to 2 in array order, or another at each step. */
  axis: z
    .union([z.literal(0), z.literal(1), z.literal(2), z.literal('random')], 'must be 0, 1, 2 or random')
    .default('random'),
  /** `points`: weight of the intensity beside the position. */
  intensity: z.number().positive().default(1),
  /** `rows`: voxels of a row, the paper's embedding size. */
  row: z.int().min(1).default(50),
  /** Random directions to project on. */
  directions: z.int().min(1),
  /** How they are spread. */
  drawing: z.enum(DRAWINGS).default('uniform'),
  /** Drawn anew at each step, or once. */
  fresh: z.boolean().default(true),
  /** p of W_p: 1, or 2 for the squared distance W2². */
  order: z.union([z.literal(1), z.literal(2)], 'must be 1 or 2'),
};

/** Everything that decides a Wasserstein loss. */
const wassersteinSchema = z
  .strictObject(shape)
  .refine(({ embedding, patch }) => embedding !== 'mass' || !patch.includes(1), {
    path: ['patch'],
    message: 'must be larger than 1: the mass of a single voxel is always 1',
  })
  .refine(({ stride, patch }) => stride === undefined || stride.length === patch.length, {
    path: ['stride'],
    message: 'must have as many values as "patch"',
  });
export type WassersteinOptions = z.infer<typeof wassersteinSchema>;

/** The same options with other defaults: a preset. */
export function presetSchema(defaults: z.input<typeof wassersteinSchema>): z.ZodType<WassersteinOptions> {
  return z.preprocess((given) => ({ ...defaults, ...(given as object) }), wassersteinSchema);
}
