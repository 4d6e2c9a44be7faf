import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Image, readImageNode, writeImageNode } from '@itk-wasm/image-io';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readLabels, readVolume, readWarp, writeLabels, writeVolume, writeWarp } from '../../src/file/volumeFile.ts';
import type { Labels, Mat4, Volume, Warp } from '../../src/volume/grid.ts';
import { fromItkImage } from '../../src/volume/itkImage.ts';
import { flipRasLps, multiply, scaling, translation } from '../../src/volume/matrix.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earthmorph-itk-'));
});
afterAll(() => rm(folder, { recursive: true }));

const [cos, sin] = [Math.cos(0.4), Math.sin(0.4)];
const rotation: Mat4 = [cos, -sin, 0, 0, sin, cos, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
const oblique = (sign: 1 | -1) => multiply(translation([5, -6, 7]), multiply(rotation, scaling([0.5, 1.5, 2 * sign])));
const data = Float32Array.from({ length: 24 }, (_, i) => i / 4);

function expectAffine(found: Mat4, wanted: Mat4): void {
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(wanted[i]!, 4);
}

test.each(['nii.gz', 'nrrd', 'mha'])(
  'ITK finds our .%s files where we put them, right- and left-handed',
  async (extension) => {
    for (const sign of [1, -1] as const) {
      const volume: Volume = { size: [2, 3, 4], affine: oblique(sign), data };
      const path = join(folder, `volume${sign}.${extension}`);
      await writeVolume(path, volume);
      const seen = fromItkImage(await readImageNode(path), path);
      expectAffine(seen.affine, volume.affine);
      expect(Array.from(seen.data)).toEqual(Array.from(data));
      const labels: Labels = { ...volume, data: Int32Array.from(data, (_, i) => (i < 12 ? 0 : 300)) };
      await writeLabels(path, labels);
      const seenLabels = fromItkImage(await readImageNode(path), path);
      expect(Array.from(seenLabels.data)).toEqual(Array.from(labels.data));
      expect(seenLabels.data).toBeInstanceOf(Int16Array);
    }
  },
);

test.each(['nii', 'nrrd', 'mha'])(
  'ITK reads a warp in .%s as vectors with the LPS components that it was written with',
  async (extension) => {
    const warp: Warp = {
      size: [2, 3, 4],
      affine: oblique(-1),
      data: Float32Array.from({ length: 72 }, (_, i) => i + 1),
    };
    const path = join(folder, `warp.${extension}`);
    await writeWarp(path, warp);
    const image = await readImageNode(path);
    expect(image.imageType).toMatchObject({ components: 3, dimension: 3, componentType: 'float32' });
    // ITK interleaves the components.
    const seen = Array.from(image.data as Float32Array);
    expect(seen.slice(0, 6)).toEqual([1, 25, 49, 2, 26, 50]);
    expect(seen.slice(-3)).toEqual([24, 48, 72]);
    const geometry = fromItkImage(
      { ...image, imageType: { ...image.imageType, components: 1 }, data: new Float32Array(24) },
      path,
    );
    expectAffine(geometry.affine, warp.affine);
  },
);

test.each(['nii.gz', 'nrrd', 'nhdr', 'mha', 'mhd'])('a warp that ITK wrote as .%s is read', async (extension) => {
  const warp: Warp = { size: [2, 3, 4], affine: oblique(-1), data: Float32Array.from({ length: 72 }, (_, i) => i + 1) };
  const source = join(folder, 'field.nii');
  await writeWarp(source, warp);
  const image: Image = await readImageNode(source);
  image.metadata = new Map();
  const path = join(folder, `field-itk.${extension}`);
  await writeImageNode(image, path);
  const found = await readWarp(path);
  expect(found.size).toEqual(warp.size);
  expect(found.data).toEqual(warp.data);
  expectAffine(found.affine, warp.affine);
});

test('what ITK writes is read with data and geometry', async () => {
  const source = join(folder, 'source.nii');
  const volume: Volume = { size: [2, 3, 4], affine: oblique(1), data };
  await writeVolume(source, volume);
  const image: Image = await readImageNode(source);
  image.metadata = new Map(); // NIfTI's own fields, about which the other writers complain
  for (const extension of ['nrrd', 'nhdr', 'mha', 'mhd', 'mgh', 'mgz', 'hdf5']) {
    const path = join(folder, `image.${extension}`);
    await writeImageNode(image, path);
    const found = await readVolume(path);
    expect(found.size).toEqual(volume.size);
    expect(found.data).toEqual(data);
    expectAffine(found.affine, volume.affine);
  }
});

const header = [
  'NRRD0004',
  'type: short',
  'dimension: 3',
  'space: left-posterior-superior',
  'sizes: 2 3 4',
  'space directions: (0,2,0) (-3,0,0) (0,0,4)',
  'endian: little',
  'encoding: raw',
  'space origin: (10,20,30)',
];

async function handmadeNrrd(name: string, lines: readonly string[], values: Int16Array): Promise<string> {
  const path = join(folder, name);
  const text = new TextEncoder().encode(`${lines.join('\n')}\n\n`);
  await writeFile(path, [text, new Uint8Array(values.buffer)]);
  return path;
}

test('a NRRD written by hand has its axes where its header says', async () => {
  const values = Int16Array.from({ length: 24 }, (_, i) => (i < 12 ? 0 : 2));
  const image = await readLabels(await handmadeNrrd('hand.nrrd', header, values));
  expect(image.data).toEqual(Int32Array.from(values));
  // Rows: R, A, S. Axis i runs 2 mm along P, j 3 mm along R, k 4 mm along S.
  expectAffine(image.affine, [0, 3, 0, -10, -2, 0, 0, -20, 0, 0, 4, 30, 0, 0, 0, 1]);
});

test('damaged files are refused in a sentence', async () => {
  const short = await handmadeNrrd('short.nrrd', header, new Int16Array(5));
  await expect(readVolume(short)).rejects.toThrow(`${short} is cut short: its header announces 2×3×4 voxels, 48 bytes`);
  const text = join(folder, 'text.mha');
  await writeFile(text, 'not an image');
  await expect(readVolume(text)).rejects.toThrow('text.mha is not a MetaImage file, or its header is damaged');
});

/** An image along the axes, which MRC, VTK and GIPL can hold, as ITK writes it. */
async function written(extension: string): Promise<string> {
  const path = join(folder, `straight.${extension}`);
  const source = join(folder, 'straight.nii');
  await writeVolume(source, { size: [2, 3, 4], affine: multiply(flipRasLps, scaling([1, 2, 3])), data });
  const image: Image = await readImageNode(source);
  image.metadata = new Map();
  await writeImageNode(image, path);
  return path;
}

const rare = ['gipl', 'gipl.gz', 'mrc', 'vtk', 'hdf5'];

test('GIPL, MRC, VTK and HDF5 are read, and refused when they are cut, without a word of ITK', async () => {
  const streams = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
  const printed = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error')];
  for (const spy of [...streams, ...printed]) spy.mockImplementation(() => true as never);
  const outcomes: string[] = [];
  for (const extension of rare) {
    const path = await written(extension);
    const bytes = await readFile(path);
    const whole = await readVolume(path);
    outcomes.push(`${extension} ${whole.size.join('×')} ${whole.data.join() === data.join() ? 'equal' : 'different'}`);
    for (const share of [0, 0.2, 0.6, 0.95]) {
      await writeFile(path, bytes.subarray(0, Math.floor(bytes.length * share)));
      outcomes.push(
        await readVolume(path).then(
          () => 'read',
          (error: Error) => `${error.name}: ${error.message}`,
        ),
      );
    }
  }
  const words = [...streams, ...printed].flatMap(({ mock }) => mock.calls);
  for (const spy of [...streams, ...printed]) spy.mockRestore();
  expect(words).toEqual([]);
  expect(process.exitCode ?? 0).toBe(0);
  expect(outcomes.filter((_, i) => i % 5 === 0)).toEqual(rare.map((extension) => `${extension} 2×3×4 equal`));
  for (const outcome of outcomes.filter((_, i) => i % 5 !== 0))
    expect(outcome).toMatch(/^UserError: \S+straight\.\S+ is (empty|cut short|damaged|not )[^\n]*\.$/);
});

test('every format is read below a folder that is a link, through a link, and whatever its name', async () => {
  const real = join(folder, 'real a %d');
  await mkdir(real);
  await symlink(real, join(folder, 'link'));
  for (const extension of ['nii.gz', 'nrrd', 'mha', 'mhd', 'mgz', ...rare]) {
    const path = extension === 'nii.gz' ? join(folder, 'straight.nii') : await written(extension);
    const name = extension === 'nii.gz' ? 'a.nii' : `a.${extension}`;
    await copyFile(path, join(real, name));
    if (extension === 'mhd') await copyFile(join(folder, 'straight.raw'), join(real, 'straight.raw'));
    const through = join(folder, `through-${name}`);
    await symlink(join(real, name), through);
    const odd = join(real, `b %03d #?ü x,y ${name.toUpperCase()}`);
    await copyFile(path, odd);
    for (const each of [join(folder, 'link', name), through, odd]) expect((await readVolume(each)).data).toEqual(data);
  }
});
