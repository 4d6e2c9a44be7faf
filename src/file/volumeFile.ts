import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { fileAndVolume } from '../dataset/paths.ts';
import { UserError } from '../errors.ts';
import { decodeImage } from '../volume/decodeImage.ts';
import type { Labels, Volume, Warp } from '../volume/grid.ts';
import { imageFormat } from '../volume/imageFormat.ts';
import { decodeMetaImageWarp } from '../volume/metaImage.ts';
import { encodeMetaImage } from '../volume/metaImageEncode.ts';
import { decodeNiftiVolumes, decodeWarp, encodeNifti, niftiParts } from '../volume/nifti.ts';
import { decodeNrrdWarp } from '../volume/nrrd.ts';
import { encodeNrrd } from '../volume/nrrdEncode.ts';
import { type StoredImage, toLabels, toVolume } from '../volume/storedImage.ts';
import { writeAtomically } from './atomic.ts';
import { assertFile, nodeFiles, readBytes } from './nodeFiles.ts';

const niftiExtension = /\.nii(\.gz)?$/i;
const writtenExtension = /\.(nii|nii\.gz|nrrd|mha)$/i;

/**
 * Reads an image: .nii, .nii.gz, .nrrd, .nhdr, .mha, .mhd, .mgh, .mgz, or a format that ITK reads (.gipl, .mrc, .vtk,
 * .hdf5). `a.nii.gz,2` is the second volume of a 4-D file. A folder of DICOM slices is an image too; `dicom#3` is its
 * series 3.
 * @throws UserError when the file is missing, damaged, not one 3-D volume, or holds NaN.
 * @example const volume = await readVolume('fixed.nii.gz')
 */
export async function readVolume(path: string): Promise<Volume> {
  return toVolume(await readImage(path));
}

/**
 * Reads a segmentation, from the same formats.
 * @throws UserError as {@link readVolume}, and when the values are not labels.
 * @example const labels = await readLabels('labels.nii.gz')
 */
export async function readLabels(path: string): Promise<Labels> {
  return toLabels(await readImage(path));
}

/**
 * Reads a displacement field in mm: a 5-D NIfTI file (see decodeWarp), or .nrrd, .nhdr, .mha, .mhd with three values
 * per voxel. These are LPS, as ITK, ANTs and Slicer write them.
 * @throws UserError when the file is missing, damaged or no displacement field.
 * @example const moved = applyWarp(await readWarp('warp.nii.gz'), moving)
 */
export async function readWarp(path: string): Promise<Warp> {
  const format = imageFormat(path);
  if (format === 'nrrd') return decodeNrrdWarp(await readBytes(path), path, nodeFiles());
  if (format === 'metaImage') return decodeMetaImageWarp(await readBytes(path), path, nodeFiles());
  return decodeWarp(await readBytes(path), path);
}

/**
 * Writes a volume as .nii, .nii.gz, .nrrd or .mha, whichever the path says.
 * @example await writeVolume('moved.nii.gz', applyWarp(field, moving))
 */
export async function writeVolume(path: string, volume: Volume): Promise<void> {
  await write(path, volume);
}

/**
 * Writes a segmentation, in the same formats.
 * @example await writeLabels('moved-labels.nii.gz', applyWarp(field, movingLabels))
 */
export async function writeLabels(path: string, labels: Labels): Promise<void> {
  await write(path, labels);
}

/**
 * Writes a warp, in the same formats, the way ANTs and Slicer read it.
 * @example await writeWarp('warp.nii.gz', field)
 */
export async function writeWarp(path: string, warp: Warp): Promise<void> {
  await write(path, warp);
}

/**
 * Reads the structures of a segmentation that keeps each in a volume of its own, in their order; a 3-D file is one.
 * @throws UserError as {@link readLabels}
 */
export async function readStructures(path: string): Promise<Labels[]> {
  if (!niftiExtension.test(path)) return [await readLabels(path)];
  return (await decodeNiftiVolumes(await readBytes(path), path)).map(toLabels);
}

async function readImage(path: string): Promise<StoredImage> {
  const { file, volume } = fileAndVolume(path);
  const format = imageFormat(file);
  switch (format) {
    case 'itk': {
      const { decodeItk } = await import('./itkFile.ts');
      return decodeItk(await readBytes(file), file);
    }
    case undefined: {
      const { decodeDicomFolder, dicomFolder } = await import('./dicomFolder.ts');
      const slices = await dicomFolder(path);
      if (slices) return decodeDicomFolder(slices);
      await assertFile(path);
      throw new UserError(
        `${path} has a format that cannot be read; give .nii, .nii.gz, .nrrd, .mha, .mhd, .mgh, .mgz, or a folder of DICOM slices.`,
      );
    }
    default:
      return decodeImage(format, { bytes: await readBytes(file), name: file, files: nodeFiles(), volume });
  }
}

/**
 * Checks where a volume is to be written, before work begins whose result would be lost.
 * @throws UserError when the name is none of a format that is written
 */
export function assertWritable(path: string): void {
  if (!writtenExtension.test(path))
    throw new UserError(`${path} cannot be written; give a path that ends in .nii, .nii.gz, .nrrd or .mha.`);
}

async function write(path: string, image: Volume | Labels | Warp): Promise<void> {
  assertWritable(path);
  const isPacked = imageFormat(path) === 'nifti' && /\.gz$/i.test(path);
  if (!isPacked || !(image.data instanceof Float32Array)) return writeAtomically(path, await encoded(path, image));
  // Of floats deflate finds no repeats but runs; to look for others takes three times as long.
  const packed = createGzip({ strategy: constants.Z_RLE, chunkSize: 2 ** 20 });
  pipeline(Readable.from(niftiParts(image)), packed).catch(() => undefined);
  await writeAtomically(path, packed);
}

function encoded(path: string, image: Volume | Labels | Warp): Promise<Uint8Array> {
  switch (imageFormat(path)) {
    case 'nrrd':
      return encodeNrrd(image);
    case 'metaImage':
      return encodeMetaImage(image);
    default:
      return encodeNifti(image, { gzip: /\.gz$/i.test(path) });
  }
}
