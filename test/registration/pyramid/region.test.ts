import { describe, expect, it } from 'vitest';
import { gridOver, regionOf, voxelsOver } from '../../../src/registration/pyramid/region.ts';
import type { Grid, Vec3 } from '../../../src/volume/grid.ts';
import { applyToPoint, column, fromColumns, identity, invert, spacingOf } from '../../../src/volume/matrix.ts';

/** A mask of ones in a box of voxels, the last one included. */
function boxMask({ size: [nx, ny, nz] }: Grid, low: Vec3, high: Vec3): Float32Array {
  return Float32Array.from({ length: nx * ny * nz }, (_, n) => {
    const at = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))];
    return at.every((value, a) => value >= low[a]! && value <= high[a]!) ? 1 : 0;
  });
}

describe('region', () => {
  it('is the box of the mask and a margin, from face to face of its voxels', () => {
    const image: Grid = { size: [20, 30, 10], affine: fromColumns([-2, 0, 0], [0, 1, 0], [0, 0, 3], [5, 6, 7]) };
    const region = regionOf(image, boxMask(image, [4, 10, 2], [9, 19, 6]), 4);
    expect(region.lengths).toEqual([6 * 2 + 8, 10 + 8, 5 * 3 + 8]);
    expect(region.centre).toEqual(applyToPoint(image.affine, [6.5, 14.5, 4]));
    expect(region.axes).toEqual([
      [1, -0, -0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
  });

  it('is the whole image where there is no mask, or an empty one', () => {
    const image: Grid = { size: [8, 9, 10], affine: identity };
    expect(regionOf(image, undefined, 0)).toEqual(regionOf(image, new Float32Array(720), 0));
    expect(regionOf(image, undefined, 0).lengths).toEqual([8, 9, 10]);
  });

  it('holds the corners of what counts, and its grids are cubes, whatever the orientation', () => {
    const c = Math.cos(0.4);
    const s = Math.sin(0.4);
    for (const affine of [
      fromColumns([0, 0, 1.2], [c, s, 0], [-s, c, 0], [3, -4, 5]),
      fromColumns([0.8, 0, 0], [0, 0.8, 0], [0, 0.9, 2.5], [5, 6, 7]),
    ]) {
      const image: Grid = { size: [30, 40, 20], affine };
      const grid = gridOver(regionOf(image, undefined, 2), 1.5);
      const spacing = spacingOf(grid.affine);
      for (const edge of spacing) expect(edge / 1.5).toBeCloseTo(1, 1);
      const toGrid = invert(grid.affine);
      for (const corner of [0, 7].map((n): Vec3 => [n & 1 ? 29 : 0, n & 2 ? 39 : 0, n & 4 ? 19 : 0]))
        for (const [a, at] of applyToPoint(toGrid, applyToPoint(affine, corner)).entries()) {
          expect(at).toBeGreaterThanOrEqual(-0.5);
          expect(at).toBeLessThanOrEqual(grid.size[a]! - 0.5);
        }
      expect(voxelsOver(regionOf(image, undefined, 2), 1.5)).toBe(grid.size[0] * grid.size[1] * grid.size[2]);
      const [x, y] = [column(grid.affine, 0), column(grid.affine, 1)];
      expect(x[0] * y[0] + x[1] * y[1] + x[2] * y[2]).toBeCloseTo(0, 9);
    }
  });
});
