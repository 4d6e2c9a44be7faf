import type { ReadImage } from '../src/browser/protocol.ts';
import { UserError } from '../src/errors.ts';
import { given } from '../src/given.ts';
import { sidesOf } from '../src/registration/landmarkError.ts';
import { sameGrid } from '../src/volume/checks.ts';
import { scanOfSeries, seriesIn } from '../src/volume/dicomSeries.ts';
import { imageFormat } from '../src/volume/imageFormat.ts';
import { correspondingPoints, firstPoints } from '../src/volume/landmarks.ts';
import { acceptDrop, type Dropped } from './acceptDrop.ts';
import { convertDicom, isSlice, type PickedFolder } from './dicom.ts';
import { readWithItk } from './itk.ts';
import { chooseSeries } from './panel/seriesDialog.ts';
import type { LabelFile } from './scan.ts';
import { gridText } from './scan.ts';
import type { Session } from './session.ts';

/** Bytes of a file, packed or not, above which a page would run out of memory. */
const MOST_BYTES = 1.5e9;

/** What a file was given for. */
export type Place = 'fixed' | 'moving' | 'any';

interface Given {
  readonly name: string;
  /** Tells the format by its ending, where the name does not. */
  readonly file?: string;
  readonly bytes: Uint8Array;
}

/** Takes what is dropped anywhere on the page; on a scan's row, in the place of that scan. */
export function acceptDrops(session: Session, element: HTMLElement): void {
  acceptDrop(element, (dropped, target) => {
    const row = target instanceof Element ? target.closest('.scan') : null;
    const place = row?.classList.contains('scan-fixed') ? 'fixed' : row ? 'moving' : 'any';
    const filesOf = ({ files }: Dropped): File[] => files.map(({ file }) => file);
    const plain = dropped.filter(({ isFolder }) => !isFolder).flatMap(filesOf);
    const folders = dropped
      .filter(({ isFolder }) => isFolder)
      .map((each) => ({ name: each.name, files: filesOf(each) }));
    void takeFiles(session, plain, plain.length + folders.length === 1 ? place : 'any', folders);
  });
}

/**
 * Takes files into a session: the first scan stays, the second is moved; label maps and landmarks go with them. It
 * registers as soon as there are two scans.
 */
export async function takeFiles(
  session: Session,
  picked: readonly File[],
  place: Place = 'any',
  folders: readonly PickedFolder[] = [],
): Promise<void> {
  const { files, dicom } = sorted(picked, folders);
  if (files.length === 0 && dicom.length === 0) return;
  const ordered = [...files].sort((a, b) => (place === 'any' ? a.name.localeCompare(b.name, 'en') : 0));
  const inOrder = files.length > 2 ? ordered : files;
  const names = [...inOrder, ...dicom].map(({ name }) => name);
  await session.attempt(names.join(', '), async () => {
    const read: Given[] = await Promise.all(inOrder.map(readFile));
    let to = place;
    for (const folder of dicom) {
      const series = await readSeries(session, folder, place);
      read.push(...series);
      if (series.length === 1 && names.length === 1) to = series[0]!.place;
    }
    if (read.length === 0) return;
    const model = read.find(({ name }) => /\.onnx$/i.test(name));
    if (model) {
      session.takeModel(model.name, model.bytes);
      if (read.length === 1) {
        void session.register();
        return;
      }
    }
    const points = read.filter(({ name }) => /\.(csv|tag)$/i.test(name));
    const others = read.filter((file) => file !== model && !points.includes(file));
    const images = others.filter((file) => imageFormat(fileOf(file)) !== undefined);
    if (images.length === 0 && points.length === 0) {
      const [first] = read;
      throw new UserError(
        `${first?.name} has a format that cannot be read; give .nii, .nii.gz, .nrrd, .mha, .mhd, .mgh, .mgz, .gipl, .mrc, .vtk, .hdf5 or a folder of DICOM.`,
      );
    }
    const hadResult = session.result !== undefined;
    const isNewPair = await takeImages(session, images, others, to);
    if (points.length > 0) await takeLandmarks(session, points);
    session.tell('scans');
    if (isNewPair) void session.register();
    else if (hadResult) await session.measureAgain();
  });
}

/** Files that are read as they are, and folders of slices; slices that were given one by one are a folder too. */
function sorted(
  picked: readonly File[],
  folders: readonly PickedFolder[],
): { readonly files: readonly File[]; readonly dicom: readonly PickedFolder[] } {
  const slices = picked.filter(isSlice);
  const isKnown = (file: File): boolean => imageFormat(file.name) !== undefined || /\.(csv|tag|onnx)$/i.test(file.name);
  const plain = folders.filter(({ files }) => files.some(isKnown));
  return {
    files: [...picked.filter((file) => !isSlice(file)), ...plain.flatMap(({ files }) => files.filter(isKnown))],
    dicom: [
      ...folders.filter((folder) => !plain.includes(folder)),
      ...(slices.length > 0 ? [{ name: slices[0]!.webkitRelativePath.split('/')[0] || 'dicom', files: slices }] : []),
    ],
  };
}

function fileOf({ name, file = name }: Given): string {
  return file;
}

async function readFile(file: File): Promise<Given> {
  if (file.size > MOST_BYTES)
    throw new UserError(
      `${file.name} has ${(file.size / 1e9).toFixed(1)} GB, more than a page can hold; register it on the command line.`,
    );
  return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
}

/** The series of a folder that are wanted: its only one, or what the user chooses of them. */
async function readSeries(
  session: Session,
  folder: PickedFolder,
  place: Place,
): Promise<readonly (Given & { readonly place: Place })[]> {
  const converted = await convertDicom(folder);
  const scan = (name: string, to: Place, series?: string) => ({
    name,
    file: `${name}.nii`,
    bytes: scanOfSeries({ ...converted, ...given({ series }) }),
    place: to,
  });
  const all = seriesIn(converted);
  if (all.length === 1) return [scan(folder.name, place)];
  const [first, second] = all;
  const isFree = !session.fixed || session.moving !== undefined;
  const suggested = {
    fixed: place === 'fixed' || (place === 'any' && isFree) ? first : undefined,
    moving: place === 'moving' || (place === 'any' && !isFree) ? first : place === 'any' ? second : undefined,
  };
  const chosen = await chooseSeries(folder.name, all, suggested);
  return (['fixed', 'moving'] as const).flatMap((to) => {
    const key = chosen?.[to]?.key;
    return key === undefined ? [] : [scan(`${folder.name}#${key}`, to, key)];
  });
}

/** @returns whether there is another pair than before */
async function takeImages(
  session: Session,
  images: readonly Given[],
  others: readonly Given[],
  place: Place,
): Promise<boolean> {
  const beside = Object.fromEntries(
    others.filter((file) => imageFormat(fileOf(file)) === undefined).map(({ name, bytes }) => [name, bytes]),
  );
  const read: (ReadImage & { readonly name: string })[] = [];
  for (const image of images) {
    const { name, bytes } = { ...image, name: fileOf(image) };
    const found =
      imageFormat(name) === 'itk'
        ? await readWithItk(name, bytes)
        : await session.engine.ask('read', { name, bytes, others: beside });
    read.push({ ...found, name: image.name });
  }
  const isFull = session.fixed !== undefined && session.moving !== undefined;
  const isScan = ({ labels }: ReadImage): boolean => labels === undefined;
  // Label maps can be registered like any other scans, where they are given for them, or nothing else is there.
  const areAll = place !== 'any' || (!isFull && !read.some(isScan));
  const scans = areAll ? read : read.filter(isScan);
  const labelFiles = areAll ? [] : read.flatMap(({ name, labels }) => (labels ? [{ name, labels }] : []));
  if (scans.length > 2) throw new UserError(`These are ${scans.length} scans; give two, first the one that stays.`);
  if (scans.length === 2) session.clear();
  for (const { name, volume } of scans) {
    const to = place !== 'any' && scans.length === 1 ? place : session.fixed ? 'moving' : 'fixed';
    session.setScan(to, { name, volume });
  }
  for (const file of labelFiles) takeLabels(session, file);
  return scans.length > 0;
}

/** Labels go to the scan whose grid they have, first to the fixed one. */
function takeLabels(session: Session, file: LabelFile): void {
  const { fixed, moving } = session;
  const fits = (scan: typeof fixed): boolean => scan !== undefined && sameGrid(scan.volume, file.labels);
  if (fits(fixed) && !(fits(moving) && session.fixedLabels && !session.movingLabels)) session.fixedLabels = file;
  else if (fits(moving)) session.movingLabels = file;
  else
    throw new UserError(
      `${file.name} looks like labels, but has the grid of neither scan (${gridText(file.labels)}); give labels on the grid of their scan.`,
    );
}

async function takeLandmarks(session: Session, files: readonly Given[]): Promise<void> {
  const [first, second] = await Promise.all(
    files
      .slice(0, 2)
      .map(async ({ name, bytes }) => ({ name, list: await session.engine.ask('landmarks', { name, bytes }) })),
  );
  if (!first) return;
  const pairs = second
    ? correspondingPoints(firstPoints(first.list), firstPoints(second.list), [first.name, second.name])
    : sidesOf(first.list, 'second', first.name);
  session.landmarks = { name: files.map(({ name }) => name).join(', '), files: second ? 2 : 1, pairs };
}
