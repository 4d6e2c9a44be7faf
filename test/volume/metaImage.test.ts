import { deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodeMetaImage } from '../../src/volume/metaImage.ts';
import { big, filesOf, headed, little, plain, voxels } from './headerFiles.ts';

const fields = {
  ObjectType: 'Image',
  NDims: '3',
  BinaryData: 'True',
  BinaryDataByteOrderMSB: 'False',
  CompressedData: 'False',
  TransformMatrix: '0 1 0 -1 0 0 0 0 1',
  Offset: '10 20 30',
  ElementSpacing: '1 2 3',
  DimSize: '2 3 4',
  ElementType: 'MET_SHORT',
};
type Fields = Readonly<Record<string, string | undefined>>;

function meta(change: Fields = {}, body: Uint8Array = little): Uint8Array {
  const { ElementDataFile = 'LOCAL', ...rest }: Fields = { ...fields, ...change };
  const lines = Object.entries(rest).flatMap(([key, text]) => (text === undefined ? [] : [`${key} = ${text}`]));
  return headed([...lines, `ElementDataFile = ${ElementDataFile}`], body);
}

const decode = (bytes: Uint8Array, files = filesOf()) => decodeMetaImage(bytes, 'scans/a.mha', files);
const refusal = (bytes: Uint8Array, files = filesOf()) =>
  decode(bytes, files).then(
    () => 'read',
    (error: Error) => `${error.name}: ${error.message}`,
  );
const packed = { CompressedData: 'True' };
const zlib = deflateSync(little);

test('the geometry is LPS, with the directions of the axes as rows', async () => {
  const rows = async (change: Fields) => plain((await decode(meta(change))).affine).slice(0, 12);
  // Axis i runs 1 mm along P, j 2 mm along R, k 3 mm along S.
  const turned = [0, 2, 0, -10, -1, 0, 0, -20, 0, 0, 3, 30];
  expect(await rows({})).toEqual(turned);
  expect(await rows({ Offset: undefined, Position: '10 20 30' })).toEqual(turned);
  expect(
    await rows({ Offset: undefined, Origin: '10 20 30', ElementSpacing: undefined, ElementSize: '1 2 3' }),
  ).toEqual(turned);
  expect(await rows({ TransformMatrix: undefined, Rotation: '0 1 0 -1 0 0 0 0 1' })).toEqual(turned);
  expect(await rows({ TransformMatrix: undefined, Offset: undefined, ElementSpacing: undefined })).toEqual([
    -1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0,
  ]);
  const four = { NDims: '4', DimSize: '2 3 4 1', Offset: '10 20 30 0', ElementSpacing: '1 2 3 1' };
  expect(await rows({ ...four, TransformMatrix: '0 1 0 0 -1 0 0 0 0 0 1 0 0 0 0 1' })).toEqual(turned);
});

test('raw, packed and written voxels are the same, in the file or beside it', async () => {
  const files = filesOf({
    'scans/a %d ü.raw': little,
    'scans/a.zraw': zlib,
    'scans/longer.raw': Buffer.concat([Buffer.from('head'), little]),
    ...Object.fromEntries([1, 2, 3, 4].map((n) => [`scans/s0${n}.raw`, little.subarray(12 * n - 12, 12 * n)])),
  });
  for (const bytes of [
    meta(),
    meta({ BinaryDataByteOrderMSB: 'True' }, big),
    meta({ BinaryDataByteOrderMSB: undefined, ElementByteOrderMSB: 'True' }, big),
    meta(packed, zlib),
    meta({ ...packed, CompressedDataSize: String(zlib.length) }, Buffer.concat([zlib, Buffer.from('more')])),
    meta(packed, gzipSync(little)),
    meta({ BinaryData: 'False' }, Buffer.from([...voxels].join(' '))),
    meta({ HeaderSize: '-1' }, Buffer.concat([Buffer.from('more'), little])),
    meta({ ElementDataFile: 'a %d ü.raw' }, Buffer.alloc(0)),
    meta({ ...packed, ElementDataFile: 'a.zraw' }, Buffer.alloc(0)),
    meta({ ElementDataFile: 'longer.raw', HeaderSize: '4' }, Buffer.alloc(0)),
    meta({ ElementDataFile: 'LIST' }, Buffer.from('s01.raw\ns02.raw\ns03.raw\ns04.raw\n')),
    meta({ ElementDataFile: 's%02d.raw 1 4 1' }, Buffer.alloc(0)),
  ])
    expect(Array.from((await decode(bytes, files)).data)).toEqual(Array.from(voxels));
  expect(await refusal(meta({ ElementDataFile: 'b.raw' }))).toBe(
    'UserError: scans/a.mha has its voxels in scans/b.raw, which is missing; copy that file there too.',
  );
});

test('a file that is cut anywhere is refused in one sentence', async () => {
  for (const bytes of [meta(), meta(packed, zlib), meta({ ...packed, CompressedDataSize: String(zlib.length) }, zlib)])
    for (let n = 0; n < bytes.length; n++)
      expect(await refusal(bytes.subarray(0, n))).toMatch(/^UserError: scans\/a\.mha .*; [^;]*\.$/);
  for (let n = 0; n < zlib.length; n++) {
    const files = filesOf({ 'scans/a.zraw': zlib.subarray(0, n), 'scans/a.raw': little.subarray(0, n - zlib.length) });
    for (const change of [{ ...packed, ElementDataFile: 'a.zraw' }, { ElementDataFile: 'a.raw' }])
      expect(await refusal(meta(change, Buffer.alloc(0)), files)).toMatch(/^UserError: scans\/a\.z?raw is cut short/);
  }
});

test('a changed byte in packed voxels is refused', async () => {
  const bytes = meta(packed, zlib);
  for (let n = bytes.length - zlib.length; n < bytes.length; n++) {
    const changed = bytes.slice();
    changed[n]! ^= 4;
    expect(await refusal(changed)).toContain('scans/a.mha is cut short or damaged (its zlib data cannot be unpacked)');
  }
});

test('a header that cannot be right is refused with its line', async () => {
  for (const [change, sentence] of [
    [{ ElementType: 'MET_OTHER' }, '"ElementType = MET_OTHER", which is not supported'],
    [{ ElementNumberOfChannels: '3' }, 'has 3 values a voxel'],
    [{ DimSize: '2 3' }, '"DimSize = 2 3", which needs 3 numbers'],
    [{ DimSize: '2 -3 4' }, 'has an axis without voxels (2×-3×4)'],
    [{ DimSize: '90000 90000 90000' }, 'and at most 1073741824 are possible'],
    [
      { DimSize: '900 900 900' },
      'is cut short: its header announces 900×900×900 voxels, 1.46 GB, but the file has room for 48 bytes',
    ],
    [{ CompressedData: 'Maybe' }, '"CompressedData = Maybe", which must be True or False'],
    [{ ElementSpacing: '0 1 1' }, 'has no usable geometry'],
    [
      { NDims: '2', DimSize: '6 4', TransformMatrix: undefined, Offset: '0 0', ElementSpacing: '1 1' },
      'has 2 dimensions (6×4)',
    ],
    [{ ElementType: undefined }, 'it has no line "ElementType"'],
  ] as const)
    expect(await refusal(meta(change))).toContain(sentence);
  expect(await refusal(meta({ ...packed, DimSize: '900 900 900' }, zlib))).toMatch(
    /1\.46 GB, but the file has room for [\d.]+ kB/,
  );
  expect(await refusal(Buffer.from('not an image'))).toContain('scans/a.mha is not a MetaImage file');
});
