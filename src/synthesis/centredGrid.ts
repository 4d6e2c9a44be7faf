import { mapTriple } from '../triple.ts';
import type { Mat4, Size, Vec3 } from '../volume/grid.ts';
import { fromColumns } from '../volume/matrix.ts';

/** A grid with its middle at the world's origin; voxels in mm. */
export function centredAffine(size: Size, spacing: Vec3): Mat4 {
  const origin = mapTriple(size, (extent, axis) => (-spacing[axis] * (extent - 1)) / 2);
  return fromColumns([spacing[0], 0, 0], [0, spacing[1], 0], [0, 0, spacing[2]], origin);
}
