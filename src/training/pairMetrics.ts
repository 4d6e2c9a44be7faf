import { labelsIn } from '../metric/dice.ts';
import { voxelJacobianDeterminant } from '../metric/jacobian.ts';
import {
  type Among,
  measureLabels,
  measureLandmarks,
  measureShape,
  measures,
  type Values,
  valueIn,
} from '../metric/measures.ts';
import { targetRegistrationError } from '../metric/tre.ts';
import type { PreparedVolume } from '../preparation/preprocessing.ts';
import { warpFromDisplacement } from '../preparation/warpFromDisplacement.ts';
import { correspondingPoints } from '../volume/landmarks.ts';
import { applyToPoint, invert } from '../volume/matrix.ts';
import { clampTo, sampleVector } from '../volume/warp.ts';

/**
 * Labels moved by a displacement in voxels, [3, nz, ny, nx] (components z, y, x), nearest neighbour; 0 from outside.
 */
function moveLabels(
  labels: Int32Array,
  displacement: Float32Array,
  [nx, ny, nz]: readonly [number, number, number],
): Int32Array {
  const count = nx * ny * nz;
  const out = new Int32Array(count);
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        const z = Math.round(k + displacement[n]!);
        const y = Math.round(j + displacement[n + count]!);
        const x = Math.round(i + displacement[n + 2 * count]!);
        if (x >= 0 && x < nx && y >= 0 && y < ny && z >= 0 && z < nz) out[n] = labels[x + nx * (y + ny * z)]!;
      }
  return out;
}

/**
 * Distances in mm between the moving landmarks and the fixed ones moved by a displacement in voxels; empty if there are
 * no partners.
 */
function landmarkDistances(
  fixed: PreparedVolume,
  moving: PreparedVolume,
  displacement?: Float32Array,
): readonly number[] {
  if (!fixed.landmarks || !moving.landmarks) return [];
  const points = correspondingPoints(fixed.landmarks, moving.landmarks);
  const toVoxel = invert(fixed.grid.affine);
  const u: [number, number, number] = [0, 0, 0];
  const moved = points.fixed.map((point) => {
    const voxel = applyToPoint(toVoxel, point);
    if (displacement) sampleVector(displacement, fixed.grid.size, clampTo(fixed.grid.size, voxel), u);
    const [z, y, x] = u;
    return applyToPoint(moving.grid.affine, [voxel[0] + x, voxel[1] + y, voxel[2] + z]);
  });
  return targetRegistrationError(moved, points.moving).distances;
}

/**
 * How well a displacement aligns two prepared volumes on the network's grid, labels by their means. A key is left out
 * where the two lack what its measure needs.
 * @param found the displacement in voxels; left out, the two are measured as they start
 * @param among which measures are worked out
 */
export function pairMetrics(
  fixed: PreparedVolume,
  moving: PreparedVolume,
  found: Float32Array | undefined,
  among?: Among,
): Values {
  const { size, affine } = fixed.grid;
  const displacement = found ?? new Float32Array(3 * fixed.values.length);
  const now = landmarkDistances(fixed, moving, found);
  const start = found && landmarkDistances(fixed, moving);
  const movedLabels = fixed.labels && moving.labels && moveLabels(moving.labels, displacement, size);
  const shape = {
    determinants: voxelJacobianDeterminant(displacement, size),
    warp: () => warpFromDisplacement({ displacement, fixedGrid: fixed.grid, movingGrid: moving.grid }, fixed.grid),
  };
  return {
    ...(fixed.labels && moving.labels && movedLabels
      ? measureLabels(
          { fixed: fixed.labels, moved: movedLabels, size, space: affine },
          labelsIn(fixed.labels, moving.labels),
          among,
        ).means
      : {}),
    ...(now.length > 0 ? measureLandmarks({ now, ...(start ? { start } : {}) }, among) : {}),
    ...measureShape(shape, among),
  };
}

/** The mean of each measure over the pairs that have what it needs. */
export function meanMetrics(pairs: readonly Values[]): Values {
  return Object.fromEntries(
    [...measures().keys()].flatMap((key) => {
      const having = pairs.filter((pair) => pair[key] !== undefined);
      return having.length === 0
        ? []
        : [[key, having.reduce((sum, pair) => sum + valueIn(pair, key) / having.length, 0)]];
    }),
  );
}
