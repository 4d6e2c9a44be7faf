import type { PreparedVolume } from '../dataset/preprocessing.ts';
import { dice, labelsIn } from '../metric/dice.ts';
import { hd95 } from '../metric/hausdorff.ts';
import { foldedPercent, sdLogJacobian, voxelJacobianDeterminant } from '../metric/jacobian.ts';
import { spacingOf } from '../volume/matrix.ts';

/** How well one pair is aligned on the network's grid. */
export interface PairMetrics {
  /** Mean over the labels that both volumes have; NaN without labels. */
  readonly dice: number;
  /** mm, mean over the labels. */
  readonly hd95: number;
  readonly foldedPercent: number;
  readonly sdLogJacobian: number;
}

/** Labels moved by a displacement in voxels, [3, nz, ny, nx] (components z, y, x), nearest neighbour; 0 from outside. */
export function moveLabels(
  labels: Int32Array,
  displacement: Float32Array,
  [nx, ny, nz]: readonly [number, number, number],
): Int32Array {
  const count = nx * ny * nz;
  const out = new Int32Array(count);
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        const z = Math.round(k + (displacement[n] as number));
        const y = Math.round(j + (displacement[n + count] as number));
        const x = Math.round(i + (displacement[n + 2 * count] as number));
        if (x >= 0 && x < nx && y >= 0 && y < ny && z >= 0 && z < nz) out[n] = labels[x + nx * (y + ny * z)] as number;
      }
  return out;
}

/** Judges a displacement between two prepared volumes. */
export function pairMetrics(fixed: PreparedVolume, moving: PreparedVolume, displacement: Float32Array): PairMetrics {
  const determinants = voxelJacobianDeterminant(displacement, fixed.grid.size);
  const shape = { foldedPercent: foldedPercent(determinants), sdLogJacobian: sdLogJacobian(determinants) };
  if (!fixed.labels || !moving.labels) return { dice: Number.NaN, hd95: Number.NaN, ...shape };
  const moved = moveLabels(moving.labels, displacement, fixed.grid.size);
  const labels = labelsIn(fixed.labels, moving.labels);
  const average = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const spacing = spacingOf(fixed.grid.affine);
  const target = fixed.labels;
  return {
    dice: average(dice(target, moved, labels)),
    hd95: average(labels.map((label) => hd95(target, moved, fixed.grid.size, spacing, label))),
    ...shape,
  };
}
