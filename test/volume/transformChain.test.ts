import { expect, test } from 'vitest';
import type { Grid, Mat4, Vec3, Warp } from '../../src/volume/grid.ts';
import { applyToPoint, multiply, scaling, translation } from '../../src/volume/matrix.ts';
import {
  chainMatrix,
  chainPoints,
  chainWarp,
  invertChain,
  leavesGrid,
  type TransformChain,
} from '../../src/volume/transformChain.ts';
import { composeWarps, linearWarp, warpPoints } from '../../src/volume/warp.ts';

const grid: Grid = { size: [7, 6, 5], affine: multiply(translation([10, -20, 5]), scaling([-2, 2, 3])) };
const turn: Mat4 = [0, -1, 0, 4, 1, 0, 0, -3, 0, 0, 1, 2, 0, 0, 0, 1];
const shift = translation([1, 2, 3]);
const data = Float32Array.from({ length: 3 * 7 * 6 * 5 }, (_, n) => Math.sin(n / 9));
const warp: Warp = { ...grid, data };
const points: Vec3[] = [
  [8.5, -17, 9],
  [3.2, -12.7, 12.1],
];

function expectPoints(found: readonly Vec3[], wanted: readonly Vec3[], digits = 5): void {
  expect(found).toHaveLength(wanted.length);
  for (const [n, point] of found.entries())
    for (const [axis, value] of point.entries()) expect(value).toBeCloseTo(wanted[n]![axis]!, digits);
}

test('a point goes through the first transform first', () => {
  const chain: TransformChain = [{ matrix: turn }, { matrix: shift }];
  const wanted = points.map((p) => applyToPoint(shift, applyToPoint(turn, p)));
  expectPoints(chainPoints(chain, points), wanted);
  expect(chainMatrix(chain)).toEqual(multiply(shift, turn));
  expectPoints(
    chainPoints([{ warp }, { matrix: turn }], points),
    warpPoints(warp, points).map((p) => applyToPoint(turn, p)),
  );
  expect(chainMatrix([{ matrix: turn }, { warp }])).toBeUndefined();
});

test('the inverse of a chain leads back', () => {
  const chain: TransformChain = [{ matrix: turn }, { matrix: multiply(scaling([1, -1, 2]), shift) }];
  expectPoints(chainPoints([...chain, ...invertChain(chain)], points), points, 9);
  const bent: TransformChain = [{ warp }, { matrix: turn }];
  expectPoints(chainPoints([...bent, ...invertChain(bent)], points), points, 2);
  expectPoints(chainPoints(invertChain(invertChain(bent)), points), chainPoints(bent, points));
});

test('a warp alone stays itself on its own grid; chains equal the warps of their parts joined', () => {
  expect(chainWarp([{ warp }], grid)).toBe(warp);
  const wanted = composeWarps(warp, linearWarp({ size: [26, 26, 26], affine: translation([-13, -28, 0]) }, turn));
  const joined = chainWarp([{ warp }, { matrix: turn }], grid);
  for (const [n, value] of joined.data.entries()) expect(value).toBeCloseTo(wanted.data[n]!, 4);
  const other: Grid = { size: [3, 3, 3], affine: translation([1, -18, 6]) };
  const linear = linearWarp(other, turn);
  for (const [n, value] of chainWarp([{ matrix: turn }], other).data.entries())
    expect(value).toBeCloseTo(linear.data[n]!, 5);
});

test('tells which points come to a warp beyond its grid', () => {
  const far: Vec3 = [500, 0, 0];
  expect(leavesGrid([{ warp }], [points[0]!, far])).toEqual([false, true]);
  expect(leavesGrid([{ matrix: translation([-500, 0, 0]) }, { warp }], [points[0]!, far])).toEqual([true, true]);
  expect(leavesGrid([{ matrix: turn }], [far])).toEqual([false]);
});
