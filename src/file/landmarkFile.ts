import { UserError } from '../errors.ts';
import { decodeLandmarkCsv, encodeLandmarkCsv } from '../volume/landmarkCsv.ts';
import { type Landmark, landmarksOfLabels } from '../volume/landmarks.ts';
import { decodeTag, encodeTag } from '../volume/tagFile.ts';
import { writeAtomically } from './atomic.ts';
import { readBytes } from './nodeFiles.ts';
import { readLabels } from './volumeFile.ts';

/**
 * Reads landmarks: an MNI tag file, a CSV, or a label volume in which each landmark is a label (its centroid). RAS mm.
 * @throws UserError when the file cannot be read or holds none
 */
export async function readLandmarks(path: string): Promise<readonly Landmark[]> {
  const lower = path.toLowerCase();
  if (lower.endsWith('.tag')) return decodeTag(await readText(path), path);
  if (lower.endsWith('.csv')) return decodeLandmarkCsv(await readText(path), path);
  const landmarks = landmarksOfLabels(await readLabels(path));
  if (landmarks.length === 0) throw new UserError(`${path} has no label above 0, so it holds no landmarks.`);
  return landmarks;
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

async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(path));
}
