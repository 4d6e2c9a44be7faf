import { UserError } from '../errors.ts';
import type { Labels } from '../volume/grid.ts';
import { decodeLandmarkCsv } from '../volume/landmarkCsv.ts';
import { type Landmark, landmarksOfLabels, landmarksOfStructures, type PointList } from '../volume/landmarks.ts';
import { decodeTag } from '../volume/tagFile.ts';
import type { PointsFile } from './dataset.ts';

/** What landmarks are read with. */
export interface LandmarkReader {
  text(path: string): Promise<string>;
  /** The structures of a segmentation that keeps each in a volume of its own; a 3-D file is one. */
  structures(path: string): Promise<readonly Labels[]>;
}

/**
 * Landmarks of an MNI tag file, a CSV, or a label volume. In a label volume each landmark is the centroid of a label;
 * in a 4-D one it has a volume of its own. RAS mm.
 * @throws UserError when the file cannot be read or holds none
 */
export async function landmarksFrom(path: string, reader: LandmarkReader): Promise<readonly Landmark[]> {
  const lower = path.toLowerCase();
  if (lower.endsWith('.tag')) return decodeTag(await reader.text(path), path);
  if (lower.endsWith('.csv')) return decodeLandmarkCsv(await reader.text(path), path);
  const structures = await reader.structures(path);
  const landmarks =
    structures.length === 1 ? landmarksOfLabels(structures[0] as Labels) : landmarksOfStructures(structures);
  if (landmarks.length === 0) throw new UserError(`${path} has no label above 0, so it holds no landmarks.`);
  return landmarks;
}

/**
 * The points of one image in a file of landmarks; none where all are skipped.
 * @throws UserError as {@link landmarksFrom}, and when the file lacks the points of that side
 */
export async function pointsFrom({ path, side, skip = 0 }: PointsFile, reader: LandmarkReader): Promise<PointList> {
  const landmarks = (await landmarksFrom(path, reader)).filter(({ name }) => skip === 0 || Number(name) > skip);
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
