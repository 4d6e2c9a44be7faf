import { dice, labelsIn } from '../metric/dice.ts';
import { hd95 } from '../metric/hausdorff.ts';
import { foldedPercent, sdLogJacobian, voxelJacobianDeterminant } from '../metric/jacobian.ts';
import { targetRegistrationError } from '../metric/tre.ts';
import type { PreparedVolume } from '../preparation/preprocessing.ts';
import { correspondingPoints } from '../volume/landmarks.ts';
import { applyToPoint, invert } from '../volume/matrix.ts';
import { clampTo, sampleVector } from '../volume/warp.ts';

/** How well one pair is aligned on the network's grid. */
export interface PairMetrics {
  /** Mean over the labels that both volumes have; NaN without labels. */
  readonly dice: number;
  /** mm, mean over the labels. */
  readonly hd95: number;
  readonly foldedPercent: number;
  readonly sdLogJacobian: number;
  /** Mean distance of the landmarks in mm; NaN without landmarks. */
  readonly tre: number;
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

/** Mean distance in mm of the moving landmarks from where a displacement in voxels takes the fixed ones; NaN where there are none. */
export function landmarkDistance(fixed: PreparedVolume, moving: PreparedVolume, displacement: Float32Array): number {
  if (!fixed.landmarks || !moving.landmarks) return Number.NaN;
  const points = correspondingPoints(fixed.landmarks, moving.landmarks);
  const toVoxel = invert(fixed.grid.affine);
  const u: [number, number, number] = [0, 0, 0];
  const moved = points.fixed.map((point) => {
    const voxel = applyToPoint(toVoxel, point);
    sampleVector(displacement, fixed.grid.size, clampTo(fixed.grid.size, voxel), u);
    const [z, y, x] = u;
    return applyToPoint(moving.grid.affine, [voxel[0] + x, voxel[1] + y, voxel[2] + z]);
  });
  return targetRegistrationError(moved, points.moving).mean;
}

/** Judges a displacement between two prepared volumes. */
export function pairMetrics(fixed: PreparedVolume, moving: PreparedVolume, displacement: Float32Array): PairMetrics {
  const determinants = voxelJacobianDeterminant(displacement, fixed.grid.size);
  const shape = {
    foldedPercent: foldedPercent(determinants),
    sdLogJacobian: sdLogJacobian(determinants),
    tre: landmarkDistance(fixed, moving, displacement),
  };
  if (!fixed.labels || !moving.labels) return { dice: Number.NaN, hd95: Number.NaN, ...shape };
  const moved = moveLabels(moving.labels, displacement, fixed.grid.size);
  const labels = labelsIn(fixed.labels, moving.labels);
  const average = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const target = fixed.labels;
  return {
    dice: average(dice(target, moved, labels)),
    hd95: average(labels.map((label) => hd95(target, moved, fixed.grid.size, fixed.grid.affine, label))),
    ...shape,
  };
}
