import { describe, expect, test } from 'vitest';
import { randomStream } from '../../src/random.ts';
import type { Mat4, Warp } from '../../src/volume/grid.ts';
import { multiply, scaling, translation } from '../../src/volume/matrix.ts';
import { decodeMetaImage, decodeMetaImageWarp } from '../../src/volume/metaImage.ts';
import { encodeMetaImage } from '../../src/volume/metaImageEncode.ts';
import { decodeNrrd, decodeNrrdWarp } from '../../src/volume/nrrd.ts';
import { encodeNrrd } from '../../src/volume/nrrdEncode.ts';
import { toLabels, toVolume } from '../../src/volume/storedImage.ts';
import { filesOf, headed } from './headerFiles.ts';

const formats = [
  { name: 'a.nrrd', encode: encodeNrrd, decode: decodeNrrd, decodeWarp: decodeNrrdWarp },
  { name: 'a.mha', encode: encodeMetaImage, decode: decodeMetaImage, decodeWarp: decodeMetaImageWarp },
];
const [cos, sin] = [Math.cos(0.4), Math.sin(0.4)];
const tilt: Mat4 = [1, 0, 0, 0, 0, cos, -sin, 0, 0, sin, cos, 0, 0, 0, 0, 1];
const size = [4, 3, 2] as const;
const grids: Readonly<Record<string, Mat4>> = {
  straight: scaling([1, 1, 1]),
  'tilted, anisotropic': multiply(translation([5.25, -60.1, 1 / 3]), multiply(tilt, scaling([0.7, 1.1, 3]))),
  'LAS, tilted': multiply(
    translation([90, -126, -72]),
    multiply(scaling([-1, 1, 1]), multiply(tilt, scaling([2, 1, 0.5]))),
  ),
  sheared: [1, 0.2, 0, 5, 0, 1, 0.1, 6, 0, 0, 1, 7, 0, 0, 0, 1],
};
const random = randomStream(3, 'encode');
const values = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());

function expectClose(found: Mat4, wanted: Mat4): void {
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(wanted[i]!, 9);
}

describe.each(formats)('$name', ({ name, encode, decode, decodeWarp }) => {
  test.each(Object.entries(grids))('volume, labels and warp come back from a grid that is %s', async (_, affine) => {
    const volume = { size, affine, data: values(24) };
    const image = toVolume(await decode(await encode(volume), name, filesOf()));
    expect(image.data).toEqual(volume.data);
    expect(image.size).toEqual(size);
    expectClose(image.affine, affine);

    const warp: Warp = { size, affine, data: values(72) };
    const field = await decodeWarp(await encode(warp), name, filesOf());
    expect(field.data).toEqual(warp.data);
    expect(field.size).toEqual(size);
    expectClose(field.affine, affine);

    for (const most of [200, 300, 40000, 70000]) {
      const labels = {
        size,
        affine,
        data: Int32Array.from({ length: 24 }, (_, i) => (i < 12 ? 0 : i < 18 ? 1 : most)),
      };
      const stored = await decode(await encode(labels), name, filesOf());
      expect(stored.data.BYTES_PER_ELEMENT).toBe(most < 256 ? 1 : most < 65536 ? 2 : 4);
      expect(toLabels(stored).data).toEqual(labels.data);
    }
  });

  test('refuses a plain image as a warp, a warp as an image, and what is cut', async () => {
    const volume = { size, affine: scaling([1, 1, 1]), data: values(24) };
    await expect(decodeWarp(await encode(volume), name, filesOf())).rejects.toThrow(
      /^a\.\w+ is not a displacement field/,
    );
    const warp = await encode({ ...volume, data: values(72) });
    await expect(decode(warp, name, filesOf())).rejects.toThrow(/has 4 dimensions|has 3 values a voxel/);
    await expect(decodeWarp(warp.subarray(0, warp.length - 20), name, filesOf())).rejects.toThrow(/cut short/);
    await expect(encode({ ...volume, data: new Float32Array(24).fill(Number.NaN) })).rejects.toThrow(/not numbers/);
  });
});

describe('a NRRD of vectors', () => {
  const vectors = Float32Array.from({ length: 24 }, (_, i) => i);
  const nrrd = (change: Readonly<Record<string, string>> = {}) => {
    const fields = {
      type: 'float',
      dimension: '4',
      space: 'left-posterior-superior',
      sizes: '3 2 2 2',
      'space directions': 'none (1,0,0) (0,1,0) (0,0,1)',
      kinds: 'vector domain domain domain',
      endian: 'little',
      encoding: 'raw',
      ...change,
    };
    const lines = Object.entries(fields).map(([key, text]) => `${key}: ${text}`);
    return decodeNrrdWarp(headed(['NRRD0005', ...lines, ''], new Uint8Array(vectors.buffer)), 'v.nrrd', filesOf());
  };

  test('may have its components first or last', async () => {
    expect(Array.from((await nrrd()).data.subarray(0, 3))).toEqual([0, 3, 6]);
    const last = await nrrd({ sizes: '2 2 2 3', 'space directions': '(1,0,0) (0,1,0) (0,0,1) none' });
    expect(last.data).toEqual(vectors);
    expect(last.size).toEqual([2, 2, 2]);
  });

  test.each([
    ['another space', { space: 'right-anterior-superior' }, /does not say in which frame its vectors are/],
    [
      'another frame',
      { 'measurement frame': '(-1,0,0) (0,-1,0) (0,0,1)' },
      /does not say in which frame its vectors are/,
    ],
    ['two components', { sizes: '2 3 2 2' }, /is not a displacement field \(2×3×2×2\)/],
  ])('is refused with %s', async (_, change, sentence) => {
    await expect(nrrd(change)).rejects.toThrow(sentence);
  });

  test('with the plain frame is read', async () => {
    expect((await nrrd({ 'measurement frame': '(1,0,0) (0,1,0) (0,0,1)' })).size).toEqual([2, 2, 2]);
  });
});
