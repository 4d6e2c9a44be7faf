import type { FileSource } from '../volume/fileSource.ts';
import type { Case, ImageFiles } from './dataset.ts';
import { listFolder } from './files.ts';
import { defineLayout, LayoutError } from './layout.ts';
import { caseIds } from './manifest.ts';
import { isVolumeFile, join } from './paths.ts';

const SETS = ['train', 'valid', 'test'];
const SIDES = ['fixed', 'moving'] as const;

/**
 * Paired images in DeepReg's layout (Fu et al., Journal of Open Source Software 5(55), 2020): `fixed_images/`,
 * `moving_images/`, `fixed_labels/` and `moving_labels/`. Labels are 4-D files with one structure per channel: first
 * the organ, then landmarks. The cases of `train/`, `valid/` and `test/` are taken together.
 */
export const deepReg = defineLayout({
  name: 'deepreg',
  title: 'DeepReg',
  async recognises({ path, names, files }) {
    const holds = (found: readonly string[]): boolean => SIDES.every((side) => found.includes(`${side}_images`));
    if (holds(names)) return true;
    for (const set of SETS)
      if (names.includes(set) && holds((await listFolder(join(path, set), files)) ?? [])) return true;
    return false;
  },
  async list({ path, names, files }) {
    const sets = names.includes('fixed_images')
      ? [path]
      : SETS.filter((name) => names.includes(name)).map((name) => join(path, name));
    const cases = (await Promise.all(sets.map((set) => readSet(set, files)))).flat();
    caseIds(
      cases.map(({ image }) => image),
      path,
    );
    return { cases: cases.sort((a, b) => (a.id < b.id ? -1 : 1)), labelNames: { 1: 'organ' } };
  },
});

async function readSet(set: string, files: FileSource): Promise<Case[]> {
  const volumes = async (folder: string): Promise<string[]> =>
    ((await listFolder(join(set, folder), files)) ?? []).filter(isVolumeFile);
  const [fixed, moving] = [await volumes('fixed_images'), await volumes('moving_images')];
  const alone = [...fixed, ...moving].find((file) => !(fixed.includes(file) && moving.includes(file)));
  if (alone !== undefined)
    throw new LayoutError(
      `'${join(set, alone)}' is in only one of fixed_images/ and moving_images/: add its counterpart or remove it.`,
    );
  const labels = { fixed: await volumes('fixed_labels'), moving: await volumes('moving_labels') };
  const ids = caseIds(fixed, set);
  return fixed.map((file, index): Case => {
    const side = (name: 'fixed' | 'moving'): ImageFiles => {
      const image = join(set, `${name}_images/${file}`);
      if (!labels[name].includes(file)) return { image };
      const path = join(set, `${name}_labels/${file}`);
      return { image, labels: `${path},1`, landmarks: { path, side: 'first', skip: 1 } };
    };
    return { id: ids[index] as string, ...side('fixed'), moving: side('moving') };
  });
}
