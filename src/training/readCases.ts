import type { Case, Dataset, ImageFiles, PointsFile } from '../dataset/dataset.ts';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import type { ReadCase, ReadImage } from '../preparation/preprocessing.ts';
import { assertSameGrid } from '../volume/checks.ts';
import type { Labels, Volume } from '../volume/grid.ts';
import { correspondingPoints, type PointList } from '../volume/landmarks.ts';
import type { TrainingConfig } from './configuration.ts';
import type { TrainingCase } from './trainModel.ts';

/** What reads the files of cases, from a disk or from a browser's storage. */
export interface CaseReader {
  volume(path: string): Promise<Volume>;
  labels(path: string): Promise<Labels>;
  points(file: PointsFile): Promise<PointList>;
}

/**
 * The images of a case, one or two, with labels and landmarks as far as there are any.
 * @throws UserError when a file is damaged, the labels lie on another grid, or the landmarks of two images do not
 * correspond
 */
export async function readCaseWith(reader: CaseReader, { moving, ...files }: Omit<Case, 'id'>): Promise<ReadCase> {
  const own = await readImage(reader, files);
  if (!moving) return own;
  const other = await readImage(reader, moving);
  if (files.landmarks && moving.landmarks)
    correspondingPoints(own.landmarks ?? [], other.landmarks ?? [], [files.landmarks.path, moving.landmarks.path]);
  return { ...own, moving: other };
}

async function readImage(reader: CaseReader, files: ImageFiles): Promise<ReadImage> {
  const image = await reader.volume(files.image);
  const labels = files.labels === undefined ? undefined : await reader.labels(files.labels);
  if (labels && files.labels) assertSameGrid(image, labels, files.image, files.labels);
  const landmarks = files.landmarks ? await reader.points(files.landmarks) : [];
  return { image, ...given({ labels }), ...(landmarks.length > 0 ? { landmarks } : {}) };
}

/**
 * The cases of these ids, in their order.
 * @throws UserError when one is not in the data set
 */
export function casesOf({ cases, root }: Dataset, ids: readonly string[]): Dataset['cases'] {
  const byId = new Map(cases.map((entry) => [entry.id, entry]));
  return ids.map((id) => {
    const entry = byId.get(id);
    if (!entry)
      throw new UserError(`The case "${id}" of this run is no longer in ${root}; restore it, or start another run.`);
    return entry;
  });
}

/**
 * Reads the cases of a training.
 * @param before called before each, with how many are read
 * @throws UserError as {@link readCaseWith} and {@link casesOf}, and when the crop needs labels that are not there
 */
export async function readCases(
  reader: CaseReader,
  dataset: Dataset,
  ids: readonly string[],
  { crop }: Pick<TrainingConfig, 'crop'>,
  before: (done: number) => void | Promise<void>,
): Promise<TrainingCase[]> {
  const read: TrainingCase[] = [];
  for (const entry of casesOf(dataset, ids)) {
    await before(read.length);
    const { id, labels, moving } = entry;
    if (crop === 'label' && !(labels && (!moving || moving.labels)))
      throw new UserError(`The crop "label" needs labels, but "${id}" has none; add them, or train with --crop none.`);
    read.push({ id, ...(await readCaseWith(reader, entry)) });
  }
  return read;
}
