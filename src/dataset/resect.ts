import { given } from '../given.ts';
import type { FileSource } from '../volume/fileSource.ts';
import type { Case, ImageFiles, IncompleteCase, PointsFile } from './dataset.ts';
import { listFolder } from './files.ts';
import { type DataFolder, defineLayout, LayoutError } from './layout.ts';
import { baseName, isVolumeFile, join, volumeName } from './paths.ts';
import { type Synthetic, syntheticAround } from './synthetic.ts';

/** The MRI sequences that RESECT holds. */
export const MRI_SEQUENCES = ['T1', 'FLAIR'] as const;
export type MriSequence = (typeof MRI_SEQUENCES)[number];

const CASE = /^case\s*\d+$/i;
const PARTS = ['MRI', 'US', 'Landmarks'];
/** RESECT's download holds the cases in a folder for each format. */
const BELOW = ['NIFTI', 'RESECT'];
/** A remark at the head of the landmark file of a simulated case. */
const SIMULATED_REMARK = /^\s*%.*\bSIMULATED\b[^\n]*/m;

/** Where the cases lie, and their folders' names. */
interface CaseFolders {
  readonly root: string;
  readonly names: readonly string[];
}

/** The folders `Case1`, `Case2`, … in a folder, or in its `NIFTI/`; undefined when it holds none of RESECT's layout. */
async function caseFolders({ path: root, names, files }: DataFolder): Promise<CaseFolders | undefined> {
  const below = BELOW.filter((name) => names.includes(name)).map((name) => join(root, name));
  for (const folder of [root, ...below]) {
    const found = (folder === root ? names : ((await listFolder(folder, files)) ?? [])).filter((name) =>
      CASE.test(name),
    );
    const inside = found[0] === undefined ? [] : ((await listFolder(join(folder, found[0]), files)) ?? []);
    if (PARTS.some((part) => inside.includes(part))) return { root: folder, names: byNumber(found) };
  }
  return undefined;
}

/**
 * RESECT as it is distributed (Xiao et al., Medical Physics 44(7), 2017, doi:10.1002/mp.12268):
 * `CaseN/MRI/CaseN-T1.nii.gz` and `-FLAIR.nii.gz`, `CaseN/US/CaseN-US-before.nii.gz` (`-during`, `-after`),
 * `CaseN/Landmarks/CaseN-MRI-beforeUS.tag` with the MRI's points first. The ultrasound before resection is the fixed
 * image. A case without landmarks is kept; one without either image is not, and is listed. Where nothing beside the
 * cases says that they are simulated, the remarks in their landmark files do.
 */
export const resect = defineLayout({
  name: 'resect',
  title: 'RESECT',
  recognises: async (folder) => (await caseFolders(folder)) !== undefined,
  async list(folder, { mri = 'T1' }) {
    const { files } = folder;
    const { root, names } = (await caseFolders(folder))!;
    const cases: Case[] = [];
    const incomplete: IncompleteCase[] = [];
    for (const name of names) {
      const found = await readCase(join(root, name), name, files, mri);
      if ('lacks' in found) incomplete.push(found);
      else cases.push(found);
    }
    const [first] = cases;
    if (!first)
      throw new LayoutError(
        `No case of '${folder.path}' has both ${mri} and ultrasound (${names.length} looked at, the first lacks ${incomplete[0]?.lacks}): complete the copy.`,
      );
    const synthetic = (await syntheticAround([first.image], files)) ?? (await simulationRemark(cases, files));
    return {
      name: synthetic === undefined ? 'RESECT' : baseName(root),
      cases,
      imageNames: { fixed: 'ultrasound', moving: `MRI ${mri}` },
      ...(incomplete.length > 0 ? { incomplete } : {}),
      ...given({ synthetic }),
    };
  },
});

async function readCase(
  folder: string,
  name: string,
  files: FileSource,
  mri: MriSequence,
): Promise<Case | IncompleteCase> {
  const inside = async (part: string): Promise<string[]> => (await listFolder(join(folder, part), files)) ?? [];
  const volume = async (part: string, ending: string): Promise<string | undefined> => {
    const file = (await inside(part)).find((each) => isVolumeFile(each) && volumeName(each).endsWith(ending));
    return file === undefined ? undefined : join(folder, `${part}/${file}`);
  };
  const moving = await volume('MRI', `-${mri}`);
  const fixed = await volume('US', '-US-before');
  const tag = (await inside('Landmarks')).find((file) => /-MRI-beforeUS\.tag$/i.test(file));
  if (moving === undefined || fixed === undefined) {
    const lacks = [moving === undefined ? `${mri} MRI` : '', fixed === undefined ? 'ultrasound before resection' : ''];
    return { id: name, lacks: lacks.filter((word) => word !== '').join(' and ') };
  }
  const points = (side: PointsFile['side']): Pick<ImageFiles, 'landmarks'> =>
    tag === undefined ? {} : { landmarks: { path: join(folder, `Landmarks/${tag}`), side } };
  return { id: name, image: fixed, ...points('second'), moving: { image: moving, ...points('first') } };
}

/** What the landmark files say where the cases were copied without the file beside them. */
async function simulationRemark(cases: readonly Case[], files: FileSource): Promise<Synthetic | undefined> {
  for (const { id, image, landmarks } of cases) {
    if (!landmarks) continue;
    const remark = SIMULATED_REMARK.exec(new TextDecoder().decode(await files.read(landmarks.path)));
    if (!remark) continue;
    const description = `The landmark file of ${id} says that ${baseName(image)} is simulated.`;
    return { kind: 'simulated', description };
  }
  return undefined;
}

/** `Case2` before `Case10`. */
function byNumber(names: readonly string[]): string[] {
  const number = (name: string): number => Number(/\d+/.exec(name)?.[0]);
  return [...names].sort((a, b) => number(a) - number(b) || (a < b ? -1 : 1));
}
