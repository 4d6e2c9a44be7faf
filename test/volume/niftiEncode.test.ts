import { expect, test } from 'vitest';
import { randomStream } from '../../src/random.ts';
import type { Mat4, Warp } from '../../src/volume/grid.ts';
import { invert, multiply, scaling, translation } from '../../src/volume/matrix.ts';
import { decodeNifti, decodeWarp, encodeNifti, toLabels, toVolume } from '../../src/volume/nifti.ts';

/** A rotation about an arbitrary axis (Rodrigues). */
function rotation(axis: readonly [number, number, number], angle: number): Mat4 {
  const length = Math.hypot(...axis);
  const [x, y, z] = axis.map((value) => value / length) as [number, number, number];
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const t = 1 - c;
  return [
    ...[t * x * x + c, t * x * y - s * z, t * x * z + s * y, 0],
    ...[t * x * y + s * z, t * y * y + c, t * y * z - s * x, 0],
    ...[t * x * z - s * y, t * y * z + s * x, t * z * z + c, 0],
    ...[0, 0, 0, 1],
  ];
}

function oblique(angle: number, sign: 1 | -1): Mat4 {
  const turned = multiply(rotation([1, -2, 0.5], angle), scaling([0.5, 1.25, 3 * sign]));
  return multiply(translation([-91.5, 120.25, -70]), turned);
}

/** The same file with the sform's code set to 0, so that a reader has to take the qform. */
function withoutSform(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setInt16(254, 0, true);
  return copy;
}

function expectClose(a: Mat4, b: Mat4, digits = 4): void {
  for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i]!, digits);
}

test('a volume survives the round trip, packed or not, and so does its oblique geometry in sform and qform', async () => {
  const random = randomStream(1, 'encode');
  const data = Float32Array.from({ length: 24 }, () => random.normal());
  for (const sign of [1, -1] as const) {
    for (const angle of [0, 0.3, 1.9, Math.PI, -2.8]) {
      const affine = oblique(angle, sign);
      const volume = { size: [2, 3, 4] as const, affine, data };
      const bytes = await encodeNifti(volume, { gzip: angle === 0.3 });
      const back = toVolume(await decodeNifti(bytes, 'a'));
      expect(back.data).toEqual(data);
      expect(back.size).toEqual(volume.size);
      expectClose(back.affine, affine);
      if (angle === 0.3) continue;
      const viaQform = await decodeNifti(withoutSform(bytes), 'a');
      expectClose(viaQform.affine, affine);
    }
  }
});

test('a sheared geometry has an sform and no qform', async () => {
  const affine: Mat4 = [1, 0.2, 0, 5, 0, 1, 0, 6, 0, 0, 1, 7, 0, 0, 0, 1];
  const bytes = await encodeNifti({ size: [1, 1, 1], affine, data: new Float32Array(1) });
  const view = new DataView(bytes.buffer);
  expect([view.getInt16(252, true), view.getInt16(254, true)]).toEqual([0, 1]);
  expectClose((await decodeNifti(bytes, 'a')).affine, affine, 6);
});

test('labels take the smallest type that holds them', async () => {
  const stored = async (...values: number[]) => {
    const labels = { size: [values.length, 1, 1] as const, affine: scaling([1, 1, 1]), data: Int32Array.from(values) };
    const image = await decodeNifti(await encodeNifti(labels), 'a');
    expect(Array.from(image.data)).toEqual(values);
    return image;
  };
  expect((await stored(0, 255)).data).toBeInstanceOf(Uint8Array);
  expect((await stored(0, 256)).data).toBeInstanceOf(Int16Array);
  expect((await stored(0, 65535)).data).toBeInstanceOf(Uint16Array);
  expect((await stored(0, 65536)).data).toBeInstanceOf(Int32Array);
  expect((await stored(-1, 255)).data).toBeInstanceOf(Int16Array);
  expect(Array.from(toLabels(await stored(0, 3)).data)).toEqual([0, 3]);
});

test('a warp is a five-dimensional vector image with its LPS components verbatim', async () => {
  const data = Float32Array.from({ length: 3 * 24 }, (_, i) => i / 7);
  const warp: Warp = { size: [2, 3, 4], affine: multiply(invert(translation([1, 2, 3])), scaling([2, 2, 2])), data };
  const bytes = await encodeNifti(warp);
  const view = new DataView(bytes.buffer);
  const dim = Array.from({ length: 8 }, (_, i) => view.getInt16(40 + 2 * i, true));
  expect(dim).toEqual([5, 2, 3, 4, 1, 3, 1, 1]);
  expect(view.getInt16(68, true)).toBe(1007);
  expect(view.getFloat32(352 + 4 * 71, true)).toBe(data[71]);
  const back = await decodeWarp(bytes, 'w');
  expect(back.data).toEqual(data);
  expectClose(back.affine, warp.affine, 9);
});

test('what NIfTI-1 cannot hold is refused', async () => {
  const long = { size: [40000, 1, 1] as const, affine: scaling([1, 1, 1]), data: new Float32Array(40000) };
  await expect(encodeNifti(long)).rejects.toThrow('An axis of 40000 voxels does not fit into a NIfTI-1 file');
  await expect(encodeNifti({ ...long, size: [5, 5, 5] })).rejects.toThrow('do not fill a grid');
});
