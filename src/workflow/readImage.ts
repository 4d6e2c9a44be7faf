import type { Case } from '../dataset/dataset.ts';
import { readPoints } from '../file/landmarkFile.ts';
import { readLabels, readVolume } from '../file/volumeFile.ts';
import type { ReadCase } from '../preparation/preprocessing.ts';
import { type CaseReader, readCaseWith } from '../training/readCases.ts';

/** Reads the files of cases from this machine's disks. */
export const DISK: CaseReader = { volume: readVolume, labels: readLabels, points: readPoints };

/**
 * The images of a case, one or two, with labels and landmarks as far as there are any.
 * @throws UserError when a file is damaged, the labels lie on another grid, or the landmarks of two images do not
 * correspond
 */
export function readCase(files: Omit<Case, 'id'>): Promise<ReadCase> {
  return readCaseWith(DISK, files);
}
