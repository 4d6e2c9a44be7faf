import { UserError } from '../errors.ts';
import { readVolume, writeVolume } from '../file/volumeFile.ts';
import type { Volume } from '../volume/grid.ts';
import { outputFiles } from './registerFiles.ts';
import { type PairList, pairNames } from './registerPairs.ts';

/** @throws UserError where the pairs of a list have more than one fixed scan, so that their moved scans have no mean */
export function assertOneFixed({ pairs }: Pick<PairList, 'pairs'>): void {
  const fixed = new Set(pairs.map((pair) => pair.fixed.image));
  if (fixed.size > 1)
    throw new UserError(
      `--mean needs the same fixed scan in all pairs, and the list has ${fixed.size}; give the same one in every row.`,
    );
}

/**
 * Writes the mean of what the pairs of a list were moved to, voxel by voxel, in the fixed scan's grid.
 * @param folder where {@link registerPairs} wrote the moved scans
 */
export async function writeMeanOfMoved(path: string, list: PairList, folder: string): Promise<void> {
  let mean: Volume | undefined;
  const names = pairNames(list);
  for (const name of names) {
    const moved = await readVolume(outputFiles(folder, name, false).moved!);
    mean ??= { ...moved, data: new Float32Array(moved.data.length) };
    for (let n = 0; n < moved.data.length; n++) mean.data[n]! += moved.data[n]! / names.length;
  }
  await writeVolume(path, mean!);
}
