import { UserError } from '../src/errors.ts';
import type { Converted } from '../src/volume/dicomSeries.ts';
import { secondsFor } from '../src/volume/foreignBounds.ts';
import { onceInWorker } from './onceInWorker.ts';

/** Files of one folder. */
export interface PickedFolder {
  readonly name: string;
  readonly files: readonly File[];
}

/** WebAssembly has 2 GB here, of which the converted scan needs as much again. */
const MOST_BYTES = 2 ** 30;

/**
 * Makes NIfTI files of the DICOM slices in a folder, one a series, by dcm2niix, in a worker that is loaded for that
 * alone.
 * @throws UserError when there are more than a page can hold
 */
export async function convertDicom({ name, files }: PickedFolder): Promise<Converted> {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (size > MOST_BYTES)
    throw new UserError(
      `${name} holds ${Math.ceil(size / 2 ** 20)} MB, and at most 1024 MB of DICOM can be read at once; give the slices of one series.`,
    );
  const given = await Promise.all(
    files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
  );
  const worker = new Worker(new URL('./dicomWorker.ts', import.meta.url), { type: 'module', name: 'dicom' });
  const buffers = given.map(({ bytes }) => bytes.buffer as ArrayBuffer);
  const made = await onceInWorker<Pick<Converted, 'outputs' | 'lines'>>(worker, given, secondsFor(size), buffers);
  return { folder: name, files: files.length, ...(made ?? { outputs: [], lines: [] }) };
}

/** Whether a file is looked at as a slice: by its ending, or because it has none, as many have. */
export function isSlice({ name }: { readonly name: string }): boolean {
  return /\.(dcm|dicom|ima)$/i.test(name) || (/^[^.]+$/.test(name) && name !== 'DICOMDIR') || /^[\d.]+$/.test(name);
}
