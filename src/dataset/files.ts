import { UserError } from '../errors.ts';
import type { FileSource } from '../volume/fileSource.ts';
import { baseName, folderOf, join, sorted } from './paths.ts';

/** The names in a folder in ascending order, or undefined when there is no such folder. */
export async function listFolder(folder: string, files: FileSource): Promise<string[] | undefined> {
  try {
    const names = await files.list(folder);
    return names.length > 0 || (await files.exists(folder)) ? sorted(names) : undefined;
  } catch (error) {
    if (error instanceof UserError && !(await files.exists(folder))) return undefined;
    throw error;
  }
}

/** Those of the paths that are not there; each folder is listed once. */
export async function missingFiles(paths: readonly string[], files: FileSource): Promise<string[]> {
  const listings = new Map<string, Set<string>>();
  for (const folder of new Set(paths.map(folderOf))) {
    listings.set(folder, new Set(await listFolder(folder, files)));
  }
  return paths.filter((path) => !listings.get(folderOf(path))?.has(baseName(path)));
}

const LABEL_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  imagesTr: ['labelsTr', 'labels'],
  imagesTs: ['labelsTs', 'labelsTr'],
  images: ['labels', 'labelsTr'],
};

/**
 * The segmentation of an image: the one that the dataset lists, or else the file of the same name in the folder of
 * labels, `labelsTr/` or `labels/`. The name may lack a channel suffix `_0000`.
 *
 * @param imagePath Starting with the dataset's root, as in `Case.image`.
 * @returns The path, or undefined when there are no labels.
 */
export async function findLabels(
  dataset: { readonly root: string; readonly cases: readonly { image: string; labels?: string }[] },
  imagePath: string,
  files: FileSource,
): Promise<string | undefined> {
  const listed = dataset.cases.find(({ image }) => image === imagePath);
  if (listed) return listed.labels;
  const folder = folderOf(imagePath);
  const name = baseName(imagePath);
  const names = [name, name.replace(/_0000(?=\.nii)/, '')];
  for (const sibling of LABEL_FOLDERS[baseName(folder)] ?? ['labelsTr', 'labels']) {
    const labelFolder = LABEL_FOLDERS[baseName(folder)] ? join(folderOf(folder), sibling) : join(folder, sibling);
    for (const candidate of new Set(names)) {
      const path = join(labelFolder, candidate);
      if (await files.exists(path)) return path;
    }
  }
  return undefined;
}
