import type { FileSource } from '../volume/fileSource.ts';
import type { Case } from './dataset.ts';
import { listFolder } from './files.ts';
import { defineLayout, LayoutError } from './layout.ts';
import { caseIds } from './manifest.ts';
import { isVolumeFile, join, volumeName } from './paths.ts';

const IMAGE_FOLDERS = ['imagesTr', 'images'];
const LABEL_FOLDERS = ['labelsTr', 'labels'];

async function volumesIn(folder: string, files: FileSource): Promise<string[]> {
  return ((await listFolder(folder, files)) ?? []).filter(isVolumeFile);
}

/**
 * A folder without a `dataset.json`. It has `imagesTr/` or `images/`, with labels of the same names in `labelsTr/` or
 * `labels/`; an image `a_0000.nii.gz` may have labels `a.nii.gz`. Or it has volumes side by side without labels. An
 * image without labels is a case without labels; labels without an image are refused unless files may be missing.
 */
export const plainFolder = defineLayout({
  name: 'folder',
  title: 'images/ with labels/',
  recognises: () => true,
  async list({ path: root, names, files }, { requireFiles = true }) {
    const imageFolder = IMAGE_FOLDERS.find((name) => names.includes(name));
    const labelFolder = LABEL_FOLDERS.find((name) => names.includes(name));
    if (imageFolder === undefined && labelFolder !== undefined && !names.some(isVolumeFile)) {
      throw new LayoutError(`'${root}' has ${labelFolder}/ but no images/ or imagesTr/: add the folder of the images.`);
    }
    const images =
      imageFolder === undefined ? names.filter(isVolumeFile) : await volumesIn(join(root, imageFolder), files);
    const labels = labelFolder === undefined ? [] : await volumesIn(join(root, labelFolder), files);
    const ids = caseIds(images, root);

    const unclaimed = new Map(labels.map((file) => [volumeName(file), file]));
    const cases = images.map((file, i): Case => {
      const found = { id: ids[i]!, image: join(root, imageFolder === undefined ? file : `${imageFolder}/${file}`) };
      const name = [volumeName(file), found.id, volumeName(file).replace(/_0000$/, '')].find((key) =>
        unclaimed.has(key),
      );
      if (name === undefined) return found;
      const labelFile = unclaimed.get(name)!;
      unclaimed.delete(name);
      return { ...found, labels: join(root, `${labelFolder}/${labelFile}`) };
    });
    const orphan = unclaimed.values().next().value;
    if (orphan !== undefined && requireFiles) {
      throw new LayoutError(
        `'${join(root, `${labelFolder}/${orphan}`)}' has no image of that name in '${join(root, imageFolder ?? '')}': add the image or remove the labels.`,
      );
    }
    return { cases: cases.sort((a, b) => (a.id < b.id ? -1 : 1)) };
  },
});
