import { alignmentSimilarity } from '../../loss/alignmentLoss.ts';
import type { ChosenSimilarity } from '../../loss/registry.ts';
import type { Volume } from '../../volume/grid.ts';
import { judgeModalities, type Modalities } from '../modality.ts';

/**
 * The loss by which a pair is aligned where none is named: NCC within one modality (MSE of even objects, which have an
 * outline alone), MIND across two, which needs no relation of intensities that holds everywhere. NMI does, and an
 * ultrasound has none: there it led a real pair far away. docs/alignment.md has what was measured.
 */
export function suitedLoss({ fixed, moving }: { readonly fixed: Volume; readonly moving: Volume }): {
  readonly loss: ChosenSimilarity;
  readonly judged: Modalities;
} {
  const judged = judgeModalities(fixed, moving);
  const name = !judged.same || judged.ultrasound ? 'mind' : judged.even ? 'mse' : 'ncc';
  return { loss: alignmentSimilarity(name), judged };
}
