import { UserError } from '../errors.ts';
import type { Labels, Vec3 } from './grid.ts';
import { applyToPoint } from './matrix.ts';

/** One anatomical point, in one image or in two. World coordinates, RAS mm. */
export interface Landmark {
  /** As the file names it; its number, from 1, where it has none. */
  readonly name: string;
  /** The file has no name for it. */
  readonly unnamed?: true;
  readonly first: Vec3;
  /** The same point in the second image, where the file holds both. */
  readonly second?: Vec3;
}

/** A point of one image, RAS mm. */
interface NamedPoint {
  readonly name: string;
  readonly point: Vec3;
}

/** Points of one image, RAS mm; one without a name is called by its row, from 1. */
export type PointList = readonly (NamedPoint | Vec3)[];

/** Points of two images that correspond, in one order. */
export interface PointPairs {
  readonly names: readonly string[];
  readonly fixed: readonly Vec3[];
  readonly moving: readonly Vec3[];
}

/**
 * Pairs the points of two images: by name or, where neither has names, by row. A point without a name beside points
 * with names is called by its row, as labels are.
 * @param sources what messages call the two, for instance their files
 * @throws UserError when a point has no partner, a name recurs, only some points of an image have names, or points
 * without names differ
 *   in number
 */
export function correspondingPoints(
  fixedPoints: PointList,
  movingPoints: PointList,
  sources: readonly [fixed: string, moving: string] = ['the fixed image', 'the moving image'],
): PointPairs {
  const [fixed, moving] = [namedPoints(fixedPoints, sources[0]), namedPoints(movingPoints, sources[1])];
  const named = [hasNames(fixedPoints), hasNames(movingPoints)] as const;
  if (!named[0] && !named[1] && fixed.length !== moving.length)
    throw new UserError(
      `The landmarks of ${sources[0]} and ${sources[1]} have no names and differ in number (${fixed.length} and ${moving.length}); give the same number of both, row by row, or name them.`,
    );
  const byName = new Map(moving.map(({ name, point }) => [name, point]));
  const fixedNames = new Set(fixed.map(({ name }) => name));
  const alone = [
    ...only(
      fixed.filter(({ name }) => !byName.has(name)),
      sources[0],
      named[0],
    ),
    ...only(
      moving.filter(({ name }) => !fixedNames.has(name)),
      sources[1],
      named[1],
    ),
  ];
  if (alone.length > 0)
    throw new UserError(
      `Landmarks are paired by name, but ${alone.join(', and ')}; give each landmark in both images.`,
    );
  return {
    names: fixed.map(({ name }) => name),
    fixed: fixed.map(({ point }) => point),
    moving: fixed.map(({ name }) => byName.get(name) as Vec3),
  };
}

/** Names that a message lists at most. */
const LISTED = 10;

/** Names for a message: `"a", "b"` and how many more. */
export function listedNames(names: readonly string[]): string {
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return `${names
    .slice(0, LISTED)
    .map((name) => JSON.stringify(name))
    .join(', ')}${more}`;
}

function only(points: readonly NamedPoint[], source: string, hasNames: boolean): string[] {
  if (points.length === 0) return [];
  const names = listedNames(points.map(({ name }) => name));
  return [
    `${names} ${points.length === 1 ? 'is' : 'are'} only in ${source}${hasNames ? '' : ', whose names are its row numbers'}`,
  ];
}

/** The points of landmarks in their first or only image. */
export function firstPoints(landmarks: readonly Landmark[]): PointList {
  return landmarks.map(({ name, unnamed, first }) => (unnamed ? first : { name, point: first }));
}

function hasNames(points: PointList): boolean {
  return points.some((point) => 'point' in point);
}

/** @throws UserError when a name recurs, or only some points have one */
function namedPoints(points: PointList, source: string): readonly NamedPoint[] {
  const bare = points.findIndex((point) => !('point' in point));
  if (hasNames(points) && bare >= 0)
    throw new UserError(
      `Landmark ${bare + 1} of ${source} has no name, while others have one; name all of them, or none.`,
    );
  const seen = new Set<string>();
  return points.map((point, row) => {
    const named = 'point' in point ? point : { name: String(row + 1), point };
    if (seen.has(named.name))
      throw new UserError(
        `The landmark ${JSON.stringify(named.name)} occurs more than once in ${source}; give each a name of its own.`,
      );
    seen.add(named.name);
    return named;
  });
}

/**
 * The landmarks of a label volume in which each landmark is a small blob of its own label, as Learn2Reg has them: the
 * centroid of each.
 * @returns in ascending order of the labels, which are the names
 * @example const landmarks = landmarksOfLabels(fixedLabels)
 */
export function landmarksOfLabels({ data, size, affine }: Labels): Landmark[] {
  const [nx, ny] = size;
  const sums = new Map<number, [number, number, number, number]>();
  for (let n = 0; n < data.length; n++) {
    const label = data[n]!;
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
 * The landmarks of a segmentation that keeps each in a volume of its own, as DeepReg has them: the centroid of each
 * that is not empty.
 * @returns in their order; a name is the volume's number, from 1
 */
export function landmarksOfStructures(structures: readonly Labels[]): Landmark[] {
  return structures.flatMap((structure, index) => {
    const whole = { ...structure, data: structure.data.map((label) => Math.min(label, 1)) };
    return landmarksOfLabels(whole).map(({ first }) => ({ name: String(index + 1), first }));
  });
}
