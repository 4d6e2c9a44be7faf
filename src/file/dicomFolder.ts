import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { UserError } from '../errors.ts';
import { decodeNifti } from '../volume/nifti.ts';
import { readNiftiHeader } from '../volume/niftiHeader.ts';
import type { StoredImage } from '../volume/storedImage.ts';

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
 * Reads the slices of a folder as one scan, by dcm2niix, which is only loaded here: in the order of their positions,
 * with the geometry and the scale (CT's Hounsfield units) that they say, compressed or not. Folders below it are not
 * looked into.
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
      `${folder} holds ${Math.ceil(bytes / 2 ** 20)} MB, and at most 1024 MB of DICOM are read at once; put the slices of one series in a folder of their own.`,
    );
  const { outputs, lines } = await convert(folder, files);
  const all = scansOf(outputs);
  if (all.length === 0) throw nothingFound(folder, files.length, lines);
  const chosen = series === undefined ? all : all.filter(({ key }) => key === series);
  const [scan] = chosen;
  if (!scan || chosen.length > 1) {
    const list = all.map(({ key, text }) => `#${key} ${text}`).join('; ');
    throw new UserError(
      scan
        ? `${folder} holds ${all.length} series: ${list}; name one by its number, as ${folder}#${scan.key}.`
        : `${folder} has no series ${series}; it holds: ${list}.`,
    );
  }
  if (scan.uneven)
    throw new UserError(
      `${folder} lacks slices of its series ${scan.key}, or their distances differ; copy all slices, or resample them to equal distances first.`,
    );
  if (scan.tilted)
    throw new UserError(
      `${folder} holds slices that are shifted against each other (series ${scan.key}, by a tilted gantry), which are not read; resample them to a grid at right angles first, as Slicer does.`,
    );
  return decodeNifti(scan.bytes, folder, volume);
}

/** A series, or a part of one, that makes an image. */
interface Scan {
  /** By which users name it: its number, and what dcm2niix appends to tell apart what shares a number. */
  readonly key: string;
  /** What it is, for messages. */
  readonly text: string;
  readonly bytes: Uint8Array;
  /** Its slices are not at equal distances. */
  readonly uneven: boolean;
  /** Its slices do not follow each other at right angles. dcm2niix leaves that out of its geometry. */
  readonly tilted: boolean;
}

type Outputs = readonly (readonly [name: string, bytes: Uint8Array])[];

/**
 * The images among the files that dcm2niix wrote. Beside one whose slices it finds uneven or tilted, it puts its own
 * correction.
 */
function scansOf(outputs: Outputs): Scan[] {
  const files = new Map(outputs);
  return [...files.keys()].sort(byNumber).flatMap((name): Scan[] => {
    const [, key] = /^((?:(?!_Eq_|_Tilt_).)+)\.nii$/.exec(name) ?? [];
    if (key === undefined) return [];
    const corrected = (kind: string): boolean => [...files.keys()].some((other) => other.startsWith(`${key}_${kind}_`));
    const bytes = files.get(name)!;
    const { shape } = readNiftiHeader(bytes, name);
    const [nx, ny, slices = 1, volumes = 1] = shape;
    const size = `${nx}×${ny}, ${slices} ${slices === 1 ? 'slice' : 'slices'}${volumes > 1 ? `, ${volumes} volumes` : ''}`;
    return [
      {
        key,
        text: `${describe(files.get(`${key}.json`))}(${size})`,
        bytes,
        uneven: corrected('Eq'),
        tilted: corrected('Tilt'),
      },
    ];
  });
}

function byNumber(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1);
}

/** The series' description in quotes, where its DICOM files have one. */
function describe(json: Uint8Array | undefined): string {
  if (!json) return '';
  const { SeriesDescription: text } = JSON.parse(new TextDecoder().decode(json)) as { SeriesDescription?: unknown };
  return typeof text === 'string' ? `"${text}" ` : '';
}

function nothingFound(folder: string, files: number, lines: readonly string[]): UserError {
  const damaged = lines.map((line) => /File not large enough.*\/in\/(.+)$/.exec(line)?.[1]).find(Boolean);
  if (damaged !== undefined)
    return new UserError(`${join(folder, damaged)} is cut short: its slice is not all there; copy the file again.`);
  return new UserError(
    `${folder} is a folder in which no scan was found (${files} ${files === 1 ? 'file' : 'files'}, none of them a DICOM image that can be read); give the file of a scan, or the folder that holds the slices of one.`,
  );
}

/**
 * What runs in the thread, so that what dcm2niix prints and the memory that it takes stay there. It names its files by
 * the series' number.
 */
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
}).catch(() => parentPort.postMessage({ lines: [], outputs: [] }));
`;

/** What dcm2niix makes of files and says about them; nothing where it fails. */
function convert(
  folder: string,
  files: readonly string[],
): Promise<{ readonly outputs: Outputs; readonly lines: readonly string[] }> {
  const name = '@niivue/dcm2niix';
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const place = paths.map((each) => join(each, name)).find((each) => existsSync(each));
  const module = pathToFileURL(join(place ?? name, 'dist', 'dcm2niix.jpeg.js')).href;
  return new Promise((resolve) => {
    const worker = new Worker(script, {
      eval: true,
      workerData: { module, folder, files },
      stdout: true,
      stderr: true,
    });
    worker.once('message', (result: { outputs: Outputs; lines: string[] }) => {
      resolve(result);
      void worker.terminate();
    });
    const failed = (): void => resolve({ outputs: [], lines: [] });
    worker.once('error', failed);
    worker.once('exit', failed);
  });
}
