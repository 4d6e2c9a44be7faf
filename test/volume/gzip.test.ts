import { zlibSync } from 'fflate';
import { beforeAll, expect, test } from 'vitest';
import { gzip, isGzip, unpack } from '../../src/volume/gzip.ts';
import { decodeNifti } from '../../src/volume/nifti.ts';
import { handmadeNifti } from './handmade.ts';

const data = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251);
const all = { from: 0, to: data.length };
const MEGABYTE = 2 ** 20;

/** Zeros, packed: members of a gzip file follow each other. */
let zeros: Uint8Array;
beforeAll(async () => {
  zeros = await gzip(new Uint8Array(64 * MEGABYTE));
});

function followed(packed: Uint8Array, members: number): Uint8Array {
  return Buffer.concat([packed, ...Array<Uint8Array>(members).fill(zeros)]);
}

test('a part of gzip and zlib data is unpacked', async () => {
  const packed = await gzip(data);
  expect(isGzip(packed)).toBe(true);
  expect(await unpack(packed, 'a', 'gzip', () => all)).toEqual(data);
  expect(await unpack(zlibSync(data), 'a', 'deflate', () => all)).toEqual(data);
  for (const [from, to] of [
    [0, 10],
    [10, 1500],
    [1024, 1025],
    [3000, 5000],
  ] as const)
    expect(await unpack(packed, 'a', 'gzip', () => ({ from, to, end: 5000 }))).toEqual(data.subarray(from, to));
  expect((await unpack(packed, 'a', 'gzip', () => ({ from: 4990, to: 6000 }))).length).toBe(10);
  expect((await unpack(packed, 'a', 'gzip', () => ({ from: 6000, to: 6100 }))).length).toBe(0);
});

test('a cut or a changed byte anywhere in packed data is noticed, wherever the part lies', async () => {
  for (const [packing, packed] of [
    ['gzip', await gzip(data)],
    ['deflate', zlibSync(data)],
  ] as const) {
    const refusal = (bytes: Uint8Array) => unpack(bytes, 'a.mha', packing, () => ({ from: 0, to: 10, end: 5000 }));
    for (let n = 0; n < packed.length; n += 97)
      await expect(refusal(packed.subarray(0, n))).rejects.toThrow(
        /^a\.mha is cut short or damaged .*; copy the file again\.$/,
      );
    // Bytes 4 to 9 of gzip's header are a time, hints and a system, which change nothing.
    for (let n = packing === 'gzip' ? 10 : 2; n < packed.length; n += 89) {
      const changed = packed.slice();
      changed[n]! ^= 0x10;
      await expect(refusal(changed)).rejects.toThrow('a.mha is cut short or damaged');
    }
  }
});

test('what follows the announced data is read past, not kept', async () => {
  const out = await unpack(followed(await gzip(data), 2), 'a', 'gzip', () => all);
  expect(out).toEqual(data);
  expect(out.buffer.byteLength).toBe(data.length);

  const nifti = followed(await gzip(handmadeNifti({ dim: [3, 2, 2, 2] })), 2);
  expect(Array.from((await decodeNifti(nifti, 'a.nii.gz')).data)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('data that go on far beyond what is announced are refused', async () => {
  const nifti = followed(await gzip(handmadeNifti({ dim: [3, 2, 2, 2] })), 17);
  await expect(decodeNifti(nifti, 'a.nii.gz')).rejects.toThrow(
    /^a\.nii\.gz is damaged: its header announces 384 bytes, but it unpacks to far more; copy or convert the file again\.$/,
  );
});

test('more than packed data can hold is refused before memory is taken', async () => {
  const claim = await gzip(handmadeNifti({ dim: [3, 1000, 1000, 100], values: [1] }));
  await expect(decodeNifti(claim, 'a.nii.gz')).rejects.toThrow(
    /^a\.nii\.gz is cut short: its header announces 1000×1000×100 voxels, 400 MB, but the file has room for [\d.]+ kB; /,
  );
  // 2 GB of zeros are there, so the header could be right.
  const many = followed(await gzip(handmadeNifti({ dim: [3, 1300, 1300, 1300], datatype: 2, values: [1] })), 34);
  await expect(decodeNifti(many, 'a.nii.gz')).rejects.toThrow(
    'a.nii.gz has 1300×1300×1300 voxels, and at most 1073741824 are possible',
  );
});
