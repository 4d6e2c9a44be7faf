import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { itkFormat, wholeItkFile } from '../../src/volume/itkLayout.ts';
import { big, headed, voxels } from './headerFiles.ts';

function gipl(size: readonly number[], type = 15): Buffer {
  const header = Buffer.alloc(256);
  for (const [i, n] of size.entries()) header.writeUInt16BE(n, 2 * i);
  header.writeUInt16BE(type, 8);
  header.writeUInt32BE(0xefffe9b0, 252);
  return Buffer.concat([header, big]);
}

function mrc(size: readonly number[], mode = 1, extended = 0): Buffer {
  const header = Buffer.alloc(1024 + Math.max(extended, 0));
  for (const [i, n] of [...size, mode].entries()) header.writeInt32BE(n, 4 * i);
  header.writeInt32BE(extended, 92);
  header.writeUInt8(0x11, 212);
  return Buffer.concat([header, big]);
}

function vtk(size: string, body: Uint8Array = big, coding = 'BINARY', colours = ['LOOKUP_TABLE default']): Uint8Array {
  const data = ['DATASET STRUCTURED_POINTS', `DIMENSIONS ${size}`, 'POINT_DATA 24', 'SCALARS scalars short 1'];
  return headed(['# vtk DataFile Version 3.0', 'by hand', coding, ...data, ...colours], body);
}

const outcome = (bytes: Uint8Array, name: string) =>
  wholeItkFile(bytes, itkFormat(name), name).then(
    (whole) => whole.length,
    (error: Error) => `${error.name}: ${error.message}`,
  );

test('a file that holds what its header announces is handed on, unpacked as far as it asks', async () => {
  const packed = gzipSync(Buffer.concat([gipl([2, 3, 4, 1]), Buffer.alloc(5000)]));
  expect(await outcome(gipl([2, 3, 4, 0]), 'a.gipl')).toBe(304);
  expect(await outcome(packed, 'A.GIPL.GZ')).toBe(304);
  expect(await outcome(mrc([2, 3, 4], 1, 80), 'a.mrc')).toBe(1024 + 80 + 48);
  expect(await outcome(vtk('2 3 4'), 'a.vtk')).toBe(vtk('2 3 4').length);
  expect(await outcome(vtk('2 3 4', big, 'BINARY', []), 'a.vtk')).toBe(vtk('2 3 4', big, 'BINARY', []).length);
  const text = vtk('2 3 4', Buffer.from(voxels.join(' ')), 'ASCII');
  expect(await outcome(text, 'a.vtk')).toBe(text.length);
});

test('a header that announces more than there is, or what cannot be, is refused', async () => {
  const short = 'is cut short: its header announces 2×3×5 voxels, 60 bytes, but the file has room for 48 bytes';
  expect(await outcome(gipl([2, 3, 5, 1]), 'a.gipl')).toContain(short);
  expect(await outcome(gzipSync(gipl([2, 3, 5, 1])), 'a.gipl.gz')).toContain(short);
  expect(await outcome(mrc([2, 3, 5]), 'a.mrc')).toContain(short);
  expect(await outcome(vtk('2 3 5'), 'a.vtk')).toContain(short);
  expect(await outcome(vtk('2 3 5', big, 'BINARY', []), 'a.vtk')).toContain(short);
  expect(await outcome(vtk('2 3 4', Buffer.from('1 2 3'), 'ASCII'), 'a.vtk')).toContain('but there are 3 numbers');
  expect(await outcome(mrc([90000, 90000, 90000]), 'a.mrc')).toContain('1.46 PB');
  expect(await outcome(mrc([2, 3, 0]), 'a.mrc')).toContain('has an axis without voxels');
  expect(await outcome(mrc([2, 3, 4], 1, -8), 'a.mrc')).toContain('damaged MRC header');
  expect(await outcome(mrc([2, 3, 4], 77), 'a.mrc')).toContain('elements of the type 77');
  expect(await outcome(gipl([2, 3, 4], 99), 'a.gipl')).toContain('elements of the type 99');
  expect(await outcome(Buffer.alloc(400), 'a.gipl')).toContain('is not a GIPL file');
  expect(await outcome(vtk('2 3'), 'a.vtk')).toContain('"DIMENSIONS 2 3", which needs 3 numbers');
  expect(await outcome(Buffer.from('hello'), 'a.vtk')).toContain('is not a legacy VTK file');
});
