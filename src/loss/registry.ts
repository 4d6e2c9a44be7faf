import { UserError } from '../errors.ts';
import { Graph, type Tensor } from '../graph/index.ts';
import { checked } from '../schema.ts';
import { type ChosenFilter, filtered, takeFilter } from './filters.ts';
import { lc2 } from './lc2.ts';
import { mind } from './mind.ts';
import { mse } from './mse.ts';
import { ncc } from './ncc.ts';
import { nmi } from './nmi.ts';
import { pswd } from './pswd.ts';
import { radon } from './radon.ts';
import { radonProfiles } from './radonProfiles.ts';
import { RandomInputs, type Similarity } from './similarity.ts';
import { swd } from './swd.ts';

const known = new Map<string, Similarity<never>>();

/**
 * Makes a similarity known by its name to training, registration and the command line.
 * @example registerSimilarity(similarity)
 */
export function registerSimilarity<Options>(similarity: Similarity<Options>): void {
  known.set(similarity.name, similarity as Similarity<never>);
}

registerSimilarity(mse);
registerSimilarity(ncc);
registerSimilarity(mind);
registerSimilarity(lc2);
registerSimilarity(nmi);
registerSimilarity(swd);
registerSimilarity(radon);
registerSimilarity(pswd);
registerSimilarity(radonProfiles);

/**
 * All similarities by name.
 * @example const names = [...similarities().keys()]
 */
export function similarities(): ReadonlyMap<string, Similarity<never>> {
  return known;
}

/** A similarity with its options settled. */
export interface ChosenSimilarity {
  readonly similarity: Similarity<never>;
  readonly options: never;
  /** What both volumes go through before the similarity sees them. */
  readonly filter: ChosenFilter;
}

/**
 * Finds a similarity and checks its options. Every similarity has the option `filter` (see `filters.ts`) with its
 * settings `filterWindow` and `filterSigma`, which its own options need not know.
 * @throws UserError for an unknown name or a wrong option
 * @example const pswd = chooseSimilarity('pswd', { patch: 7, standardise: 'patch', directions: 16 })
 */
export function chooseSimilarity(name: string, options: Readonly<Record<string, unknown>> = {}): ChosenSimilarity {
  const similarity = known.get(name);
  if (!similarity) throw new UserError(`There is no loss "${name}"; choose one of ${[...known.keys()].join(', ')}.`);
  const { filter, rest } = takeFilter(options);
  return { similarity, options: checked(`loss "${name}"`, 'option', similarity.options, rest, ['filter']), filter };
}

/**
 * Builds a loss: both volumes through the filter, then the similarity.
 * @param moved,fixed [1, 1, D, H, W]
 * @param weight [1, 1, D, H, W], how much each voxel counts; all voxels alike when left out
 * @returns a scalar (shape [])
 * @example const loss = buildSimilarity(chooseSimilarity('ncc'), a, b, new RandomInputs(a.graph))
 */
export function buildSimilarity(
  { similarity, options, filter }: ChosenSimilarity,
  moved: Tensor,
  fixed: Tensor,
  random: RandomInputs,
  weight?: Tensor,
): Tensor {
  const seen = (volume: Tensor): Tensor => filtered(volume, filter, weight);
  return similarity.build(seen(moved), seen(fixed), options, random, weight);
}

/**
 * Checks a loss on volumes of an extent, before work begins that it would end.
 * @param extent [D, H, W]
 * @throws UserError when it cannot compare such volumes, for instance because a patch is larger
 */
export function assertFits(chosen: ChosenSimilarity, extent: readonly [number, number, number]): void {
  const graph = new Graph('check');
  const shape = [1, 1, ...extent];
  buildSimilarity(chosen, graph.input('moved', shape), graph.input('fixed', shape), new RandomInputs(graph));
}
