import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { gzip } from '../../src/volume/gzip.ts';
import { decodeNifti, decodeNiftiVolumes, decodeWarp, toLabels, toVolume } from '../../src/volume/nifti.ts';
import { handmadeNifti } from './handmade.ts';

async function messageOf(work: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  throw new Error('no error was thrown');
}

const types: [number, string, number[]][] = [
  [2, 'uint8', [0, 255]],
  [256, 'int8', [-128, 127]],
  [4, 'int16', [-32768, 32767]],
  [512, 'uint16', [0, 65535]],
  [8, 'int32', [-(2 ** 31), 2 ** 31 - 1]],
  [768, 'uint32', [0, 2 ** 32 - 1]],
  [16, 'float32', [-1.5, 2 ** 100]],
  [64, 'float64', [Math.PI, -1e-300]],
  [1024, 'int64', [-(2 ** 40), 2 ** 50]],
  [1280, 'uint64', [0, 2 ** 53]],
];

for (const version of [1, 2] as const) {
  for (const littleEndian of [true, false]) {
    test(`NIfTI-${version}, ${littleEndian ? 'little' : 'big'} endian: every type is read exactly`, async () => {
      for (const [datatype, name, values] of types) {
        const bytes = handmadeNifti({ version, littleEndian, datatype, dim: [3, 2, 1, 1], values });
        const image = await decodeNifti(bytes, name);
        expect([name, ...image.data]).toEqual([name, ...values]);
        expect(image.size).toEqual([2, 1, 1]);
      }
    });
  }
}

test('voxels keep the order x, y, z and the file may lie inside a larger buffer', async () => {
  const bytes = handmadeNifti({ dim: [3, 2, 3, 4] });
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  const image = await decodeNifti(shifted.subarray(3), 'a.nii');
  expect(Array.from(image.data)).toEqual(Array.from({ length: 24 }, (_, i) => i));
  // The slice of a Node Buffer is no copy.
  const fromBuffer = await decodeNifti(Buffer.concat([Buffer.alloc(5), bytes]).subarray(5), 'a.nii');
  expect(fromBuffer.data).toEqual(image.data);
});

test('trailing axes of one voxel are dropped, and a gzip file is recognised by its content', async () => {
  const image = await decodeNifti(await gzip(handmadeNifti({ dim: [5, 2, 2, 2, 1, 1] })), 'a.nii');
  expect(image.size).toEqual([2, 2, 2]);
});

test('a picture is a volume of one slice, wherever its header leaves the third axis', async () => {
  for (const dim of [
    [2, 3, 2],
    [3, 3, 2, 1],
    [4, 3, 2, 1, 1],
  ]) {
    const image = await decodeNifti(handmadeNifti({ dim, pixdim: [1, 2, 2, 0] }), 'a.nii');
    expect(image.size).toEqual([3, 2, 1]);
    expect(image.affine).toEqual([2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    expect(Array.from(image.data)).toEqual([0, 1, 2, 3, 4, 5]);
    const srow = [0, 2, 0, 5, 2, 0, 0, 6, 0, 0, 0, 7];
    const placed = await decodeNifti(handmadeNifti({ dim, srow, sformCode: 1, pixdim: [1, 2, 2, 3] }), 'a.nii');
    expect(placed.affine).toEqual([0, 2, 0, 5, 2, 0, 0, 6, 0, 0, -3, 7, 0, 0, 0, 1]);
  }
});

test('slope and intercept are applied; slope 0 and NaN mean none', async () => {
  const volume = async (slope: number, inter: number) =>
    Array.from(toVolume(await decodeNifti(handmadeNifti({ dim: [3, 3, 1, 1], datatype: 4, slope, inter }), 'a')).data);
  expect(await volume(2, -1)).toEqual([-1, 1, 3]);
  expect(await volume(0, 7)).toEqual([0, 1, 2]);
  expect(await volume(Number.NaN, Number.NaN)).toEqual([0, 1, 2]);
});

const srow = [0, -2, 0, 10, 3, 0, 0, 20, 0, 0, 4, 30];
const half = Math.SQRT1_2;

for (const version of [1, 2] as const) {
  const affineOf = async (spec: Parameters<typeof handmadeNifti>[0]) =>
    (await decodeNifti(handmadeNifti({ ...spec, version }), 'a.nii')).affine;

  test(`NIfTI-${version} geometry: the sform wins, whatever the codes`, async () => {
    const both = { sformCode: 1, srow, qformCode: 2, pixdim: [1, 5, 5, 5] };
    expect(await affineOf(both)).toEqual([...srow, 0, 0, 0, 1]);
  });

  test(`NIfTI-${version} geometry: the qform is a rotation about z by 90°, left-handed with qfac −1`, async () => {
    const qform = { qformCode: 1, quatern: [0, 0, half] as const, qoffset: [7, 8, 9] as const };
    const right = await affineOf({ ...qform, pixdim: [1, 2, 3, 4] });
    const left = await affineOf({ ...qform, pixdim: [-1, 2, 3, 4] });
    const expected = [0, -3, 0, 7, 2, 0, 0, 8, 0, 0, 4, 9, 0, 0, 0, 1];
    for (const [i, value] of right.entries()) expect(value).toBeCloseTo(expected[i]!, 6);
    for (const [i, value] of left.entries()) expect(value).toBeCloseTo(i === 10 ? -4 : expected[i]!, 6);
  });

  test(`NIfTI-${version} geometry: without codes the voxel sizes count, without those 1 mm`, async () => {
    expect(await affineOf({ pixdim: [0, 2, -3, 0], srow })).toEqual([2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
  });

  test(`NIfTI-${version} geometry: metres and micrometres become millimetres`, async () => {
    const metres = await affineOf({ units: 1, pixdim: [1, 0.002, 0.003, 0.004] });
    expect(metres[0]).toBeCloseTo(2, 6);
    const micrometres = await affineOf({ units: 3, sformCode: 1, srow });
    expect(micrometres[11]).toBeCloseTo(0.03, 9);
  });
}

test('a half turn whose quaternion is longer than 1 by rounding stays a rotation', async () => {
  const bytes = handmadeNifti({ qformCode: 1, quatern: [0, half + 1e-4, half + 1e-4] });
  const { affine } = await decodeNifti(bytes, 'a.nii');
  expect(Math.hypot(affine[0]!, affine[4]!, affine[8]!)).toBeCloseTo(1, 6);
});

test('a singular sform falls back to the qform, and is refused without one', async () => {
  const flat = { sformCode: 1, srow: new Array(12).fill(0) };
  const image = await decodeNifti(handmadeNifti({ ...flat, qformCode: 1, pixdim: [1, 2, 2, 2] }), 'a.nii');
  expect(image.affine[0]).toBe(2);
  expect(await messageOf(decodeNifti(handmadeNifti(flat), 'a.nii'))).toContain('a.nii has no usable geometry');
});

test('damaged files are refused in a sentence that names them', async () => {
  const good = handmadeNifti({ dim: [3, 4, 4, 4] });
  const packed = await gzip(good);
  const refusal = async (bytes: Uint8Array) => messageOf(decodeNifti(bytes, 'brain.nii.gz'));

  expect(await refusal(new Uint8Array())).toBe('brain.nii.gz is empty; copy the file again.');
  expect(await refusal(packed.subarray(0, packed.length - 12))).toContain('brain.nii.gz is cut short or damaged');
  const flipped = packed.slice();
  flipped[packed.length - 6]! ^= 1;
  expect(await refusal(flipped)).toContain('brain.nii.gz is cut short or damaged');
  expect(await refusal(good.subarray(0, 400))).toBe(
    'brain.nii.gz is cut short: its header announces 4×4×4 voxels, 256 bytes, but the file has room for 48 bytes; copy the file again.',
  );
  expect(await refusal(good.subarray(0, 100))).toContain('cut short in its header');
  expect(await refusal(new Uint8Array(1000).fill(65))).toContain('is not a NIfTI file');
  expect(await refusal(handmadeNifti({ magic: 'ni1' }))).toContain('not a single-file NIfTI');
  expect(await refusal(handmadeNifti({ dim: [0] }))).toContain('damaged NIfTI header');
});

test('a header that claims terabytes is refused before memory is taken', async () => {
  const claims = [
    handmadeNifti({ version: 1, dim: [3, 32767, 32767, 32767], values: [1] }),
    handmadeNifti({ version: 2, dim: [3, 2 ** 40, 2 ** 40, 2 ** 40], values: [1] }),
    handmadeNifti({ version: 2, littleEndian: false, dim: [3, 2 ** 31 - 1, 2 ** 20, 4], values: [1] }),
  ];
  for (const bytes of claims) {
    expect(await messageOf(decodeNifti(await gzip(bytes), 'a.nii.gz'))).toMatch(
      /is cut short: .* [TPE]B, but the file has room for .* kB/,
    );
  }
});

test('input that is not one 3-D volume of real numbers is refused', async () => {
  const refusal = async (spec: Parameters<typeof handmadeNifti>[0]) =>
    messageOf(decodeNifti(handmadeNifti(spec), 'a.nii'));
  expect(await refusal({ dim: [4, 2, 2, 2, 5] })).toBe(
    'a.nii has 4 dimensions (2×2×2×5); give one 3-D volume, or choose one by its number, such as a.nii,1.',
  );
  expect(await refusal({ dim: [1, 4] })).toBe('a.nii has 1 dimensions (4); give one 3-D volume.');
  expect(await refusal({ dim: [3, 4, 0, 4] })).toContain('an axis without voxels (4×0×4)');
  expect(await refusal({ dim: [3, 4, -4, 4], values: [] })).toContain('an axis without voxels (4×-4×4)');
  expect(await refusal({ datatype: 32 })).toContain('a.nii holds complex numbers');
  expect(await refusal({ datatype: 128 })).toContain('a.nii holds RGB colours');
  expect(await refusal({ datatype: 77 })).toContain('the unknown type 77');
});

test('voxels that are no numbers are counted and refused', async () => {
  const image = await decodeNifti(handmadeNifti({ dim: [3, 3, 1, 1], values: [Number.NaN, 1, Infinity] }), 'a.nii');
  expect(await messageOf(() => toVolume(image))).toBe(
    'a.nii has 2 voxels that are not a finite number (NaN or infinity); replace them, for instance by 0.',
  );
  expect(await messageOf(() => toLabels(image))).toContain('a.nii has 2 voxels');
});

test('labels are whole numbers from 0', async () => {
  const labels = async (values: number[], datatype = 16, slope = 1) =>
    toLabels(await decodeNifti(handmadeNifti({ dim: [3, values.length, 1, 1], datatype, values, slope }), 'a.nii'));
  expect(Array.from((await labels([0, 1, 2.0001])).data)).toEqual([0, 1, 2]);
  expect(Array.from((await labels([0, 2 ** 30 + 1], 1024)).data)).toEqual([0, 2 ** 30 + 1]);
  expect(await messageOf(labels([0, 0.5]))).toContain('holds fractions');
  expect(await messageOf(labels([0, -1]))).toContain('the negative label -1');
  expect(await messageOf(labels([0, 2 ** 31], 768))).toContain('labels must be below');
  expect(await messageOf(labels(Array.from({ length: 100 }, (_, i) => (i * 37) % 50)))).toContain(
    'looks like an image, not a label map (50 different values',
  );
  // A parcellation has many labels, but in regions.
  expect((await labels(Array.from({ length: 400 }, (_, i) => Math.floor(i / 4)))).data[399]).toBe(99);
});

test('a displacement field is read by its intent: 1007 holds LPS, 1006 RAS', async () => {
  const field = { dim: [5, 2, 1, 1, 1, 3], values: [1, 2, 3, 4, 5, 6] };
  const vector = await decodeWarp(handmadeNifti({ ...field, intent: 1007 }), 'w.nii');
  expect(Array.from(vector.data)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(vector.size).toEqual([2, 1, 1]);
  const displacement = await decodeWarp(handmadeNifti({ ...field, intent: 1006, version: 2 }), 'w.nii');
  expect(Array.from(displacement.data)).toEqual([-1, -2, -3, -4, 5, 6]);
  expect(await messageOf(decodeWarp(handmadeNifti(field), 'w.nii'))).toContain(
    'w.nii is not a displacement field (2×1×1×1×3, intent 0)',
  );
  expect(await messageOf(decodeWarp(handmadeNifti(), 'w.nii'))).toContain('(2×2×2, intent 0)');
});

test('the volumes of a 4-D file are read by their number', async () => {
  const file = handmadeNifti({ dim: [4, 2, 2, 2, 3], slope: 2 });
  const all = await decodeNiftiVolumes(file, 'a.nii');
  expect(all.map(({ name, size, data }) => [name, size, [...data]])).toEqual(
    [0, 8, 16].map((first, n) => [`a.nii,${n + 1}`, [2, 2, 2], Array.from({ length: 8 }, (_, i) => first + i)]),
  );
  expect(await decodeNifti(file, 'a.nii', 2)).toEqual(all[1]);
  expect(await messageOf(decodeNifti(file, 'a.nii', 4))).toBe(
    'a.nii has no volume 4: it holds 3; give a number from 1 on.',
  );
});
