import type { Case, ImageFiles } from '../dataset/dataset.ts';
import { readPoints } from '../file/landmarkFile.ts';
import { readLabels, readVolume } from '../file/volumeFile.ts';
import { given } from '../given.ts';
import type { ReadCase, ReadImage } from '../preparation/preprocessing.ts';
import { assertSameGrid } from '../volume/checks.ts';
import { correspondingPoints } from '../volume/landmarks.ts';

/**
 * An image with its labels and landmarks, as far as there are any.
 * @throws UserError when a file is damaged, or the labels lie on another grid
 */
export async function readImage(files: ImageFiles): Promise<ReadImage> {
  const image = await readVolume(files.image);
  const labels = files.labels === undefined ? undefined : await readLabels(files.labels);
  if (labels && files.labels) assertSameGrid(image, labels, files.image, files.labels);
  const landmarks = files.landmarks ? await readPoints(files.landmarks) : [];
  return { image, ...given({ labels }), ...(landmarks.length > 0 ? { landmarks } : {}) };
}

/**
 * The images of a case, one or two.
 * @throws UserError as {@link readImage}, and when the landmarks of two images do not correspond
 */
export async function readCase({ moving, ...files }: Omit<Case, 'id'>): Promise<ReadCase> {
  const own = await readImage(files);
  if (!moving) return own;
  const other = await readImage(moving);
  if (files.landmarks && moving.landmarks)
    correspondingPoints(own.landmarks ?? [], other.landmarks ?? [], [files.landmarks.path, moving.landmarks.path]);
  return { ...own, moving: other };
}
