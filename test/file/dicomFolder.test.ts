import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readVolume, writeVolume } from '../../src/file/volumeFile.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import type { Mat4, Volume } from '../../src/volume/grid.ts';
import { multiply, scaling, translation } from '../../src/volume/matrix.ts';
import { resampleTo } from '../../src/volume/resample.ts';
import { dicomMultiFrame, dicomSlices } from '../support/dicom.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'earthmorph-dicom-'));
});
afterAll(() => rm(root, { recursive: true }));

const [cos, sin] = [Math.cos(0.35), Math.sin(0.35)];
const tilt: Mat4 = [1, 0, 0, 0, 0, cos, -sin, 0, 0, sin, cos, 0, 0, 0, 0, 1];

/**
 * The phantom in Hounsfield-like numbers of steps of 2, on a tilted grid of thick slices, as DICOM runs: towards L, P
 * and S.
 */
function phantom(): Volume {
  const size = [24, 20, 9] as const;
  const { image } = makePhantomCase({ seed: 1, index: 0, size });
  const affine = multiply(translation([33, 41, -17]), multiply(tilt, scaling([-1.25, -1.5, 3.5])));
  const most = Math.max(...image.data);
  return { size, affine, data: image.data.map((value) => 2 * Math.round((700 * value) / most) - 1024) };
}
/** Each slice is shifted against the one before it. */
const shear: Mat4 = [1, 0, 0, 0, 0, 1, 0.8, 0, 0, 0, 1, 0, 0, 0, 0, 1];
const scan = phantom();
const scale = { slope: 2, intercept: -1024 };

async function folderOf(name: string, files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder);
  for (const [file, bytes] of Object.entries(files)) await writeFile(join(folder, file), bytes);
  return folder;
}

/** Names that tell nothing of the order. */
const shuffled = (slices: readonly Buffer[], prefix = 'IM'): Record<string, Buffer> =>
  Object.fromEntries(slices.map((bytes, k) => [`${prefix}${(7 * k) % slices.length}`, bytes]));

const refusal = (path: string) =>
  readVolume(path).then(
    () => 'read',
    (error: Error) => `${error.name}: ${error.message}`,
  );

/** Demands the values of the scan where the scan has them in space. */
function expectScan(found: Volume): void {
  expect([...found.size]).toEqual([...scan.size]);
  const values = resampleTo(found, scan, { interpolation: 'nearest', outside: Number.NaN }).data;
  expect(values).toEqual(scan.data);
  // Half a voxel aside, other values are found: the comparison sees shifts.
  const aside = { ...found, affine: multiply(translation([0.7, 0, 0]), found.affine) };
  expect(resampleTo(aside, scan, { interpolation: 'nearest', outside: Number.NaN }).data).not.toEqual(scan.data);
}

test('a folder of slices is the scan that its NIfTI file is: values and place', async () => {
  const folder = await folderOf('slices', {
    ...shuffled(dicomSlices(scan, scale)),
    'notes.txt': Buffer.from('no slice'),
    '.hidden': Buffer.from('no slice'),
  });
  const path = join(root, 'scan.nii.gz');
  await writeVolume(path, scan);
  const found = await readVolume(folder);
  expectScan(found);
  expectScan(await readVolume(path));
  expectScan(await readVolume(`${folder}/`));
  for (const [n, value] of resampleTo(found, await readVolume(path)).data.entries())
    expect(value).toBeCloseTo(scan.data[n]!, 1);
});

test('an enhanced image with all slices in one file is read alike', async () => {
  expectScan(await readVolume(await folderOf('enhanced', { 'a.dcm': dicomMultiFrame(scan, scale) })));
});

test('several series are named, and one can be picked', async () => {
  const other = dicomSlices({ ...scan, size: [24, 20, 3] }, { ...scale, series: 12, description: 'LOCALISER' });
  const folder = await folderOf('several', {
    ...shuffled(dicomSlices(scan, { ...scale, series: 3, description: 'CHEST 3.5' })),
    ...shuffled(other, 'other'),
  });
  expect(await refusal(folder)).toBe(
    `UserError: ${folder} holds 2 series: #3 "CHEST 3.5" (24×20, 9 slices); #12 "LOCALISER" (24×20, 3 slices); name one by its number, as ${folder}#3.`,
  );
  expectScan(await readVolume(`${folder}#3`));
  expect((await readVolume(`${folder}#12`)).size).toEqual([24, 20, 3]);
  expect(await refusal(`${folder}#4`)).toMatch(/^UserError: \S+ has no series 4; it holds: #3 "CHEST 3.5" .*\.$/);
});

test.each([
  ['a slice is missing', (all: Buffer[]) => all.filter((_, k) => k !== 4), /lacks slices of its series 1, or their/],
  [
    'the gantry was tilted',
    () => dicomSlices({ ...scan, affine: multiply(scan.affine, shear) }, scale),
    /\(series 1\) were taken with a tilted gantry/,
  ],
  [
    'sizes are mixed',
    (all: Buffer[]) => [...all.slice(0, 6), ...dicomSlices({ ...scan, size: [20, 24, 9] }).slice(6)],
    /holds 2 series: #1 .*\(24×20, 6 slices\); #1a .*\(20×24, 3 slices\)/,
  ],
  [
    'a slice is cut',
    (all: Buffer[]) => all.map((each, k) => (k === 4 ? each.subarray(0, -100) : each)),
    /IM\d+ is cut short: a part of its slice is missing/,
  ],
  ['nothing is DICOM', () => [Buffer.from('hello')], /No scan was found in the folder .* \(1 file, none/],
  ['there is nothing', () => [], /No scan was found in the folder .* \(0 files, none/],
])('is refused in one sentence where %s', async (name, change, sentence) => {
  const folder = await folderOf(name.replaceAll(' ', '-'), shuffled(change(dicomSlices(scan, scale))));
  expect(await refusal(folder)).toMatch(sentence);
  expect(await refusal(folder)).toMatch(/^UserError: [^\n]*\.$/);
});

test('a path that is neither a file nor a folder is missing', async () => {
  expect(await refusal(join(root, 'nowhere'))).toMatch(/nowhere cannot be read/);
  expect(await refusal(join(root, 'nowhere#3'))).toMatch(/nowhere#3 cannot be read/);
});
