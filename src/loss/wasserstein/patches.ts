import { UserError } from '../../errors.ts';
import {
  linearAlongAxis,
  type Matrix,
  matrix,
  reshape,
  type Tensor,
  transpose,
  transposed,
} from '../../graph/index.ts';

/** What happens at a border that the stride does not meet. */
export const BORDERS = ['inside', 'cover'] as const;
type Border = (typeof BORDERS)[number];

/** A grid of cubic patches. */
export interface PatchGrid {
  /** Edge in voxels. */
  readonly size: number;
  /** Voxels from one patch to the next. */
  readonly stride: number;
  /**
   * `inside`: only whole strides, the last voxels may lie in no patch. `cover`: one more patch that ends with the
   * volume.
   */
  readonly border: Border;
}

/** First voxels of the patches along an axis. An axis shorter than a patch has none. */
export function patchStarts(extent: number, { size, stride, border }: PatchGrid): number[] {
  const last = extent - size;
  const starts = [];
  for (let start = 0; start <= last; start += stride) starts.push(start);
  if (border === 'cover' && last >= 0 && starts.at(-1) !== last) starts.push(last);
  return starts;
}

/**
 * All patches of a volume: [1, 1, D, H, W] → [P, size, size, size], P in C order.
 *
 * A selection matrix cuts the last axis. Its pieces are then gathered as rows. The gradient adds up overlapping
 * patches; it is three matrix products.
 * @throws UserError when a patch is larger than the volume
 */
export function extractPatches(volume: Tensor, grid: PatchGrid): Tensor {
  const extent = volume.shape.slice(2);
  const { size } = grid;
  const starts = extent.map((length) => patchStarts(length, grid)) as [number[], number[], number[]];
  if (starts.some((first) => first.length === 0))
    throw new UserError(
      `Patches of ${size}³ voxels do not fit into a volume of ${extent.join(' × ')}; choose a smaller patch for the loss.`,
    );
  const [nz, ny, nx] = starts.map((first) => first.length) as [number, number, number];
  const [, height] = extent as [number, number, number];
  const cells = Array.from({ length: size }, (_, k) => k);
  const rows = starts[0].flatMap((z) =>
    starts[1].flatMap((y) =>
      starts[2].flatMap((_, px) => cells.flatMap((dz) => cells.map((dy) => ((z + dz) * height + y + dy) * nx + px))),
    ),
  );
  const pieces = linearAlongAxis(volume, 4, selection(starts[2], size, extent[2]!));
  const gathered = volume.graph.apply(
    'Gather',
    [
      reshape(pieces, [pieces.count / size, size]),
      volume.graph.constant(Int32Array.from(rows), [rows.length], 'int32'),
    ],
    { shape: [rows.length, size] },
    {
      attributes: { axis: 0 },
      sources: [volume],
      gradient: ([arriving]) => {
        const apart = reshape(arriving as Tensor, [nz, ny, nx, size, size, size]);
        const unfolded = reshape(transpose(apart, [0, 3, 1, 4, 2, 5]), [1, 1, nz * size, ny * size, nx * size]);
        return [
          starts.reduce(
            (x, first, a) => linearAlongAxis(x, a + 2, transposed(selection(first, size, extent[a]!))),
            unfolded,
          ),
        ];
      },
    },
  );
  return reshape(gathered, [nz * ny * nx, size, size, size]);
}

/** From an axis to its pieces, one after the other. */
function selection(starts: readonly number[], size: number, extent: number): Matrix {
  return matrix(starts.length * size, extent, (row, column) =>
    starts[Math.floor(row / size)]! + (row % size) === column ? 1 : 0,
  );
}
