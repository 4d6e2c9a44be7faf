import type { Labels, Vec3 } from './grid.ts';
import { applyToPoint } from './matrix.ts';

/** One anatomical point, in one image or in two. World coordinates, RAS mm. */
export interface Landmark {
  /** As the file names it; its number, from 1, where it has none. */
  readonly name: string;
  readonly first: Vec3;
  /** The same point in the second image, where the file holds both. */
  readonly second?: Vec3;
}

/**
 * The landmarks of a label volume in which each landmark is a small blob of its own label, as Learn2Reg has them: the centroid of each.
 * @returns in ascending order of the labels, which are the names
 */
export function landmarksOfLabels({ data, size, affine }: Labels): Landmark[] {
  const [nx, ny] = size;
  const sums = new Map<number, [number, number, number, number]>();
  for (let n = 0; n < data.length; n++) {
    const label = data[n] as number;
    if (label === 0) continue;
    const sum = sums.get(label) ?? [0, 0, 0, 0];
    sum[0] += n % nx;
    sum[1] += Math.floor(n / nx) % ny;
    sum[2] += Math.floor(n / (nx * ny));
    sum[3]++;
    sums.set(label, sum);
  }
  return [...sums]
    .sort(([a], [b]) => a - b)
    .map(([label, [x, y, z, count]]) => ({
      name: String(label),
      first: applyToPoint(affine, [x / count, y / count, z / count]),
    }));
}
