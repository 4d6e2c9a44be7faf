import { UserError } from '../../errors.ts';
import { linearAlongAxis, matrix, reshape, type Tensor, transpose } from '../../graph/index.ts';

/** What happens at a border that the stride does not meet. */
export const BORDERS = ['inside', 'cover'] as const;
export type Border = (typeof BORDERS)[number];

/** A grid of cubic patches. */
export interface PatchGrid {
  /** Edge in voxels. */
  readonly size: number;
  /** Voxels from one patch to the next. */
  readonly stride: number;
  /** `inside`: only whole strides, the last voxels may lie in no patch. `cover`: one more patch that ends with the volume. */
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
 * One selection matrix an axis, so that the gradient (overlapping patches added up) is three matrix products as well.
 * @throws UserError when a patch is larger than the volume
 */
export function extractPatches(volume: Tensor, grid: PatchGrid): Tensor {
  const extent = volume.shape.slice(2);
  const { size } = grid;
  const starts = extent.map((length) => patchStarts(length, grid));
  if (starts.some((first) => first.length === 0))
    throw new UserError(
      `Patches of ${size}³ voxels do not fit into a volume of ${extent.join(' × ')}; choose a smaller patch for the loss.`,
    );
  const unfolded = starts.reduce((x, first, a) => {
    const length = extent[a] as number;
    const selection = matrix(first.length * size, length, (row, column) =>
      (first[Math.floor(row / size)] as number) + (row % size) === column ? 1 : 0,
    );
    return linearAlongAxis(x, a + 2, selection);
  }, volume);
  const [nz, ny, nx] = starts.map((first) => first.length) as [number, number, number];
  const apart = transpose(reshape(unfolded, [nz, size, ny, size, nx, size]), [0, 2, 4, 1, 3, 5]);
  return reshape(apart, [nz * ny * nx, size, size, size]);
}
