import { UserError } from '../errors.ts';
import { readNiftiHeader } from './niftiHeader.ts';

/** A series, or a part of one, that makes an image. */
export interface Series {
  /** By which users name it: its number, and what dcm2niix appends to tell apart what shares a number. */
  readonly key: string;
  /** What it is: its description, and how many slices of which size. */
  readonly text: string;
}

interface Scan extends Series {
  readonly bytes: Uint8Array;
  /** Its slices are not at equal distances. */
  readonly uneven: boolean;
  /** Its slices do not follow each other at right angles. dcm2niix leaves that out of its geometry. */
  readonly tilted: boolean;
}

type Outputs = readonly (readonly [name: string, bytes: Uint8Array])[];

/** What dcm2niix made of a folder. It names its files by the series' number. */
export interface Converted {
  /** The folder's name, for messages. */
  readonly folder: string;
  /** How many files it holds. */
  readonly files: number;
  /** `dicom#3` is series 3. */
  readonly series?: string;
  readonly outputs: Outputs;
  /** What dcm2niix said. */
  readonly lines: readonly string[];
}

/** The series that a folder holds. @throws UserError where there is none */
export function seriesIn(converted: Converted): readonly Series[] {
  const all = scansOf(converted.outputs);
  if (all.length === 0) throw nothingFound(converted);
  return all;
}

/**
 * The bytes of the NIfTI file of the one series that is meant.
 * @throws UserError when there is no scan, or there are several and none is named, or slices are missing or damaged
 */
export function scanOfSeries(converted: Converted): Uint8Array {
  const { folder, series, outputs } = converted;
  const all = scansOf(outputs);
  if (all.length === 0) throw nothingFound(converted);
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
      `The slices in ${folder} (series ${scan.key}) were taken with a tilted gantry, which is not supported; resample them to a rectangular grid first, for instance in Slicer.`,
    );
  return scan.bytes;
}

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

function nothingFound({ folder, files, lines }: Converted): UserError {
  const damaged = lines.map((line) => /File not large enough.*\/in\/(.+)$/.exec(line)?.[1]).find(Boolean);
  if (damaged !== undefined)
    return new UserError(`${folder}/${damaged} is cut short: a part of its slice is missing; copy the file again.`);
  return new UserError(
    `No scan was found in the folder ${folder} (${files} ${files === 1 ? 'file' : 'files'}, none of them a readable DICOM image); give the file of a scan, or the folder of its slices.`,
  );
}
