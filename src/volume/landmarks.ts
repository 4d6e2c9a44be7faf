import { UserError } from '../errors.ts';
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

/** A point of one image, RAS mm. */
export interface NamedPoint {
  readonly name: string;
  readonly point: Vec3;
}

/** Points of one image, RAS mm; one without a name is called by its row, from 1. */
export type PointList = readonly (NamedPoint | Vec3)[];

/** Points of two images that correspond, row by row. */
export interface PointPairs {
  readonly names: readonly string[];
  readonly fixed: readonly Vec3[];
  readonly moving: readonly Vec3[];
}

/**
 * The points that two images have in common: those of one name or, where names recur, of one row.
 * @throws UserError when there are none, or names recur and the numbers of points differ
 */
export function correspondingPoints(fixedPoints: PointList, movingPoints: PointList): PointPairs {
  const [fixed, moving] = [namedPoints(fixedPoints), namedPoints(movingPoints)];
  const isUnique = (points: readonly NamedPoint[]): boolean =>
    new Set(points.map(({ name }) => name)).size === points.length;
  const byName = new Map(moving.map(({ name, point }) => [name, point]));
  const named = isUnique(fixed) && isUnique(moving);
  if (!named && fixed.length !== moving.length)
    throw new UserError(
      `There are ${fixed.length} fixed and ${moving.length} moving landmarks whose names recur; give landmarks that correspond row by row.`,
    );
  const pairs = fixed.flatMap(({ name, point }, row) => {
    const other = named ? byName.get(name) : moving[row]?.point;
    return other ? [{ name, point, other }] : [];
  });
  if (pairs.length === 0)
    throw new UserError('The fixed and the moving landmarks have no name in common; give points of the same names.');
  return {
    names: pairs.map(({ name }) => name),
    fixed: pairs.map(({ point }) => point),
    moving: pairs.map(({ other }) => other),
  };
}

function namedPoints(points: PointList): readonly NamedPoint[] {
  return points.map((point, row) => ('point' in point ? point : { name: String(row + 1), point }));
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

/**
 * The landmarks of a segmentation that keeps each in a volume of its own, as DeepReg has them: the centroid of each that is not empty.
 * @returns in their order; a name is the volume's number, from 1
 */
export function landmarksOfStructures(structures: readonly Labels[]): Landmark[] {
  return structures.flatMap((structure, index) => {
    const whole = { ...structure, data: structure.data.map((label) => Math.min(label, 1)) };
    return landmarksOfLabels(whole).map(({ first }) => ({ name: String(index + 1), first }));
  });
}
