import { expect, test } from 'vitest';
import { randomStream } from '../../src/random.ts';
import type { Grid, Mat4, Vec3, Volume, Warp } from '../../src/volume/grid.ts';
import { invertWarp, unwarpPoints } from '../../src/volume/invertWarp.ts';
import { applyToPoint, identity, multiply, scaling, translation } from '../../src/volume/matrix.ts';
import { resampleTo } from '../../src/volume/resample.ts';
import { applyLinear, applyWarp, composeWarps, linearWarp, reaches, warpPoints } from '../../src/volume/warp.ts';

/** Builds a warp from a map of RAS points. */
function warpOf({ size, affine }: Grid, map: (p: Vec3) => Vec3): Warp {
  const count = size[0] * size[1] * size[2];
  const data = new Float32Array(3 * count);
  for (let k = 0, n = 0; k < size[2]; k++) {
    for (let j = 0; j < size[1]; j++) {
      for (let i = 0; i < size[0]; i++, n++) {
        const p = applyToPoint(affine, [i, j, k]);
        const q = map(p);
        data[n] = -(q[0] - p[0]);
        data[count + n] = -(q[1] - p[1]);
        data[2 * count + n] = q[2] - p[2];
      }
    }
  }
  return { size, affine, data };
}

/** The largest distance of φ(φ⁻¹(q)) from q over random points of a box. */
function roundTripError(warp: Warp, inverse: Warp, from: Vec3, to: Vec3): number {
  const random = randomStream(5, 'points');
  const points = Array.from({ length: 200 }, (): Vec3 => {
    const [x, y, z] = [0, 1, 2].map((a) => from[a]! + random.uniform() * (to[a]! - from[a]!)) as [
      number,
      number,
      number,
    ];
    return [x, y, z];
  });
  const back = warpPoints(warp, warpPoints(inverse, points));
  return Math.max(...back.map((p, i) => Math.hypot(...p.map((value, a) => value - points[i]![a]!))));
}

const fixed: Grid = { size: [12, 11, 10], affine: multiply(translation([-10, -20, 5]), scaling([-2, 2, 2.5])) };
const smooth = ([x, y, z]: Vec3): Vec3 => [
  x + 1.5 * Math.sin(y / 6),
  y + 1.2 * Math.cos(z / 7 + x / 9),
  z + 1.4 * Math.sin(x / 8 - y / 10),
];

test('a warp of zeros resamples the moving image onto the fixed grid', () => {
  const random = randomStream(6, 'moving');
  const moving: Volume = {
    size: [14, 14, 14],
    affine: multiply(translation([-36, -22, 3]), scaling([2, 2, 2])),
    data: Float32Array.from({ length: 14 ** 3 }, () => random.normal()),
  };
  const result = applyWarp(
    warpOf(fixed, (p) => p),
    moving,
    { outside: 'edge' },
  );
  const expected = resampleTo(moving, fixed, { outside: 'edge' });
  for (const [i, value] of result.data.entries()) expect(value).toBeCloseTo(expected.data[i]!, 4);
});

test('the warped image has at p the value of the moving image at p + u(p), read in LPS', () => {
  const f = ([x, y, z]: Vec3) => x + 2 * y - 3 * z;
  const affine: Mat4 = [0, 3, 0, -60, 3, 0, 0, -50, 0, 0, 3, -30, 0, 0, 0, 1];
  const moving: Volume = { size: [30, 30, 30], affine, data: new Float32Array(30 ** 3) };
  for (let n = 0; n < 30 ** 3; n++) {
    moving.data[n] = f(applyToPoint(affine, [n % 30, Math.floor(n / 30) % 30, Math.floor(n / 900)]));
  }
  const warp = warpOf(fixed, smooth);
  const result = applyWarp(warp, moving);
  for (const index of [[0, 0, 0] as const, [5, 6, 7] as const, [11, 10, 9] as const]) {
    const n = index[0] + 12 * (index[1] + 11 * index[2]);
    expect(result.data[n]).toBeCloseTo(f(smooth(applyToPoint(fixed.affine, index))), 3);
  }
  expect(result.size).toEqual(fixed.size);
});

test('labels are warped to the nearest voxel, and 0 comes from outside', () => {
  const labels = { size: [2, 1, 1] as const, affine: identity, data: Int32Array.of(4, 9) };
  const shifted = warpOf({ size: [3, 1, 1], affine: identity }, ([x, y, z]) => [x + 0.8, y, z]);
  expect(applyWarp(shifted, labels).data).toEqual(Int32Array.of(9, 0, 0));
  expect(applyWarp(shifted, labels, { outside: 'edge' }).data).toEqual(Int32Array.of(9, 9, 9));
});

test('points move by u in RAS, inside as interpolated, beyond as at the border', () => {
  const warp = warpOf(fixed, ([x, y, z]) => [x + 5, y - 6, z + 7]);
  const [a, b] = warpPoints(warp, [
    [-13, -15, 9],
    [500, 500, 500],
  ]);
  for (const [i, value] of [-8, -21, 16].entries()) expect(a![i]).toBeCloseTo(value, 4);
  for (const [i, value] of [505, 494, 507].entries()) expect(b![i]).toBeCloseTo(value, 3);
});

test('composing applies the first warp, then the second', () => {
  const shift = warpOf(fixed, ([x, y, z]) => [x + 1, y, z - 2]);
  const bend = warpOf(fixed, smooth);
  const both = composeWarps(shift, bend);
  const points: Vec3[] = [
    [-20, -10, 15],
    [-16, -6, 20],
  ];
  const expected = warpPoints(bend, warpPoints(shift, points));
  for (const [i, p] of warpPoints(both, points).entries()) {
    for (const a of [0, 1, 2] as const) expect(p[a]).toBeCloseTo(expected[i]![a], 1);
  }
  // On the grid's own points the composition is exact.
  const node = applyToPoint(fixed.affine, [6, 5, 4]);
  const [got] = warpPoints(both, [node]);
  const [want] = warpPoints(bend, warpPoints(shift, [node]));
  for (const a of [0, 1, 2] as const) expect(got![a]).toBeCloseTo(want![a], 4);
});

test('a smooth warp with a translation of 30 mm is undone to a tenth of a voxel', () => {
  const warp = warpOf(fixed, (p) => {
    const [x, y, z] = smooth(p);
    return [x + 30, y - 30, z + 30];
  });
  // The moving grid covers the fixed box moved by the translation.
  const moving: Grid = { size: [24, 22, 24], affine: multiply(translation([-2, -50, 35]), scaling([-1, 1, 1])) };
  const { warp: inverse, residual } = invertWarp(warp, moving);
  expect(residual).toBeLessThan(0.03);
  expect(roundTripError(warp, inverse, [-20, -45, 40], [-5, -33, 55])).toBeLessThan(0.2);
});

test('warps between images of other orientation and voxel size are inverted as well', () => {
  // Twice the size, mirrored in x and turned: the plain fixed-point iteration would diverge.
  const warp = warpOf(fixed, (p) => {
    const [x, y, z] = smooth(p);
    return [-2 * x + 40, 2 * z, -2 * y + 7];
  });
  const corners = warpPoints(warp, [applyToPoint(fixed.affine, [2, 2, 2]), applyToPoint(fixed.affine, [9, 8, 7])]);
  const low = [0, 1, 2].map((a) => Math.min(corners[0]![a]!, corners[1]![a]!)) as [number, number, number];
  const moving: Grid = { size: [16, 16, 16], affine: multiply(translation(low), scaling([1.9, 1.7, 1.4])) };
  const { warp: inverse, residual } = invertWarp(warp, moving);
  expect(residual).toBeLessThan(0.05);
  expect(
    roundTripError(warp, inverse, [low[0] + 2, low[1] + 2, low[2] + 2], [low[0] + 20, low[1] + 20, low[2] + 15]),
  ).toBeLessThan(0.3);
});

test('the inverse of a translation is its opposite, also on a grid of one slice', () => {
  const slice: Grid = { size: [5, 4, 1], affine: identity };
  const { warp, residual } = invertWarp(
    warpOf(slice, ([x, y, z]) => [x + 3, y, z - 4]),
    slice,
  );
  expect(residual).toBeLessThan(1e-5);
  const [p] = warpPoints(warp, [[1, 1, 0]]);
  for (const [i, value] of [-2, 1, 4].entries()) expect(p![i]).toBeCloseTo(value, 4);
});

test('points taken back by a warp are those that it takes there, on an oblique grid too', () => {
  const turn = 0.3;
  const affine: Mat4 = [
    2 * Math.cos(turn),
    -Math.sin(turn),
    0,
    -9,
    2 * Math.sin(turn),
    Math.cos(turn),
    0,
    4,
    0,
    0,
    -1.5,
    7,
    0,
    0,
    0,
    1,
  ];
  const size = [9, 11, 8] as const;
  const data = new Float32Array(3 * 9 * 11 * 8).map((_, n) => 3 + Math.sin(n / 700));
  const warp: Warp = { size, affine, data };
  const points = [
    [3, 4, 5],
    [2.5, 6, 3],
  ].map((index) => applyToPoint(affine, index as unknown as Vec3));
  const back = unwarpPoints(warp, warpPoints(warp, points));
  back.forEach((point, n) => {
    for (const axis of [0, 1, 2] as const) expect(point[axis]).toBeCloseTo(points[n]![axis], 1);
  });
});

test('a linear transform gives what a warp of the same gives, bit by bit', () => {
  const grid: Grid = { size: [9, 7, 5], affine: multiply(translation([3, -2, 1]), scaling([2, 1.5, 3])) };
  const matrix: Mat4 = [0.9, 0.1, 0, 2.7, -0.1, 1.1, 0.05, -1.3, 0, 0.02, 1, 0.4, 0, 0, 0, 1];
  const random = randomStream(3, 'values');
  const image: Volume = { ...grid, data: Float32Array.from({ length: 315 }, () => random.uniform()) };
  expect(applyLinear({ ...grid, matrix }, image)).toEqual(applyWarp(linearWarp(grid, matrix), image));
  const points: Vec3[] = [
    [4, 1, 3],
    [9, 0.5, 7],
  ];
  for (const [n, there] of warpPoints(linearWarp(grid, matrix), points).entries())
    for (const [c, mm] of applyToPoint(matrix, points[n]!).entries()) expect(there[c]).toBeCloseTo(mm, 5);
});

test('a linear transform reaches an image or does not', () => {
  const grid: Grid = { size: [4, 4, 4], affine: identity };
  expect(reaches({ ...grid, matrix: translation([4, 0, 0]) }, grid)).toBe(false);
  expect(reaches({ ...grid, matrix: translation([3, 0, 0]) }, grid)).toBe(true);
});
