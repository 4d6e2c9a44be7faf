import { describe, expect, test } from 'vitest';
import { densestPosition, landmarkMarks } from '../../../src/report/slice/landmarkMarks.ts';
import { sliceView } from '../../../src/report/slice/slices.ts';
import type { Grid, Vec3 } from '../../../src/volume/grid.ts';
import { applyToPoint, fromColumns } from '../../../src/volume/matrix.ts';

const grid: Grid = { size: [20, 30, 12], affine: fromColumns([0, -1, 0], [2, 0, 0], [0, 0, 3], [-9, 8, 7]) };
const world = (voxel: Vec3): Vec3 => applyToPoint(grid.affine, voxel);

describe('densestPosition', () => {
  test('each axis by itself goes to its crowd', () => {
    const landmarks = [world([4, 20, 3]), world([4, 3, 9]), world([15, 20, 9])];
    expect(densestPosition(grid, landmarks, 2)).toEqual([4, 20, 9]);
  });

  test('between slices, to the side where more of them lie', () => {
    const landmarks = [world([5.4, 10, 5]), world([5.8, 10, 5]), world([5.9, 10, 5])];
    expect(densestPosition(grid, landmarks, 4)[0]).toBe(6);
  });

  test('is the middle without landmarks and when all lie outside', () => {
    expect(densestPosition(grid, [], 4)).toEqual([9.5, 14.5, 5.5]);
    expect(densestPosition(grid, [[500, 500, 500]], 4)).toEqual([9.5, 14.5, 5.5]);
  });
});

describe('landmarkMarks', () => {
  const pair = { fixed: world([4, 20, 3]), moved: world([5, 21, 4]) };
  const view = sliceView(grid, 'axial', [4, 20, 3]);
  const marks = (show: 'fixed' | 'moved' | 'both', reach = 4): string =>
    landmarkMarks(view, grid, [pair], { scale: 2, reach, show });

  test('a ring, a cross, or both with a line', () => {
    const counts = (svg: string): number[] => ['<circle', '<path', '<line'].map((tag) => svg.split(tag).length - 1);
    // Each mark in its colour over a dark one.
    expect(counts(marks('fixed'))).toEqual([2, 0, 0]);
    expect(counts(marks('moved'))).toEqual([0, 2, 0]);
    expect(counts(marks('both'))).toEqual([2, 2, 2]);
  });

  test('which pairs are drawn depends on the fixed landmark alone', () => {
    // The moved one is a slice of 3 mm away.
    expect(marks('moved', 1)).toContain('<path');
    const turned = { fixed: pair.moved, moved: pair.fixed };
    expect(landmarkMarks(view, grid, [turned], { scale: 2, reach: 1, show: 'moved' })).toBe('');
  });

  test('marks keep their size on the page', () => {
    const radius = (scale: number): number =>
      Number(/ r="([^"]+)"/.exec(landmarkMarks(view, grid, [pair], { scale, reach: 4, show: 'fixed' }))?.[1]) * scale;
    expect(radius(4)).toBeCloseTo(radius(1), 1);
  });
});
