import { expect, test } from 'vitest';
import {
  assertWorkable,
  decodeVoxels,
  parseNumbers,
  readableBytes,
  type VoxelLayout,
} from '../../src/volume/voxels.ts';

const layout = (type: VoxelLayout['type'], ...shape: number[]): VoxelLayout => ({ shape, type, littleEndian: false });

test('voxels are decoded in their byte order, from anywhere in memory', () => {
  const bytes = Uint8Array.of(9, 0, 1, 255, 254, 0, 0, 0, 0, 0, 0, 0, 5).subarray(1);
  expect(decodeVoxels(bytes, layout('int16', 2, 1, 1), 'a')).toEqual(Int16Array.of(1, -2));
  expect(decodeVoxels(bytes, { ...layout('uint16', 2, 1, 1), littleEndian: true }, 'a')).toEqual(
    Uint16Array.of(256, 65279),
  );
  expect(decodeVoxels(bytes.subarray(4), layout('int64', 1, 1, 1), 'a')).toEqual(Float64Array.of(5));
  expect(() => decodeVoxels(bytes, layout('int16', 7, 1, 1), 'a.nrrd')).toThrow(
    'a.nrrd is cut short: its header announces 7×1×1 voxels, 14 bytes, but the file has room for 12 bytes; copy the file again.',
  );
});

test('voxels that are written as numbers are parsed, and no word is taken for one', () => {
  const parse = (text: string, type: VoxelLayout['type'], count: number) =>
    Array.from(decodeVoxels(parseNumbers(text, layout(type, count, 1, 1), 'a'), layout(type, count, 1, 1), 'a'));
  expect(parse(' 1.5,-2e3\n nan inf -INF ', 'float32', 5)).toEqual([1.5, -2000, Number.NaN, Infinity, -Infinity]);
  expect(parse('-7 8 9', 'int64', 2)).toEqual([-7, 8]);
  expect(() => parse('1 2 x', 'uint8', 3)).toThrow(
    'a is damaged: it has "x" in place of a number; copy the file again.',
  );
  expect(() => parse('1 2   ', 'uint8', 3)).toThrow('announces 3×1×1 voxels, but there are 2 numbers');
});

test('there is a limit to what is worked with', () => {
  expect(() => assertWorkable([1024, 1024, 1024], 'a')).not.toThrow();
  expect(() => assertWorkable([1024, 1024, 1025], 'a')).toThrow(
    'a has 1024×1024×1025 voxels, and at most 1073741824 are possible; resample it to larger voxels.',
  );
});

test('bytes are said in words', () => {
  expect([0, 1, 999, 1500, 2.5e6, 4.8e9, 3e14, 8e28].map(readableBytes)).toEqual([
    ...['no bytes', '1 bytes', '999 bytes', '1.50 kB', '2.50 MB', '4.80 GB', '300 TB'],
    '8.00e+10 EB',
  ]);
});
