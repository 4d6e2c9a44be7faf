import { fileAndVolume } from '../dataset/paths.ts';
import { type LandmarkReader, pointsFrom } from '../dataset/points.ts';
import { UserError } from '../errors.ts';
import type { CaseReader } from '../training/readCases.ts';
import { decodeImage } from '../volume/decodeImage.ts';
import type { FileSource } from '../volume/fileSource.ts';
import { imageFormat } from '../volume/imageFormat.ts';
import { decodeNiftiVolumes } from '../volume/nifti.ts';
import { type StoredImage, toLabels, toVolume } from '../volume/storedImage.ts';

/** Reads cases from files that are not a disk's: the formats that need no further package. */
export function caseReader(files: FileSource): CaseReader {
  const image = async (path: string): Promise<StoredImage> => {
    const { file, volume } = fileAndVolume(path);
    const format = imageFormat(file);
    if (format === undefined || format === 'itk')
      throw new UserError(
        `${path} has a format that cannot be read here; give .nii, .nii.gz, .nrrd, .nhdr, .mha, .mhd, .mgh or .mgz.`,
      );
    return decodeImage(format, { bytes: await files.read(file), name: file, files, volume });
  };
  const landmarks: LandmarkReader = {
    text: async (path) => new TextDecoder().decode(await files.read(path)),
    structures: async (path) =>
      imageFormat(path) === 'nifti'
        ? (await decodeNiftiVolumes(await files.read(path), path)).map(toLabels)
        : [toLabels(await image(path))],
  };
  return {
    volume: async (path) => toVolume(await image(path)),
    labels: async (path) => toLabels(await image(path)),
    points: (file) => pointsFrom(file, landmarks),
  };
}
