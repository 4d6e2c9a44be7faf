import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import type { FileSource } from '../volume/fileSource.ts';
import { readDecathlon } from './decathlon.ts';
import { isDeepReg, readDeepReg } from './deepReg.ts';
import { listFolder, missingFiles } from './files.ts';
import { readFolder } from './folder.ts';
import { LayoutError } from './layoutError.ts';
import { isLearn2Reg, readLearn2Reg } from './learn2reg.ts';
import { readManifest } from './manifest.ts';
import type { Pair } from './pairs.ts';
import { baseName, fileAndVolume, folderOf, join } from './paths.ts';
import { caseFolders, type MriSequence, readResect, readSimulation } from './resect.ts';

/** Points of one image in a file of landmarks. */
export interface PointsFile {
  readonly path: string;
  /** Which points of a row, where the file holds those of two images. */
  readonly side: 'first' | 'second';
  /** Structures at the beginning that are no landmarks: those numbered up to this. */
  readonly skip?: number;
}

/** One image with what is known of it. Paths start with the dataset's root: ready to be read. */
export interface ImageFiles {
  readonly image: string;
  /** The segmentation on the image's grid. */
  readonly labels?: string;
  readonly landmarks?: PointsFile;
}

/** One image, or the two images of one patient: `moving` is brought onto the case's own `image`. */
export interface Case extends ImageFiles {
  /** The file name without its extension, and without a `_0000` that every image carries. Unique in the dataset. */
  readonly id: string;
  /** The other modality; all cases of a dataset have it or none. */
  readonly moving?: ImageFiles;
}

/** A case that lacks what a pair takes. */
export interface IncompleteCase {
  readonly id: string;
  /** What it lacks, in words. */
  readonly lacks: string;
}

/** A pair that the publisher of the dataset prescribes, and for what. */
export interface PairIds extends Pair {
  readonly split: 'training' | 'validation' | 'test';
}

/** The layouts that are recognised. */
export type Layout = 'decathlon' | 'learn2reg' | 'folder' | 'resect' | 'deepreg';

/** The cases of a folder, not yet read. */
export interface Dataset {
  readonly name: string;
  /** The folder that paths of a list of pairs are relative to. */
  readonly root: string;
  readonly layout: Layout;
  /** In ascending order of id. */
  readonly cases: readonly Case[];
  /** What the labels above 0 are, as far as the dataset says. */
  readonly labelNames: Readonly<Record<number, string>>;
  /** Learn2Reg only. */
  readonly officialPairs?: readonly PairIds[];
  /** Cases that are left out. */
  readonly incomplete?: readonly IncompleteCase[];
  /** What is simulated, in a sentence; for tables and figures. */
  readonly simulated?: string;
}

export interface OpenOptions {
  /** Whether every listed file must be there (default). Without it, reading a case finds out: for a check of the data. */
  readonly requireFiles?: boolean;
  /** For lists that name their files: a folder that is laid out as no dataset is becomes one without cases. */
  readonly anyLayout?: boolean;
  /** RESECT: which MRI is moved onto the ultrasound; T1 by default, as in the paper. */
  readonly mri?: MriSequence;
}

/** The files of a case's images and segmentations. */
function filesOf({ image, labels, moving }: Case): string[] {
  const paths = [image, labels, moving?.image, moving?.labels].filter((path) => path !== undefined);
  return paths.map((path) => fileAndVolume(path).file);
}

/** Whether each case holds the two images of a pair. */
export function isPaired({ cases }: Pick<Dataset, 'cases'>): boolean {
  return cases[0]?.moving !== undefined;
}

/** Every listed file, looked up in one listing for each folder. */
async function requireAll(dataset: Dataset, files: FileSource): Promise<void> {
  const paths = dataset.cases.flatMap(filesOf);
  const missing = await missingFiles(paths, files);
  if (missing.length === 0) return;
  const which =
    missing.length === 1
      ? `'${missing[0]}' is not there although '${dataset.root}' lists it`
      : `'${missing[0]}' and ${missing.length - 1} more of ${paths.length} listed files are not there although '${dataset.root}' lists them`;
  throw new UserError(`${which}: complete the copy or download it again.`);
}

/**
 * Finds the cases in a folder. Recognised, in this order: a `dataset.json` or a single `<task>_dataset.json` as the
 * Medical Segmentation Decathlon or Learn2Reg write it; folders `Case1`, … as RESECT has them; `fixed_images/` and `moving_images/`
 * as DeepReg has them; `imagesTr/` or `images/`, with `labelsTr/` or `labels/` beside it; a flat folder of volumes without labels.
 * Reads no volume.
 *
 * @param root The folder, or the path of its JSON file.
 * @throws UserError when the folder is missing or empty, its JSON is invalid, a listed file is missing, or labels
 * have no image.
 */
export async function openDataset(root: string, files: FileSource, options: OpenOptions = {}): Promise<Dataset> {
  const named = root.toLowerCase().endsWith('.json') ? baseName(root) : undefined;
  const folder = named === undefined ? root.replace(/(?<=.)\/+$/, '') : folderOf(root) || '.';
  const names = await listFolder(folder, files);
  if (names === undefined) {
    throw new UserError(`There is no folder '${folder}': give the folder that holds dataset.json or the images.`);
  }
  try {
    return await discover(root, folder, named ?? manifestName(folder, names), names, files, options);
  } catch (error) {
    if (!options.anyLayout || !(error instanceof LayoutError)) throw error;
    const simulated = await readSimulation(folder, files);
    return {
      name: baseName(folder) || 'images',
      root: folder,
      layout: 'folder',
      cases: [],
      labelNames: {},
      ...given({ simulated }),
    };
  }
}

async function discover(
  root: string,
  folder: string,
  manifest: string | undefined,
  names: readonly string[],
  files: FileSource,
  { requireFiles = true, mri }: OpenOptions,
): Promise<Dataset> {
  let dataset: Dataset;
  if (manifest === undefined) {
    const patients = await caseFolders(folder, names, files);
    if (patients) dataset = await readResect(folder, patients, files, mri);
    else if (await isDeepReg(folder, names, files)) dataset = await readDeepReg(folder, names, files);
    else dataset = await readFolder(folder, names, files, requireFiles);
  } else {
    const path = join(folder, manifest);
    const json = await readManifest(path, files);
    dataset = isLearn2Reg(json) ? await readLearn2Reg(path, json, files) : readDecathlon(path, json);
    if (requireFiles) await requireAll(dataset, files);
  }
  if (dataset.cases.length === 0) {
    throw new LayoutError(`'${root}' lists no case: give a folder with volumes (.nii.gz, .nii, .nrrd, .mha, ...).`);
  }
  return dataset;
}

function manifestName(folder: string, names: readonly string[]): string | undefined {
  if (names.includes('dataset.json')) return 'dataset.json';
  const candidates = names.filter((name) => name.endsWith('_dataset.json') && !name.startsWith('._'));
  if (candidates.length > 1) {
    throw new UserError(
      `'${folder}' holds several datasets (${candidates.join(', ')}): give the path of one of these files instead.`,
    );
  }
  return candidates[0];
}
