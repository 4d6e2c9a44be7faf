import { expect, it } from 'vitest';
import { deformationOf } from '../../src/browser/deformation.ts';
import type { Warp } from '../../src/volume/grid.ts';
import { identity, scaling, translation } from '../../src/volume/matrix.ts';
import { linearWarp } from '../../src/volume/warp.ts';

const grid = { size: [60, 10, 8], affine: scaling([2, 2, 3]) } as const;
const at = (i: number, j: number, k: number): number => i + 60 * (j + 10 * k);

it('says how volume changes, and leaves the border open', () => {
  const { change } = deformationOf(linearWarp(grid, scaling([2, 1, 1])), identity);
  expect(change.size).toEqual(grid.size);
  expect(change.data[at(30, 5, 4)]).toBeCloseTo(1, 5);
  expect(change.data[at(0, 5, 4)]).toBe(Number.POSITIVE_INFINITY);
});

it('marks where space folds', () => {
  const { change } = deformationOf(linearWarp(grid, scaling([-1, 1, 1])), identity);
  expect(change.data[at(30, 5, 4)]).toBeNaN();
});

it('of slices that are too few nothing is known', () => {
  const flat = { ...grid, size: [4, 4, 2] } as const;
  const { change } = deformationOf(linearWarp(flat, identity), identity);
  expect(change.data.every((value) => value === Number.POSITIVE_INFINITY)).toBe(true);
});

it('keeps of the displacement what the start is not, at one voxel in some', () => {
  const start = translation([7, 0, 0]);
  const shift = linearWarp(grid, start);
  const more: Warp = { ...shift, data: shift.data.map((value, n) => value + (n < 4800 ? 1 : 0)) };
  const { displacement } = deformationOf(more, start);
  expect(displacement.size).toEqual([30, 5, 4]);
  expect(displacement.affine.slice(0, 4)).toEqual([4, 0, 0, 0]);
  expect(displacement.data[0]).toBeCloseTo(1, 5);
  expect(displacement.data.at(-1)).toBeCloseTo(0, 5);
});
