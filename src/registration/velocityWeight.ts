import type { ChosenSimilarity } from '../loss/registry.ts';
import type { ChosenRegulariser } from '../loss/regulariser/registry.ts';

/** λ of the losses that suit a pair. */
const SMOOTHNESS: Readonly<Record<string, number>> = { ncc: 0.3, mind: 0.3, mse: 0.5 };
/** λ of other losses, as a share of what suits a displacement field. */
const VELOCITY_SHARE = 0.1;

/**
 * The regulariser's weight where a velocity is optimised and none is given.
 * @param suits whether the loss is one that was chosen for the pair
 */
export function velocityWeight(
  { similarity }: ChosenSimilarity,
  { regulariser }: ChosenRegulariser,
  suits: boolean,
): number {
  const share = VELOCITY_SHARE * (similarity.refinementSmoothness ?? similarity.smoothness);
  return regulariser.weight * ((suits ? SMOOTHNESS[similarity.name] : undefined) ?? share);
}
