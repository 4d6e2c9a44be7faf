import { describe, expect, it } from 'vitest';
import { applyToPoint, fromColumns } from '../../src/volume/matrix.ts';
import { Frame } from '../../web/viewer/frame.ts';
import { clamp, eachVoxel, onCanvas, placeAt, viewOf } from '../../web/viewer/slice.ts';
import { tilesOf } from '../../web/viewer/tiles.ts';

/** x along inferior, y nearly along right, z along anterior; oblique. */
const turned = { size: [5, 7, 9], affine: fromColumns([0, 0.2, -3], [2, 0.3, 0], [0, 4, 0], [10, 20, 30]) } as const;
const plain = { size: [5, 7, 9], affine: fromColumns([1, 0, 0], [0, 2, 0], [0, 0, 3], [0, 0, 0]) } as const;

describe('a frame', () => {
  it('runs to the left, to posterior, to inferior', () => {
    const frame = new Frame(plain);
    expect(frame.place([4, 12, 24])).toEqual([0, 0, 0]);
    expect(frame.place([0, 0, 0])).toEqual([4, 6, 8]);
    expect(new Frame(turned).size).toEqual([7, 9, 5]);
  });

  it('knows each voxel by its place, and the way back', () => {
    for (const grid of [plain, turned]) {
      const frame = new Frame(grid);
      const [nx, ny] = grid.size;
      for (const voxel of [
        [0, 0, 0],
        [4, 6, 8],
        [1, 2, 3],
      ] as const) {
        const point = applyToPoint(grid.affine, voxel);
        const place = frame.place(point);
        expect(Math.round(frame.index(place))).toBe(voxel[0] + nx * (voxel[1] + ny * voxel[2]));
        for (const axis of [0, 1, 2] as const) expect(frame.point(place)[axis]).toBeCloseTo(point[axis], 9);
      }
    }
  });
});

describe('planes on a canvas', () => {
  const frame = new Frame(turned);
  it.each([
    [800, 200],
    [200, 800],
    [500, 500],
  ])('lie within %i × %i pixels, apart, with the proportions of millimetres', (width, height) => {
    const tiles = tilesOf('all', frame, { width, height });
    expect(tiles.map(({ plane }) => plane).sort()).toEqual(['axial', 'coronal', 'sagittal']);
    for (const { left, top, width: wide, height: high } of tiles) {
      expect(Math.min(left, top)).toBeGreaterThan(-1e-9);
      expect(left + wide).toBeLessThan(width + 1e-9);
      expect(top + high).toBeLessThan(height + 1e-9);
    }
    const axial = tiles.find(({ plane }) => plane === 'axial')!;
    const [x, y] = [0, 1].map((axis) => frame.size[axis]! * frame.spacing[axis]!);
    expect(axial.width / axial.height).toBeCloseTo(x! / y!, 6);
  });

  it.each([1, 3])('say which voxel lies under a pixel, %i times as large', (zoom) => {
    const [tile] = tilesOf('coronal', frame, { width: 300, height: 300 });
    const view = viewOf(frame, tile!, [3, 4, 2], zoom);
    const point = frame.point([4, 4, 3]);
    const [x, y, away] = onCanvas(view, point);
    expect(away).toBeCloseTo(0, 6);
    expect(placeAt(view, x, y).map(Math.round)).toEqual([4, 4, 3]);
  });

  it('show the voxels of their slice, in order', () => {
    const found: number[] = [];
    eachVoxel(new Frame(plain), 'axial', 8, (index, at) => (found[at] = index));
    expect(found).toEqual(Array.from({ length: 35 }, (_, n) => 34 - n));
    expect([clamp(-2, 5), clamp(2.4, 5), clamp(9, 5)]).toEqual([0, 2, 4]);
  });
});
