import { describe, expect, it } from 'vitest';
import { movingGrid, networkGrid, ownGridPreprocessing } from '../../src/preparation/preprocessing.ts';
import { warpFromDisplacement } from '../../src/preparation/warpFromDisplacement.ts';
import type { Grid, Vec3, Volume } from '../../src/volume/grid.ts';
import { determinant, fromColumns, multiply, orientationOf, translation } from '../../src/volume/matrix.ts';
import { applyWarp, linearWarp } from '../../src/volume/warp.ts';
import { obliqueGrid, scene, volumeOf } from '../support/scene.ts';

const shift: Vec3 = [5.10525, -4.20436, 3.09029];
const grids: readonly (readonly [string, Grid])[] = [
  ['RAS', obliqueGrid([20, 18, 16], [3, 3, 3], [0, 0], [4, -2, 1])],
  [
    'axes in another order',
    { size: [16, 20, 18], affine: fromColumns([0, 0, -3], [3, 0, 0], [0, 3, 0], [-28, -25, 24]) },
  ],
  ['anisotropic', obliqueGrid([24, 20, 9], [2.1, 2.7, 6], [0, 0], [0, 0, 0])],
  ['oblique', obliqueGrid([20, 18, 16], [3, 2.5, 4], [0.4, -0.3], [2, 7, -5])],
  ['oblique and left-handed', obliqueGrid([20, 18, 16], [3, 2.5, 4], [-0.6, 0.5], [-4, 1, 3], -1)],
];

/** The warp that starts a registration when no voxel is moved. */
function startWarp(fixed: Volume, moving: Volume, start: 'center' | 'world'): ReturnType<typeof warpFromDisplacement> {
  const preprocessing = ownGridPreprocessing(fixed);
  const fixedGrid = networkGrid(fixed, preprocessing);
  const [nx, ny, nz] = fixedGrid.size;
  const displacement = new Float32Array(3 * nx * ny * nz);
  const grid = movingGrid(fixedGrid, fixed, moving, preprocessing, start);
  return warpFromDisplacement({ displacement, fixedGrid, movingGrid: grid }, fixed);
}

const largest = (values: Float32Array): number => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

describe.each(grids)('geometry of a grid: %s', (name, grid) => {
  const fixed = volumeOf(grid, scene);
  /** The same voxels, 7.3 mm away. */
  const moving: Volume = { ...fixed, affine: multiply(translation(shift), grid.affine) };

  it('has exactly the shift of one affine as its displacement, in LPS mm', () => {
    const { data } = startWarp(fixed, moving, 'center');
    const count = data.length / 3;
    for (const [axis, mm] of [-shift[0], -shift[1], shift[2]].entries())
      expect(largest(data.subarray(axis * count, (axis + 1) * count).map((v) => v - mm))).toBeLessThan(1e-4);
    expect(largest(startWarp(fixed, moving, 'world').data)).toBeLessThan(1e-4);
    if (name === 'oblique and left-handed') expect(determinant(grid.affine)).toBeLessThan(0);
    if (name === 'axes in another order') expect(orientationOf(grid.affine)).toBe('IRA');
  });

  it('brings the moved voxels back to where they were', () => {
    expect(
      largest(applyWarp(startWarp(fixed, moving, 'center'), moving).data.map((v, n) => v - fixed.data[n]!)),
    ).toBeLessThan(1e-3);
    expect(
      largest(applyWarp(linearWarp(grid, translation(shift)), moving).data.map((v, n) => v - fixed.data[n]!)),
    ).toBeLessThan(1e-3);
  });

  it('takes another grid to its own through the world', () => {
    const other = volumeOf(
      obliqueGrid([70, 72, 70], [1, 1, 1], [0.7, 0.2], [0, 0, 0], -1),
      ([x, y, z]) => 2 * x - y + 3 * z,
    );
    const moved = applyWarp(linearWarp(grid, translation(shift)), other, { outside: Number.NaN });
    const expected = volumeOf(grid, ([x, y, z]) => 2 * (x + shift[0]) - (y + shift[1]) + 3 * (z + shift[2]));
    const inside = moved.data.map((v, n) => (Number.isNaN(v) ? 0 : v - expected.data[n]!));
    expect(moved.data.filter((v) => !Number.isNaN(v)).length).toBeGreaterThan(moved.data.length / 2);
    // A linear function is interpolated without error; the outermost half voxel takes the border's value.
    expect(inside.filter((v) => Math.abs(v) > 1e-3).length).toBeLessThan(0.05 * inside.length);
  });
});

describe('a grid of one’s own', () => {
  const gridOf = (edges: Vec3): Grid => obliqueGrid([24, 30, 24], edges, [0, 0], [0, 0, 0]);
  const voxels = ({ size }: Grid): number => size[0] * size[1] * size[2];

  it.each<[Vec3]>([[[65_536, 1, 1]], [[1, 1e5, 1]], [[0.01, 0.01, 3000]]])(
    'has about 96³ voxels at most where voxels are far longer along one axis: %j mm',
    (edges) => {
      const grid = gridOf(edges);
      expect(voxels(networkGrid(grid, ownGridPreprocessing(grid)))).toBeLessThanOrEqual(2 * 96 ** 3);
    },
  );

  it('has the scan’s own voxels where these are few', () => {
    expect(ownGridPreprocessing(gridOf([1, 1, 1])).spacing).toBeCloseTo(1, 6);
  });

  it.each<[Vec3]>([[[1e20, 1e20, 1e20]], [[1e5, 1e5, 1e5]], [[1e-8, 1e-8, 1e-8]]])(
    'is refused for voxels that no scan has: %j mm',
    (edges) => {
      expect(() => ownGridPreprocessing(gridOf(edges))).toThrow(
        /Voxels of .* mm are not possible: correct the fixed scan's header/,
      );
    },
  );
});
