import type { PointsFile } from '../dataset/dataset.ts';
import { type LandmarkReader, landmarksFrom, pointsFrom } from '../dataset/points.ts';
import { UserError } from '../errors.ts';
import { encodeLandmarkCsv } from '../volume/landmarkCsv.ts';
import { correspondingPoints, type Landmark, type PointList, type PointPairs } from '../volume/landmarks.ts';
import { encodeTag } from '../volume/tagFile.ts';
import { writeAtomically } from './atomic.ts';
import { readText } from './nodeFiles.ts';
import { readStructures } from './volumeFile.ts';

const READER: LandmarkReader = { text: readText, structures: readStructures };

/**
 * Reads landmarks: an MNI tag file, a CSV, or a label volume. In a label volume each landmark is the centroid of a
 * label; in a 4-D one it has a volume of its own. RAS mm.
 * @throws UserError when the file cannot be read or holds none
 */
export function readLandmarks(path: string): Promise<readonly Landmark[]> {
  return landmarksFrom(path, READER);
}

/**
 * The points of one image in a file of landmarks; none where all are skipped.
 * @throws UserError as {@link readLandmarks}, and when the file lacks the points of that side
 */
export function readPoints(file: PointsFile): Promise<PointList> {
  return pointsFrom(file, READER);
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
    throw new UserError(`${path} is not a name for landmarks; give one that ends in .tag or .csv.`);
}
