import { expect, test } from 'vitest';
import { randomStream } from '../../src/random.ts';
import type { Labels, Mat4, Size, Vec3, Volume } from '../../src/volume/grid.ts';
import { applyToPoint, identity, multiply, scaling, spacingOf, translation } from '../../src/volume/matrix.ts';
import { cropPad, resampleTo, resize, resizedGrid } from '../../src/volume/resample.ts';

function volumeOf(size: Size, affine: Mat4, f: (p: Vec3) => number): Volume {
  const data = new Float32Array(size[0] * size[1] * size[2]);
  for (let k = 0, n = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++, n++) data[n] = f(applyToPoint(affine, [i, j, k]));
    }
  }
  return { size, affine, data };
}

const turned: Mat4 = multiply(translation([1, 2, 3]), [0, -1.5, 0, 8, 1.2, 0, 0.1, -3, 0.1, 0, 2, 1, 0, 0, 0, 1]);

test('resampling onto the same grid changes nothing', () => {
  const random = randomStream(2, 'resample');
  const volume = volumeOf([5, 4, 3], turned, () => random.normal());
  const same = resampleTo(volume, volume);
  for (const [i, value] of same.data.entries()) expect(value).toBeCloseTo(volume.data[i]!, 5);
});

test('linear interpolation reproduces a linear function of world coordinates on any grid', () => {
  const f = ([x, y, z]: Vec3) => 2 * x - 3 * y + z + 4;
  const volume = volumeOf([9, 9, 9], scaling([2, 2, 2]), f);
  const grid = { size: [4, 3, 2] as const, affine: multiply(translation([2, 5, 2]), turned) };
  const expected = volumeOf(grid.size, grid.affine, f);
  const result = resampleTo(volume, grid);
  for (const [i, value] of result.data.entries()) expect(value).toBeCloseTo(expected.data[i]!, 4);
});

test('outside counts from half a voxel beyond the border', () => {
  const volume: Volume = { size: [2, 1, 1], affine: identity, data: Float32Array.of(3, 5) };
  const at = (x: number, outside: number | 'edge', interpolation: 'linear' | 'nearest') =>
    resampleTo(volume, { size: [1, 1, 1], affine: translation([x, 0, 0]) }, { outside, interpolation }).data[0];
  for (const kind of ['linear', 'nearest'] as const) {
    expect(at(-0.4, -1, kind)).toBe(3);
    expect(at(-0.6, -1, kind)).toBe(-1);
    expect(at(1.4, -1, kind)).toBe(5);
    expect(at(1.6, -1, kind)).toBe(-1);
    expect(at(9, 'edge', kind)).toBe(5);
    expect(at(-9, 'edge', kind)).toBe(3);
  }
  expect(at(0.25, 0, 'linear')).toBe(3.5);
  expect(at(0.25, 0, 'nearest')).toBe(3);
});

test('labels take the nearest voxel and stay whole numbers', () => {
  const labels: Labels = { size: [3, 1, 1], affine: identity, data: Int32Array.of(0, 7, 2) };
  const result = resampleTo(labels, {
    size: [6, 1, 1],
    affine: multiply(translation([-0.25, 0, 0]), scaling([0.5, 1, 1])),
  });
  expect(result.data).toEqual(Int32Array.of(0, 0, 7, 7, 2, 2));
});

test('resizing keeps the outer faces of the voxels in place', () => {
  const grid = { size: [4, 6, 3] as const, affine: turned };
  const small = resizedGrid(grid, [8, 3, 3]);
  const corner = (g: typeof small, [x, y, z]: Vec3) =>
    applyToPoint(g.affine, [x * g.size[0] - 0.5, y * g.size[1] - 0.5, z * g.size[2] - 0.5]);
  for (const place of [[0, 0, 0] as const, [1, 1, 1] as const, [0, 1, 0.5] as const]) {
    const [p, q] = [corner(grid, place), corner(small, place)];
    for (const axis of [0, 1, 2] as const) expect(p[axis]).toBeCloseTo(q[axis], 12);
  }
  expect(spacingOf(small.affine)[0]).toBeCloseTo(spacingOf(turned)[0] / 2, 12);
  expect(spacingOf(small.affine)[1]).toBeCloseTo(spacingOf(turned)[1] * 2, 12);
});

test('halving averages the pairs of a row, and a constant stays constant', () => {
  const row: Volume = { size: [4, 1, 1], affine: identity, data: Float32Array.of(0, 2, 4, 8) };
  expect(resize(row, [2, 1, 1]).data).toEqual(Float32Array.of(1, 6));
  expect(resize({ ...row, data: new Float32Array(4).fill(5) }, [7, 2, 3]).data).toEqual(new Float32Array(42).fill(5));
  expect(() => resize(row, [0, 1, 1])).toThrow('0×1×1 voxels is not possible');
});

test('cropping and padding move no voxel in space', () => {
  const volume = volumeOf([3, 4, 5], turned, ([x, y, z]) => 100 * x + 10 * y + z);
  const result = cropPad(volume, [-1, 2, -2], [5, 3, 4], -7);
  const expected = resampleTo(volume, result, { interpolation: 'nearest', outside: -7 });
  expect(result.data).toEqual(expected.data);
  expect(applyToPoint(result.affine, [1, 0, 2])).toEqual(
    applyToPoint(turned, [0, 2, 0]).map((x) => expect.closeTo(x, 9)),
  );
  const edge = cropPad(volume, [-2, -2, 3], [8, 8, 8], 'edge');
  expect(edge.data).toEqual(resampleTo(volume, edge, { interpolation: 'nearest', outside: 'edge' }).data);
});

test('padding undone by cropping gives the labels back, and windows beyond the image are fill', () => {
  const labels: Labels = { size: [2, 2, 2], affine: turned, data: Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
  const padded = cropPad(labels, [-2, -2, -3], [5, 6, 7]);
  const back = cropPad(padded, [2, 2, 3], [2, 2, 2]);
  expect(back.data).toEqual(labels.data);
  expect(cropPad(labels, [5, 0, 0], [2, 1, 1], 9).data).toEqual(Int32Array.of(9, 9));
  expect(cropPad(labels, [-5, 0, 0], [2, 1, 1], 'edge').data).toEqual(Int32Array.of(1, 1));
  expect(cropPad(labels, [5, 0, 0], [2, 1, 1], 'edge').data).toEqual(Int32Array.of(2, 2));
});
