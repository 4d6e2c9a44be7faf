import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import { type Converted, scanOfSeries } from '../volume/dicomSeries.ts';
import { decodeNifti } from '../volume/nifti.ts';
import type { StoredImage } from '../volume/storedImage.ts';
import { packageUrl } from './packageFile.ts';
import { inThread } from './thread.ts';

/** A folder of DICOM files, and which of its series is meant. */
export interface DicomFolder {
  readonly folder: string;
  /** `dicom#3` is series 3. */
  readonly series?: string;
  /** `dicom#3,2` is its second volume. */
  readonly volume?: number;
}

/** What a path says of a folder; undefined where there is none. */
export async function dicomFolder(path: string): Promise<DicomFolder | undefined> {
  if (await isFolder(path)) return { folder: path };
  const [, folder, series, volume] = /^(.+?)(?:#([^#/\\,]+))?(?:,(\d+))?$/.exec(path) ?? [];
  if (folder === undefined || !(await isFolder(folder))) return undefined;
  return {
    folder,
    ...(series === undefined ? {} : { series }),
    ...(volume === undefined ? {} : { volume: Number(volume) }),
  };
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** WebAssembly has 2 GB here, of which the converted scan needs as much again. */
const MOST_BYTES = 2 ** 30;

/**
 * Reads the slices of a folder as one scan, by dcm2niix, which is only loaded here. It sorts the slices by their
 * positions, decompresses them, and reads their geometry and their scale (CT's Hounsfield units). Folders below it are
 * not looked into.
 * @throws UserError when there is no scan, or there are several and none is named, or slices are missing or damaged
 */
export async function decodeDicomFolder({ folder, series, volume }: DicomFolder): Promise<StoredImage> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  const files: string[] = [];
  let bytes = 0;
  for (const name of names) {
    const found = await stat(join(folder, name));
    if (!found.isFile()) continue;
    files.push(name);
    bytes += found.size;
  }
  if (bytes > MOST_BYTES)
    throw new UserError(
      `${folder} holds ${Math.ceil(bytes / 2 ** 20)} MB, and at most 1024 MB of DICOM can be read at once; put the slices of one series into a folder of their own.`,
    );
  const { outputs, lines } = await convert(folder, files, bytes);
  const scan = scanOfSeries({ folder, files: files.length, outputs, lines, ...given({ series }) });
  return decodeNifti(scan, folder, volume);
}

/** What runs in the thread. dcm2niix names its files by the series' number. */
const script = `
const { parentPort, workerData: { module, folder, files } } = require('node:worker_threads');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
import(module).then(async ({ default: load }) => {
  const lines = [];
  const { FS, callMain } = await load({ print: (line) => lines.push(line), printErr: (line) => lines.push(line) });
  FS.mkdir('/in');
  FS.mkdir('/out');
  for (const file of files) FS.createDataFile('/in', file, readFileSync(join(folder, file)), true, true, true);
  callMain(['-b', 'y', '-ba', 'y', '-z', 'n', '-f', '%s', '-o', '/out', '/in']);
  const names = FS.readdir('/out').filter((name) => /\\.(nii|json)$/.test(name));
  parentPort.postMessage({ lines, outputs: names.map((name) => [name, FS.readFile('/out/' + name)]) });
}).catch(() => parentPort.postMessage(undefined));
`;

/** What dcm2niix makes of files and says about them; nothing where it fails. */
async function convert(
  folder: string,
  files: readonly string[],
  bytes: number,
): Promise<Pick<Converted, 'outputs' | 'lines'>> {
  const module = packageUrl('@niivue/dcm2niix', 'dist', 'dcm2niix.jpeg.js');
  return (await inThread(script, { module, folder, files }, bytes)) ?? { outputs: [], lines: [] };
}
