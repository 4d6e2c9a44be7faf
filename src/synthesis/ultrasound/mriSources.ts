import { listFolder } from '../../dataset/files.ts';
import { baseName, isVolumeFile, join } from '../../dataset/paths.ts';
import { UserError } from '../../errors.ts';
import type { FileSource } from '../../volume/fileSource.ts';

/** Files of one MRI: a T1-weighted image, or another one that stands for it, and FLAIR on the side. */
export interface MriFiles {
  readonly t1: string;
  readonly flair?: string;
}

/**
 * Finds MRI volumes. A file is taken as it is. Of a folder, all volumes in it are taken; if it has none, all in `MRI/`
 * or in `<case>/MRI/` (RESECT's layout). A file whose name differs from another's only by FLAIR in place of T1 goes
 * with it.
 *
 * @throws UserError when a folder holds no volumes, or a file is none.
 */
export async function findMri(paths: readonly string[], files: FileSource): Promise<MriFiles[]> {
  const found = await Promise.all(paths.map((path) => volumesAt(path, files)));
  return paired([...new Set(found.flat())]);
}

async function volumesAt(path: string, files: FileSource): Promise<string[]> {
  if (isVolumeFile(path)) return [path];
  const names = await files.list(path);
  const here = volumesAmong(names, path);
  if (here.length > 0) return here;
  const below = [join(path, 'MRI'), ...names.map((name) => join(path, `${name}/MRI`))];
  const lists = await Promise.all(
    below.map(async (folder) => volumesAmong((await listFolder(folder, files)) ?? [], folder)),
  );
  const volumes = lists.flat();
  if (volumes.length === 0)
    throw new UserError(`${path} holds no volumes; give MRI files, a folder of them, or one in RESECT's layout.`);
  return volumes;
}

function volumesAmong(names: readonly string[], folder: string): string[] {
  return names.filter(isVolumeFile).map((name) => join(folder, name));
}

function paired(paths: readonly string[]): MriFiles[] {
  const key = (path: string): string =>
    `${path.slice(0, -baseName(path).length)}${baseName(path).replace(/flair|t1w?/i, '*')}`;
  const isFlair = (path: string): boolean => /flair/i.test(baseName(path));
  const partners = new Map(paths.filter(isFlair).map((path) => [key(path), path]));
  const others = paths.filter((path) => !isFlair(path));
  const used = new Set<string>();
  const pairs = others.map((t1): MriFiles => {
    const flair = partners.get(key(t1));
    if (flair === undefined) return { t1 };
    used.add(flair);
    return { t1, flair };
  });
  const alone = paths.filter((path) => isFlair(path) && !used.has(path));
  return [...pairs, ...alone.map((t1) => ({ t1 }))];
}
