import { existsSync, mkdirSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { writeAtomically } from '../file/atomic.ts';
import { reasonOf } from '../file/reason.ts';
import { forgetTemporary, rememberTemporary } from '../file/temporaries.ts';
import { given } from '../given.ts';
import { freeUnused } from '../memory.ts';
import { checkerboardFigure, onePairReport } from '../outcome/onePairReport.ts';
import type { RegisteredPair } from '../registration/judged.ts';
import type { Provenance } from '../report/page/htmlPage.ts';
import type { BidsOutputs } from './bidsNames.ts';
import { writeFigure } from './pairReport.ts';
import { type InverseResidual, type OutputFiles, writeRegistration } from './registerFiles.ts';

/** The file that says how the rest of a registration's folder came about. */
const RECORD_FILE = 'registration.json';

/** What the files of a registration's folder are called. */
const USUAL: BidsOutputs = {
  moved: 'moved.nii.gz',
  warp: 'warp.nii.gz',
  inverseWarp: 'inverse-warp.nii.gz',
  affineTransform: 'transform.tfm',
  movedLabels: 'moved-labels.nii.gz',
  figure: 'checkerboard.png',
  report: 'report.html',
};

/** The folder where nothing else is said: beside the moving scan, named after both. */
export function usualFolder(fixed: string, moving: string): string {
  return join(dirname(moving), `${stem(moving)}_to_${stem(fixed)}`);
}

function stem(path: string): string {
  return basename(path).replace(/(\.(nii|gz|nrrd|nhdr|mha|mhd|mgh|mgz|dcm|vtk|mrc|gipl|hdf5|h5))+$|,\d+$/gi, '');
}

/**
 * Checks that a folder may be written: it is not there, or empty, or holds an earlier registration, which is replaced.
 * @throws UserError when something else is in it
 */
export async function assertFolderFree(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const names = await readdir(folder).catch(() => {
    throw new UserError(`${folder} is a file; give another folder with --out.`);
  });
  if (names.length > 0 && !names.includes(RECORD_FILE))
    throw new UserError(`${folder} holds other files; give another folder with --out.`);
}

/** What a registration's folder is written from. */
interface FolderContents {
  readonly pair: RegisteredPair;
  readonly names: { readonly fixed: string; readonly moving: string };
  /** That the scans are synthetic, where they are. */
  readonly note: string | undefined;
  readonly provenance: Provenance;
  /** Sentences of the report, given the residual of the inverse warp. */
  readonly remarks: (inverse: InverseResidual | undefined) => readonly string[];
  /** What the files are called, where not as usual. */
  readonly called?: BidsOutputs;
  /** What {@link RECORD_FILE} says, given the residual of the inverse warp. */
  readonly record: (inverse: InverseResidual | undefined) => object;
}

/**
 * Writes a registration's folder: moved image, warp, inverse warp, transform, moved labels, report, picture, record. It
 * is there whole or not at all.
 * @returns the residual of the inverse warp, and the names of the files
 */
export async function writeRegistrationFolder(
  folder: string,
  { pair, names, note, provenance, remarks, called = USUAL, record }: FolderContents,
): Promise<{ readonly inverse: InverseResidual | undefined; readonly files: readonly string[] }> {
  const partial = `${folder}.partial-${process.pid}`;
  rememberTemporary(partial);
  try {
    mkdirSync(partial, { recursive: true });
  } catch (error) {
    throw new UserError(`${folder} cannot be made (${reasonOf(error)}); give another folder with --out.`);
  }
  try {
    const { moved, warp, inverseWarp, affineTransform, movedLabels, figure, report } = called;
    const files: OutputFiles = {
      moved,
      warp,
      inverseWarp,
      ...given({
        affineTransform: pair.alignment && affineTransform,
        movedLabels: pair.movedLabels && movedLabels,
      }),
    };
    const placed = Object.fromEntries(Object.entries(files).map(([key, name]) => [key, join(partial, name)]));
    const inverse = await writeRegistration(pair, placed);
    freeUnused(pair.moving);
    await writeFigure(
      join(partial, figure),
      checkerboardFigure(pair, `${names.moving} moved onto ${names.fixed}`, note),
    );
    await writeAtomically(
      join(partial, report),
      onePairReport(pair, names, provenance, { note, remarks: remarks(inverse) }),
    );
    await writeAtomically(join(partial, RECORD_FILE), `${JSON.stringify(record(inverse), undefined, 2)}\n`);
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
    return { inverse, files: [...Object.values(files), figure, report, RECORD_FILE] };
  } finally {
    await rm(partial, { recursive: true, force: true });
    forgetTemporary(partial);
  }
}
