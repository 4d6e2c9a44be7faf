import type { HeaderFiles } from './dataFiles.ts';
import type { ImageFormat } from './imageFormat.ts';
import { decodeMetaImage } from './metaImage.ts';
import { decodeMgh } from './mgh.ts';
import { decodeNifti } from './nifti.ts';
import { decodeNrrd } from './nrrd.ts';
import type { StoredImage } from './storedImage.ts';

/** What a file is, and where files lie that its header may name. */
interface ImageSource {
  readonly bytes: Uint8Array;
  /** The file's path, which messages name. */
  readonly name: string;
  readonly files: HeaderFiles;
  /** The volume of a 4-D NIfTI file, from 1. */
  readonly volume?: number | undefined;
}

/**
 * Reads an image of a format that is read here, without ITK.
 * @throws UserError when the file is damaged, cut short, or not one 3-D volume
 */
export function decodeImage(format: Exclude<ImageFormat, 'itk'>, source: ImageSource): Promise<StoredImage> {
  const { bytes, name, files, volume } = source;
  switch (format) {
    case 'nifti':
      return decodeNifti(bytes, name, volume);
    case 'nrrd':
      return decodeNrrd(bytes, name, files);
    case 'metaImage':
      return decodeMetaImage(bytes, name, files);
    case 'mgh':
      return decodeMgh(bytes, name);
  }
}
