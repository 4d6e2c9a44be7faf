import { dice, labelsIn } from '../metric/dice.ts';
import { hd95 } from '../metric/hausdorff.ts';
import { foldedPercent, hasInterior, jacobianDeterminant, sdLogJacobian } from '../metric/jacobian.ts';
import { assertSameGrid } from '../volume/checks.ts';
import type { Labels, Warp } from '../volume/grid.ts';

/** Agreement of one label between two segmentations. */
export interface LabelAgreement {
  readonly label: number;
  readonly dice: number;
  /** mm; NaN when one segmentation lacks the label. */
  readonly hd95: number;
}

/** Agreement of two segmentations: for each label, and the means over labels that either has. */
export interface Agreement {
  readonly labels: readonly LabelAgreement[];
  readonly dice: number;
  readonly hd95: number;
}

/** How a warp deforms space. */
export interface Regularity {
  /** Interior voxels with a Jacobian determinant ≤ 0, in %; NaN where an axis has fewer than 3 voxels, so that there are none. */
  readonly foldedPercent: number;
  /** NaN likewise. */
  readonly sdLogJacobian: number;
}

/**
 * Compares two segmentations on one grid.
 * @throws UserError when their grids differ
 */
export function agreement(
  fixed: Labels,
  moved: Labels,
  names: readonly [string, string] = ['fixed labels', 'moved labels'],
): Agreement {
  assertSameGrid(fixed, moved, ...names);
  const present = labelsIn(fixed.data, moved.data);
  const overlaps = dice(fixed.data, moved.data, present);
  const labels = present.map((label, k) => ({
    label,
    dice: overlaps[k] as number,
    hd95: hd95(fixed.data, moved.data, fixed.size, fixed.affine, label),
  }));
  return { labels, dice: average(labels.map((l) => l.dice)), hd95: average(labels.map((l) => l.hd95)) };
}

/** Folds and roughness of a warp. */
export function regularity(warp: Warp): Regularity {
  if (!hasInterior(warp)) return { foldedPercent: Number.NaN, sdLogJacobian: Number.NaN };
  const determinants = jacobianDeterminant(warp).data;
  return { foldedPercent: foldedPercent(determinants), sdLogJacobian: sdLogJacobian(determinants) };
}

function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
