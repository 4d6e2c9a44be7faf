import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodeMgh } from '../../src/volume/mgh.ts';
import { big, plain, voxels } from './headerFiles.ts';

interface Spec {
  readonly version?: number;
  readonly size?: readonly number[];
  readonly frames?: number;
  readonly type?: number;
  readonly geometry?: readonly number[] | undefined;
}

/** Spacing, axis i along A, j along L, k along S, and the position of the middle. */
const turned = [1, 1.5, 2, 0, 1, 0, -1, 0, 0, 0, 0, 1, 3, -4, 5];

function mgh(
  { version = 1, size = [2, 3, 4], frames = 1, type = 4, geometry = turned }: Spec,
  body: Uint8Array = big,
): Buffer {
  const header = Buffer.alloc(284);
  for (const [i, value] of [version, ...size, frames, type, 0].entries()) header.writeInt32BE(value, 4 * i);
  header.writeInt16BE(geometry.length > 0 ? 1 : 0, 28);
  for (const [i, value] of geometry.entries()) header.writeFloatBE(value, 30 + 4 * i);
  return Buffer.concat([header, body]);
}

const refusal = (bytes: Uint8Array) =>
  decodeMgh(bytes, 'a.mgz').then(
    () => 'read',
    (error: Error) => `${error.name}: ${error.message}`,
  );

test('voxels and geometry are read, packed or not, with what follows them', async () => {
  const whole = mgh({});
  for (const bytes of [
    whole,
    gzipSync(whole),
    Buffer.concat([whole, Buffer.alloc(100)]),
    gzipSync(Buffer.concat([whole, Buffer.alloc(100)])),
  ]) {
    const { size, affine, data } = await decodeMgh(bytes, 'a.mgz');
    expect(size).toEqual([2, 3, 4]);
    expect(data).toEqual(voxels);
    // The middle is 1, 1.5 and 2 voxels from the first.
    expect(plain(affine)).toEqual([0, -1.5, 0, 5.25, 1, 0, 0, -5, 0, 0, 2, 1, 0, 0, 0, 1]);
  }
  const coronal = await decodeMgh(mgh({ geometry: [] }), 'a.mgh');
  expect(plain(coronal.affine)).toEqual([-1, 0, 0, 1, 0, 0, 1, -2, 0, -1, 0, 1.5, 0, 0, 0, 1]);
  expect((await decodeMgh(mgh({ type: 0 }), 'a.mgh')).data).toEqual(big.slice(0, 24));
  const floats = Buffer.alloc(8);
  floats.writeFloatBE(1.5, 0);
  floats.writeFloatBE(-2, 4);
  expect((await decodeMgh(mgh({ type: 3, size: [2, 1, 1] }, floats), 'a.mgh')).data).toEqual(Float32Array.of(1.5, -2));
});

test('a file that is cut anywhere is refused in one sentence', async () => {
  const whole = mgh({});
  for (const bytes of [whole, gzipSync(whole)])
    for (let n = 0; n < bytes.length; n++)
      expect(await refusal(bytes.subarray(0, n))).toMatch(/^UserError: a\.mgz .*; [^;]*\.$/);
  expect(await refusal(whole.subarray(0, 300))).toContain(
    'announces 2×3×4 voxels, 48 bytes, but the file has room for 16 bytes',
  );
  expect(await refusal(gzipSync(whole.subarray(0, 300)))).toContain('has room for 16 bytes');
});

test('a changed byte in a packed file is refused', async () => {
  const bytes = gzipSync(mgh({}));
  for (let n = 10; n < bytes.length; n++) {
    const changed = Buffer.from(bytes);
    changed[n]! ^= 1;
    expect(await refusal(changed)).toMatch(/^UserError: a\.mgz /);
  }
});

test('a header that cannot be right is refused', async () => {
  for (const [spec, sentence] of [
    [{ version: 7 }, 'is not an MGH file'],
    [{ frames: 2 }, 'has 4 dimensions (2×3×4×2); give one 3-D volume'],
    [{ type: 99 }, 'holds elements of the unknown type 99'],
    [{ size: [2, 0, 4] }, 'has an axis without voxels (2×0×4)'],
    [{ size: [2000000, 30000, 40000] }, 'is cut short: its header announces 2000000×30000×40000 voxels, 4.80 PB'],
    [{ geometry: turned.map((value, i) => (i < 3 ? 0 : value)) }, 'has no usable geometry'],
    [{ geometry: turned.map(() => Number.NaN) }, 'has no usable geometry'],
  ] as const) {
    expect(await refusal(mgh(spec))).toContain(sentence);
    expect(await refusal(gzipSync(mgh(spec)))).toContain(sentence);
  }
});
