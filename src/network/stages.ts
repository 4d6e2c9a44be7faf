import { given } from '../given.ts';
import { type FeatureOperators, interpolationMatrix, linearAlongAxis, type Tensor } from '../graph/index.ts';
import { tripleAt } from '../triple.ts';
import { composed, type Extent, resizeDisplacement } from './displacement.ts';
import type { Registered } from './family.ts';
import { buildNetwork, type ChosenNetwork } from './registry.ts';
import { warp } from './spatialTransformer.ts';

/** One network of a chain, with its weights as tensors of the graph. */
export interface Stage {
  readonly network: ChosenNetwork;
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** How many times coarser its grid is than the volumes', along each axis; 1 for the same grid. */
  readonly reduction: number;
  /** How often it registers, one pass behind the other; once when left out. */
  readonly passes?: number;
}

/**
 * Registers in stages. Each network gets the moving volume as the stages before have moved it, on its own grid, which
 * is coarser or equal. Its displacement v is composed with theirs: u ← v + u ∘ (id + v). A network of several passes
 * gets the volume again.
 *
 * @param moving,fixed [1, 1, D, H, W]; the extents must be multiples of every stage's reduction
 * @returns the last stage's flow, the whole displacement, and the moving volume sampled once through it
 */
export function registerInStages(
  moving: Tensor,
  fixed: Tensor,
  stages: readonly Stage[],
  features: FeatureOperators,
): Registered {
  const extent = tripleAt(fixed.shape, 2);
  let reached: Registered | undefined;
  const passes = stages.flatMap((stage) => Array.from({ length: stage.passes ?? 1 }, () => stage));
  for (const { network, parameters, reduction } of passes) {
    const start = reached?.moved ?? moving;
    const own = buildNetwork(network, reduce(start, reduction), reduce(fixed, reduction), parameters, features);
    const step = resizeDisplacement(own.displacement, extent);
    const displacement = reached ? composed(reached.displacement, step) : step;
    const inverse = inverseOf(reached, own, extent);
    reached = { flow: own.flow, displacement, moved: warp(moving, displacement), ...given({ inverse }) };
  }
  if (!reached) throw new Error('A registration needs at least one stage.');
  return reached;
}

/** What undoes a step and then what came before it, where both can be undone. */
function inverseOf(before: Registered | undefined, step: Registered, extent: Extent): Registered['inverse'] {
  const { inverse } = step;
  if (!inverse) return undefined;
  const back = (): Tensor => resizeDisplacement(inverse(), extent);
  if (!before) return back;
  const first = before.inverse;
  return first && (() => composed(back(), first()));
}

/** A volume on a grid that is coarser by a whole number, by linear interpolation at the new voxels' centres. */
function reduce(volume: Tensor, reduction: number): Tensor {
  if (reduction === 1) return volume;
  return [2, 3, 4].reduce((x, axis) => {
    const from = x.shape[axis]!;
    return linearAlongAxis(x, axis, interpolationMatrix(from / reduction, from));
  }, volume);
}
