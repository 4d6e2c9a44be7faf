import type { PointsFile } from '../dataset/dataset.ts';
import { UserError } from '../errors.ts';
import type { Labels } from '../volume/grid.ts';
import { decodeLandmarkCsv, encodeLandmarkCsv } from '../volume/landmarkCsv.ts';
import {
  correspondingPoints,
  type Landmark,
  landmarksOfLabels,
  landmarksOfStructures,
  type PointList,
  type PointPairs,
} from '../volume/landmarks.ts';
import { decodeTag, encodeTag } from '../volume/tagFile.ts';
import { writeAtomically } from './atomic.ts';
import { readText } from './nodeFiles.ts';
import { readStructures } from './volumeFile.ts';

/**
 * Reads landmarks: an MNI tag file, a CSV, or a label volume in which each landmark is a label or, in 4-D, a volume of
 * its own (its centroid). RAS mm.
 * @throws UserError when the file cannot be read or holds none
 */
export async function readLandmarks(path: string): Promise<readonly Landmark[]> {
  const lower = path.toLowerCase();
  if (lower.endsWith('.tag')) return decodeTag(await readText(path), path);
  if (lower.endsWith('.csv')) return decodeLandmarkCsv(await readText(path), path);
  const structures = await readStructures(path);
  const landmarks =
    structures.length === 1 ? landmarksOfLabels(structures[0] as Labels) : landmarksOfStructures(structures);
  if (landmarks.length === 0) throw new UserError(`${path} has no label above 0, so it holds no landmarks.`);
  return landmarks;
}

/**
 * The points of one image in a file of landmarks; none where all are skipped.
 * @throws UserError as {@link readLandmarks}, and when the file lacks the points of that side
 */
export async function readPoints({ path, side, skip = 0 }: PointsFile): Promise<PointList> {
  const landmarks = (await readLandmarks(path)).filter(({ name }) => skip === 0 || Number(name) > skip);
  // Where one file holds both images its rows are the pairs, whatever their names.
  const byRow = landmarks.some(({ second }) => second) && !areNamesUnique(landmarks);
  return landmarks.map(({ name, unnamed, first, second }) => {
    const point = side === 'first' ? first : second;
    if (!point) throw new UserError(`${path} holds the points of one image only; give a file with those of both.`);
    return unnamed || byRow ? point : { name, point };
  });
}

function areNamesUnique(landmarks: readonly Landmark[]): boolean {
  const names = landmarks.flatMap(({ name, unnamed }) => (unnamed ? [] : [name]));
  return new Set(names).size === landmarks.length;
}

/**
 * The landmarks of the two images of a pair, paired by name or row; undefined where neither has any.
 * @throws UserError as {@link readPoints} and {@link correspondingPoints}
 */
export async function readPointPairs(fixedFile: PointsFile, movingFile: PointsFile): Promise<PointPairs | undefined> {
  const [fixed, moving] = [await readPoints(fixedFile), await readPoints(movingFile)];
  if (fixed.length === 0 && moving.length === 0) return undefined;
  return correspondingPoints(fixed, moving, [fixedFile.path, movingFile.path]);
}

/**
 * Writes landmarks as an MNI tag file or as CSV, by the name's ending.
 * @throws UserError for another ending
 */
export async function writeLandmarks(path: string, landmarks: readonly Landmark[], comment: string): Promise<void> {
  assertLandmarkName(path);
  await writeAtomically(
    path,
    path.toLowerCase().endsWith('.tag') ? encodeTag(landmarks, comment) : encodeLandmarkCsv(landmarks),
  );
}

/** @throws UserError when a name ends in neither .tag nor .csv */
export function assertLandmarkName(path: string): void {
  if (!/\.(tag|csv)$/i.test(path))
    throw new UserError(`${path} is no name for landmarks; give one that ends in .tag or .csv.`);
}
