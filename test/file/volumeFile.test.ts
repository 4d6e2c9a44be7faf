import { chmod, mkdir, mkdtemp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { writeAtomically } from '../../src/file/atomic.ts';
import { readLandmarks } from '../../src/file/landmarkFile.ts';
import { nodeFiles } from '../../src/file/nodeFiles.ts';
import { readTransform } from '../../src/file/transformFile.ts';
import { readLabels, readVolume, readWarp, writeLabels, writeVolume, writeWarp } from '../../src/file/volumeFile.ts';
import type { Labels, Mat4, Volume, Warp } from '../../src/volume/grid.ts';
import { encodeNifti } from '../../src/volume/nifti.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earthmorph-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

const affine: Mat4 = [0, -2, 0, 10, 3, 0, 0, 20, 0, 0, 4, 30, 0, 0, 0, 1];
const volume: Volume = { size: [2, 3, 4], affine, data: Float32Array.from({ length: 24 }, (_, i) => i / 3) };
const labels: Labels = { size: [2, 3, 4], affine, data: Int32Array.from({ length: 24 }, (_, i) => (i < 12 ? 0 : 1)) };
const warp: Warp = { size: [2, 3, 4], affine, data: Float32Array.from({ length: 72 }, (_, i) => i - 30) };

test('volumes, labels and warps come back as they were written, packed or not', async () => {
  for (const extension of ['.nii', '.nii.gz']) {
    const path = (name: string) => join(folder, 'new', 'folder', name + extension);
    await writeVolume(path('volume'), volume);
    await writeLabels(path('labels'), labels);
    await writeWarp(path('warp'), warp);
    expect(await readVolume(path('volume'))).toEqual(volume);
    expect(await readLabels(path('labels'))).toEqual(labels);
    expect(await readWarp(path('warp'))).toEqual(warp);
  }
  expect((await readdir(join(folder, 'new', 'folder'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('a path that cannot be read is refused in a sentence', async () => {
  const missing = join(folder, 'missing.nii.gz');
  await expect(readVolume(missing)).rejects.toThrow(`${missing} cannot be read (it does not exist)`);
  await expect(readVolume(join(folder, 'missing.nrrd'))).rejects.toThrow('cannot be read (it does not exist)');
  const directory = join(folder, 'folder.nii');
  await mkdir(directory);
  await expect(readLabels(directory)).rejects.toThrow(`${directory} cannot be read (it is a folder)`);
  const text = join(folder, 'notes.txt');
  await writeFile(text, 'hello');
  await expect(readVolume(text)).rejects.toThrow('has a format that cannot be read; give .nii, .nii.gz');
  await expect(readVolume(join(text, 'a.nii'))).rejects.toThrow('a part of the path is a file');
  await expect(readVolume(missing)).rejects.toBeInstanceOf(UserError);
  const circle = join(folder, 'circle.nii');
  await symlink(circle, circle);
  await expect(readVolume(circle)).rejects.toThrow('cannot be read (its links lead in a circle)');
  const nowhere = join(folder, 'nowhere.mha');
  await symlink(missing, nowhere);
  await expect(readVolume(nowhere)).rejects.toThrow(`${nowhere} cannot be read (it does not exist)`);
  const device = join(folder, 'device.nii');
  await symlink('/dev/zero', device);
  await expect(readVolume(device)).rejects.toThrow(`${device} cannot be read (it is a device)`);
});

test('a text that is far too large is refused without being read', async () => {
  for (const name of ['points.csv', 'points.tag', 'transform.txt']) {
    const path = join(folder, name);
    await writeFile(path, 'x,y,z');
    await truncate(path, 3e9);
    await expect(name === 'transform.txt' ? readTransform(path) : readLandmarks(path)).rejects.toThrow(
      `${path} has 2862 MB, and such a text may have at most 64 MB; give the right file, or split it.`,
    );
  }
});

test('an image is not taken for labels', async () => {
  const path = join(folder, 'image.nii');
  await writeVolume(path, volume);
  await expect(readLabels(path)).rejects.toThrow(`${path} holds fractions, so it is not a label map`);
});

test('an output that cannot be written is refused and leaves nothing behind', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  await expect(writeVolume(join(file, 'a.nii'), volume)).rejects.toThrow(
    'a.nii cannot be written (a part of the path is',
  );
  await expect(writeVolume(join(folder, 'a.mhd'), volume)).rejects.toThrow('ends in .nii, .nii.gz, .nrrd or .mha');
  const taken = join(folder, 'taken.nii');
  await mkdir(join(taken, 'inside'), { recursive: true });
  await expect(writeVolume(taken, volume)).rejects.toThrow(UserError);
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test.skipIf(process.getuid?.() === 0)('a folder without permission is refused (not testable as root)', async () => {
  const closed = join(folder, 'closed');
  await mkdir(closed);
  await chmod(closed, 0o555);
  await expect(writeVolume(join(closed, 'a.nii'), volume)).rejects.toThrow('permission denied');
});

test('writing replaces the file as a whole', async () => {
  const path = join(folder, 'state.json');
  await writeAtomically(path, '{"epoch":1}');
  await Promise.all([1, 2, 3].map((epoch) => writeAtomically(path, `{"epoch":${epoch}}`)));
  const text = new TextDecoder().decode(await nodeFiles().read(path));
  expect(text).toMatch(/^\{"epoch":[123]\}$/);
});

test('a file source reads, lists in order and knows what exists', async () => {
  const files = nodeFiles();
  const dir = join(folder, 'listed');
  await writeAtomically(join(dir, 'b.nii'), await encodeNifti(volume));
  await writeAtomically(join(dir, 'a.txt'), 'a');
  expect(await files.list(dir)).toEqual(['a.txt', 'b.nii']);
  expect((await files.read(join(dir, 'b.nii'))).length).toBe(352 + 96);
  expect([await files.exists(dir), await files.exists(join(dir, 'c'))]).toEqual([true, false]);
  await expect(files.list(join(dir, 'c'))).rejects.toThrow('cannot be listed (it does not exist)');
});
