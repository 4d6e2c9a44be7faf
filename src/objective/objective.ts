import { add, multiply, type Tensor } from '../graph/index.ts';
import { buildSimilarity, type ChosenSimilarity } from '../loss/registry.ts';
import { buildRegulariser, type ChosenRegulariser, chooseRegulariser } from '../loss/regulariser/registry.ts';
import type { Deformation } from '../loss/regulariser/regulariser.ts';
import type { RandomInputs } from '../loss/similarity.ts';
import { warpMask } from '../network/spatialTransformer.ts';

/** What is minimised: similarity + λ · regulariser. */
export interface ObjectiveTerms {
  readonly loss: ChosenSimilarity;
  /** How much the similarity counts; 1 when left out. At 0 it has no gradient, and is only reported. */
  readonly similarityWeight?: number;
  /** `diffusion` when left out. */
  readonly regulariser?: ChosenRegulariser;
  /** λ, the weight of the regulariser; a scalar where it depends on the pair. */
  readonly smoothness: number | Tensor;
}

/** A pair, as the similarity sees it. */
interface ComparedPair {
  /** [1, 1, D, H, W] each. */
  readonly moved: Tensor;
  readonly fixed: Tensor;
  /** How much each voxel counts, [1, 1, D, H, W]; all alike when left out. */
  readonly counts?: Tensor;
  /** Where the loss declares its random quantities. */
  readonly random: RandomInputs;
}

/** The value to minimise and its parts, scalars (shape []). */
export interface Objective {
  readonly loss: Tensor;
  readonly similarity: Tensor;
  /** The regulariser's value, without its weight. */
  readonly penalty: Tensor;
}

/**
 * How alike a pair is, a scalar; smaller is more alike. All there is to minimise where a few numbers are free, as in an
 * alignment.
 */
export function similarityOf({ moved, fixed, counts, random }: ComparedPair, loss: ChosenSimilarity): Tensor {
  return buildSimilarity(loss, moved, fixed, random, counts);
}

/**
 * Similarity and regulariser together.
 * @param back the pair the other way round, where it counts as much
 */
export function objective(
  pair: ComparedPair,
  deformation: Deformation,
  terms: ObjectiveTerms,
  back?: ComparedPair,
): Objective {
  const { similarityWeight = 1 } = terms;
  const own = similarityOf(pair, terms.loss);
  const similarity = back ? multiply(add(own, similarityOf(back, terms.loss)), 0.5) : own;
  const penalty = buildRegulariser(terms.regulariser ?? chooseRegulariser(), deformation);
  const smoothness = multiply(penalty, terms.smoothness);
  if (similarityWeight === 0) return { loss: smoothness, similarity, penalty };
  return {
    loss: add(similarityWeight === 1 ? similarity : multiply(similarity, similarityWeight), smoothness),
    similarity,
    penalty,
  };
}

/**
 * The regulariser's weight where none is given: the loss's own, for networks or for single pairs, times the
 * regulariser's.
 */
export function defaultWeight(
  { similarity: { smoothness, refinementSmoothness } }: ChosenSimilarity,
  what: 'network' | 'pair',
  { regulariser }: ChosenRegulariser = chooseRegulariser(),
): number {
  return regulariser.weight * (what === 'pair' ? (refinementSmoothness ?? smoothness) : smoothness);
}

/**
 * What counts in a similarity: 1 where both volumes have data under a displacement, else 0. It has no gradient.
 *
 * @param fixedMask [1, 1, D, H, W] of zeros and ones
 * @param movingMask the same on the moving volume's grid
 * @param displacement [1, 3, D, H, W] in voxels of the moving volume
 */
export function fieldOfView(fixedMask: Tensor, movingMask: Tensor, displacement: Tensor): Tensor {
  return multiply(fixedMask, warpMask(movingMask, displacement));
}

/** The same with masks on the fixed volume's grid that are fed: the inputs `fixed_mask` and `moving_mask`. */
export function fedFieldOfView({ graph, shape }: Tensor, displacement: Tensor): Tensor {
  return fieldOfView(graph.input('fixed_mask', shape), graph.input('moving_mask', shape), displacement);
}
