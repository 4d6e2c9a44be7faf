import { describe, expect, it } from 'vitest';
import { networkGrid, preprocessingSchema, trimmedGrid } from '../../src/preparation/preprocessing.ts';
import type { Grid } from '../../src/volume/grid.ts';
import { applyToPoint, fromColumns, spacingOf } from '../../src/volume/matrix.ts';

const preprocessing = preprocessingSchema.parse({ crop: 'whole', size: 48 });
const centre = ({ size, affine }: Grid): readonly number[] =>
  applyToPoint(affine, [(size[0] - 1) / 2, (size[1] - 1) / 2, (size[2] - 1) / 2]);

describe('a grid without the layers beyond the volume', () => {
  it.each([
    ['upright', fromColumns([1, 0, 0], [0, 1, 0], [0, 0, 1], [5, -3, 9]), [40, 90, 96]],
    ['with other axes', fromColumns([0, 0, -1], [1, 0, 0], [0, 1, 0], [5, -3, 9]), [90, 96, 40]],
  ] as const)('has the volume’s extents in eights, around the same point: %s', (_, affine, expected) => {
    const image: Grid = { size: [40, 90, 96], affine };
    const cube = networkGrid(image, preprocessing);
    expect(cube.size).toEqual([48, 48, 48]);
    const grid = trimmedGrid(cube, image);
    expect(spacingOf(grid.affine)).toEqual(spacingOf(cube.affine));
    const sizes = expected.map((extent) => Math.min(48, 8 * Math.ceil(extent / 2 / 8)));
    expect([...grid.size].sort()).toEqual(sizes.sort());
    centre(grid).forEach((value, axis) => {
      expect(value).toBeCloseTo(centre(cube)[axis]!, 5);
    });
    // The whole volume still lies in it.
    for (const corner of [0, 1])
      for (const axis of [0, 1, 2] as const) {
        const at = [0, 0, 0].map((__, a) => (a === axis ? corner * (image.size[a]! - 1) : (image.size[a]! - 1) / 2));
        const world = applyToPoint(image.affine, at as [number, number, number]);
        const inverse = centre(grid).map((c, a) => Math.abs(world[a]! - c));
        const reach = grid.size.map((n, a) => (n / 2) * spacingOf(grid.affine)[a]!);
        expect(inverse.every((d, a) => d <= reach[a]! + 1e-6)).toBe(true);
      }
  });

  it('is the grid itself for a cube', () => {
    const image: Grid = { size: [96, 96, 96], affine: fromColumns([1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]) };
    const cube = networkGrid(image, preprocessing);
    expect(trimmedGrid(cube, image)).toEqual(cube);
  });
});
