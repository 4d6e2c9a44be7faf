import {
  add,
  broadcastTo,
  clip,
  concat,
  divide,
  gemm,
  multiply,
  reshape,
  softplus,
  subtract,
  sum,
  type Tensor,
} from '../../graph/index.ts';

/** How a signed intensity becomes a mass, which must not be negative. Neither way looks at a single image. */
export const MASSES = ['softplus', 'affine'] as const;
export type MassKind = (typeof MASSES)[number];

/** Options of {@link massOf}. */
export interface MassOptions {
  readonly mass: MassKind;
  /** `softplus`: how sharply it bends; log(1 + e^(gain · x)) / gain. */
  readonly gain: number;
  /** `affine`: the intensity that has no mass; intensities below have none either. */
  readonly zero: number;
}

/** Mass of each voxel: log(1 + e^(g·x)) / g, or max(0, x − zero). */
export function massOf(intensity: Tensor, { mass, gain, zero }: MassOptions): Tensor {
  if (mass === 'affine') return clip(subtract(intensity, zero), 0, 1e30);
  return gain === 1 ? softplus(intensity) : multiply(softplus(multiply(intensity, gain)), 1 / gain);
}

/** Rows of non-negative numbers divided by their sums: measures of mass 1; a row of zeros stays one. */
export function normaliseRows(rows: Tensor): Tensor {
  return divide(rows, add(sum(rows, [1], true), 1e-12));
}

/** Where the voxels of a box lie and which bins they fall into. */
export interface BinnedBox {
  /** [n, 4]: position of each voxel along the three axes and a 1, scaled so that directions map to bins. */
  readonly positions: Float32Array;
  readonly voxels: number;
  readonly bins: number;
  /** Distance between neighbouring bins, in half edge lengths of the (longest side of the) box. */
  readonly width: number;
}

/**
 * The voxel centres of a box with its longest side spanning [−1, 1], for projections into bins that span its diagonal, [−R, R]: R = √3
 * for a cube. C order.
 */
export function binnedBox(extent: readonly number[], bins: number): BinnedBox {
  const half = Math.max((Math.max(...extent) - 1) / 2, 0.5);
  const radius = Math.hypot(...extent.map((n) => (n - 1) / 2)) / half || 1;
  const perUnit = (bins - 1) / (2 * radius);
  const [nz, ny, nx] = extent as readonly [number, number, number];
  const voxels = nz * ny * nx;
  const positions = new Float32Array(4 * voxels);
  let at = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        positions[at++] = ((k - (nz - 1) / 2) / half) * perUnit;
        positions[at++] = ((j - (ny - 1) / 2) / half) * perUnit;
        positions[at++] = ((i - (nx - 1) / 2) / half) * perUnit;
        positions[at++] = 1;
      }
  return { positions, voxels, bins, width: 1 / perUnit };
}

/**
 * The linear map from the masses of a box's voxels to the distribution functions of their projections: mass at t is shared linearly
 * between the two nearest bins, so bin b's distribution function counts it with clip(b + 1 − t, 0, 1).
 *
 * @param directions [L, 3]
 * @returns [voxels, L · (bins − 1)]; the last bin's value is always 1 and left out
 */
export function distributionKernels(directions: Tensor, { positions, voxels, bins }: BinnedBox): Tensor {
  const { graph } = directions;
  const count = directions.shape[0] as number;
  const cuts = bins - 1;
  const repeated = reshape(broadcastTo(reshape(directions, [count, 1, 3]), [count, cuts, 3]), [count * cuts, 3]);
  const offsets = Float32Array.from({ length: count * cuts }, (_, row) => (row % cuts) + 1 - (bins - 1) / 2);
  const map = concat([multiply(repeated, -1), graph.constant(offsets, [count * cuts, 1])], 1);
  return clip(gemm(graph.constant(positions, [voxels, 4]), map, { transposeB: true }), 0, 1);
}
