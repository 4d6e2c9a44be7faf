import {
  add,
  broadcastTo,
  cast,
  clip,
  concat,
  divide,
  floor,
  gemm,
  linearAlongAxis,
  type Matrix,
  matrix,
  multiply,
  reshape,
  scatterAddLast,
  softplus,
  subtract,
  sum,
  type Tensor,
} from '../../graph/index.ts';

/** How a signed intensity becomes a mass, which must not be negative. Neither way looks at a single image. */
export const MASSES = ['softplus', 'affine'] as const;
type MassKind = (typeof MASSES)[number];

/** Options of {@link massOf}. */
interface MassOptions {
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
  return multiply(rows, divide(1, add(sum(rows, [1], true), 1e-12)));
}

/** Where the voxels of a box lie and which bins they fall into. */
interface BinnedBox {
  /** [n, 4]: position of each voxel along the three axes and a 1, scaled so that directions map to bins. */
  readonly positions: Float32Array;
  readonly voxels: number;
  readonly bins: number;
  /** Distance between neighbouring bins, in half edge lengths of the (longest side of the) box. */
  readonly width: number;
}

/**
 * The voxel centres of a box whose longest side spans [−1, 1]. Their projections go into bins that span the diagonal,
 * [−R, R], with R = √3 for a cube. C order.
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

/** Rows for {@link BinnedBox.positions}, ± a direction and what is added: [L, 4]. */
function toBins(directions: Tensor, sign: 1 | -1, offsets: Float32Array): Tensor {
  const shift = directions.graph.constant(offsets, [offsets.length, 1]);
  return concat([sign === 1 ? directions : multiply(directions, -1), shift], 1);
}

/**
 * Masses projected on directions and shared linearly between the two nearest bins.
 * @param measure [1, voxels], also a difference of measures
 * @param directions [L, 3]
 * @returns [L, bins]
 */
export function massInBins(measure: Tensor, directions: Tensor, { positions, voxels, bins }: BinnedBox): Tensor {
  const { graph } = directions;
  const count = directions.shape[0]!;
  const map = toBins(directions, 1, new Float32Array(count).fill((bins - 1) / 2));
  const place = gemm(map, graph.constant(positions, [voxels, 4]), { transposeB: true });
  const low = clip(floor(place), 0, bins - 2);
  const above = subtract(place, low);
  const upper = multiply(above, measure);
  const lower = subtract(measure, upper);
  const index = cast(low, 'int64');
  const cells = bins - 1;
  const shifted = (by: 0 | 1): Matrix => matrix(bins, cells, (bin, cell) => (bin === cell + by ? 1 : 0));
  return add(
    linearAlongAxis(scatterAddLast(index, lower, cells), 1, shifted(0)),
    linearAlongAxis(scatterAddLast(index, upper, cells), 1, shifted(1)),
  );
}

/**
 * Distribution functions of masses projected on directions; the last bin's value is the whole mass and left out.
 *
 * For many measures on the same voxels they are one matrix product (see {@link distributionKernels}). For a single
 * measure that matrix would be too large, so the masses are sorted into bins.
 *
 * @param measures [sets, voxels], also differences of measures
 * @param directions [L, 3]
 * @returns [sets, L · (bins − 1)]
 */
export function distributionsOf(measures: Tensor, directions: Tensor, box: BinnedBox): Tensor {
  const [sets] = measures.shape as readonly [number];
  if (sets > 1) return gemm(measures, distributionKernels(directions, box));
  const inBins = massInBins(measures, directions, box);
  const upTo = matrix(box.bins - 1, box.bins, (row, column) => (column <= row ? 1 : 0));
  const [count] = directions.shape as readonly [number];
  return reshape(linearAlongAxis(inBins, 1, upTo), [1, count * (box.bins - 1)]);
}

/**
 * The linear map from the masses of a box's voxels to the distribution functions of their projections. Mass at t is
 * divided linearly between the two nearest bins, so the distribution function at bin b counts it with clip(b + 1 − t,
 * 0, 1).
 *
 * @param directions [L, 3]
 * @returns [voxels, L · (bins − 1)]
 */
export function distributionKernels(directions: Tensor, { positions, voxels, bins }: BinnedBox): Tensor {
  const { graph } = directions;
  const count = directions.shape[0]!;
  const cuts = bins - 1;
  const repeated = reshape(broadcastTo(reshape(directions, [count, 1, 3]), [count, cuts, 3]), [count * cuts, 3]);
  const offsets = Float32Array.from({ length: count * cuts }, (_, row) => (row % cuts) + 1 - (bins - 1) / 2);
  const map = toBins(repeated, -1, offsets);
  return clip(gemm(graph.constant(positions, [voxels, 4]), map, { transposeB: true }), 0, 1);
}
