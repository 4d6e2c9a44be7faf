import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import type { FileSource } from '../volume/fileSource.ts';
import { listFolder, missingFiles } from './files.ts';
import { plainFolder } from './folder.ts';
import { type DataFolder, type Layout, LayoutError } from './layout.ts';
import { layouts } from './layouts.ts';
import { readManifest } from './manifest.ts';
import type { Pair } from './pairs.ts';
import { baseName, fileAndVolume, folderOf, join } from './paths.ts';
import type { MriSequence } from './resect.ts';
import { readSynthetic, type Synthetic, syntheticAround } from './synthetic.ts';

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

/** The cases of a folder, not yet read. */
export interface Dataset {
  readonly name: string;
  /** The folder that paths of a list of pairs are relative to. */
  readonly root: string;
  /** Name of the layout that it was recognised by. */
  readonly layout: string;
  /** In an order that does not change. */
  readonly cases: readonly Case[];
  /** What the labels above 0 are, as far as the dataset says. */
  readonly labelNames: Readonly<Record<number, string>>;
  /** Learn2Reg only. */
  readonly officialPairs?: readonly PairIds[];
  /** Cases that are left out. */
  readonly incomplete?: readonly IncompleteCase[];
  /** Where the data were made and not measured: how, for tables and figures. */
  readonly synthetic?: Synthetic;
  /** What the scans show, in the words of the dataset. */
  readonly shows?: { readonly modality?: string; readonly anatomy?: string };
  /** What the two images of a case show, where that is known. */
  readonly imageNames?: { readonly fixed: string; readonly moving: string };
}

export interface OpenOptions {
  /**
   * Whether every listed file must be there (default). Without it, reading a case finds out: for a check of the data.
   */
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
async function requireAll(root: string, cases: readonly Case[], files: FileSource): Promise<void> {
  const paths = cases.flatMap(filesOf);
  const missing = await missingFiles(paths, files);
  if (missing.length === 0) return;
  const which =
    missing.length === 1
      ? `'${missing[0]}' is not there although '${root}' lists it`
      : `'${missing[0]}' and ${missing.length - 1} more of ${paths.length} listed files are not there although '${root}' lists them`;
  throw new UserError(`${which}: complete the copy or download it again.`);
}

/**
 * Finds the cases in a folder, which is laid out in one of the ways of {@link layouts}. Reads no volume.
 *
 * @param root The folder, or the path of its JSON file.
 * @throws UserError when the folder is missing or empty, its JSON is invalid, a listed file is missing, or labels
 * have no image.
 * @example const { cases } = await openDataset('data/Task04_Hippocampus', nodeFiles())
 */
export async function openDataset(root: string, files: FileSource, options: OpenOptions = {}): Promise<Dataset> {
  const named = root.toLowerCase().endsWith('.json') ? baseName(root) : undefined;
  const path = named === undefined ? root.replace(/(?<=.)\/+$/, '') : folderOf(root) || '.';
  const names = await listFolder(path, files);
  if (names === undefined) {
    throw new UserError(`There is no folder '${path}': give the folder that holds dataset.json or the images.`);
  }
  const found = { name: baseName(path) || 'images', root: path, labelNames: {} };
  try {
    const manifest = await manifestOf(path, named ?? manifestName(path, names), files);
    const folder: DataFolder = { path, names, files, ...given({ manifest }) };
    const layout = await layoutOf(folder);
    const listing = await layout.list(folder, options);
    const [first] = listing.cases;
    if (!first)
      throw new LayoutError(`'${root}' lists no case: give a folder with volumes (.nii.gz, .nii, .nrrd, .mha, ...).`);
    if (options.requireFiles ?? true) await requireAll(path, listing.cases, files);
    const said = (await readSynthetic(path, files)) ?? (await syntheticAround([first.image], files));
    return { ...found, ...listing, layout: layout.name, ...given({ synthetic: said ?? listing.synthetic }) };
  } catch (error) {
    if (!options.anyLayout || !(error instanceof LayoutError)) throw error;
    const synthetic = await readSynthetic(path, files);
    return { ...found, layout: plainFolder.name, cases: [], ...given({ synthetic }) };
  }
}

async function layoutOf(folder: DataFolder): Promise<Layout> {
  for (const layout of layouts()) if (await layout.recognises(folder)) return layout;
  return plainFolder;
}

async function manifestOf(
  folder: string,
  name: string | undefined,
  files: FileSource,
): Promise<DataFolder['manifest']> {
  if (name === undefined) return undefined;
  const path = join(folder, name);
  return { path, json: await readManifest(path, files) };
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
