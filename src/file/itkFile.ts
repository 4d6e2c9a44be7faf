import { UserError } from '../errors.ts';
import { fromItkImage, type ItkImage } from '../volume/itkImage.ts';
import type { StoredImage } from '../volume/storedImage.ts';
import { assertFile } from './nodeFiles.ts';

/**
 * Reads NRRD, MetaImage, MGH and other formats with ITK, which is only loaded here (some 0.2 s).
 * @throws UserError when the file is missing, damaged, or not one 3-D volume.
 */
export async function readItkFile(path: string): Promise<StoredImage> {
  await assertFile(path);
  return fromItkImage(await read(path), path);
}

async function read(path: string): Promise<ItkImage> {
  const { readImageNode } = await import('@itk-wasm/image-io');
  try {
    return await readImageNode(path);
  } catch {
    throw new UserError(
      `${path} is damaged or not what its extension says; copy the file again or convert it to .nii.gz.`,
    );
  }
}
