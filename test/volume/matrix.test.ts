import { describe, expect, it, test } from 'vitest';
import type { Mat4 } from '../../src/volume/grid.ts';
import {
  applyToPoint,
  applyToVector,
  column,
  determinant,
  fromColumns,
  identity,
  invert,
  isInvertible,
  isSheared,
  multiply,
  orientationOf,
  scaling,
  spacingOf,
  translation,
  voxelEdge,
} from '../../src/volume/matrix.ts';

const affine: Mat4 = [0.5, -1.2, 0.1, 10, 1.1, 0.7, 0.2, -20, 0.3, 0.1, 2.9, 30, 0, 0, 0, 1];

test('a matrix times its inverse is the identity', () => {
  const product = multiply(affine, invert(affine));
  for (const [i, value] of product.entries()) expect(value).toBeCloseTo(identity[i]!, 12);
});

test('the determinant is multiplicative', () => {
  const other = multiply(scaling([2, 3, 4]), affine);
  expect(determinant(other)).toBeCloseTo(24 * determinant(affine), 10);
});

test('a product applies the right factor first', () => {
  const both = multiply(translation([1, 2, 3]), scaling([2, 2, 2]));
  expect(applyToPoint(both, [1, 1, 1])).toEqual([3, 4, 5]);
  expect(applyToVector(both, [1, 1, 1])).toEqual([2, 2, 2]);
});

test('spacing and orientation are those of the columns', () => {
  const lpi = multiply(translation([5, 6, 7]), scaling([-2, -3, -4]));
  expect(spacingOf(lpi)).toEqual([2, 3, 4]);
  expect(orientationOf(lpi)).toBe('LPI');
  expect(orientationOf([0, 0, 1, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1])).toBe('PSR');
  expect(column(affine, 3)).toEqual([10, -20, 30]);
});

test('a flat or unfilled matrix is not invertible', () => {
  expect(isInvertible(scaling([1, 1, 0]))).toBe(false);
  expect(isInvertible([1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])).toBe(false);
  expect(isInvertible(scaling([1e-4, 1e-4, 1e-4]))).toBe(true);
  expect(() => invert(scaling([1, 0, 1]))).toThrow('singular');
});

describe('voxels', () => {
  const tilted = fromColumns([0.5, 0, 0], [0, 0.5, 0], [0, 1, 2], [0, 0, 0]);

  it('are sheared where axes are not at right angles', () => {
    expect(isSheared(tilted)).toBe(true);
    expect(isSheared(fromColumns([0, 0.6, 0.8], [2, 0, 0], [0, -0.8, 0.6], [1, 2, 3]))).toBe(false);
    expect(isSheared(fromColumns([1, 1e-7, 0], [0, 1, 0], [0, 0, 3], [0, 0, 0]))).toBe(false);
  });

  it('have the edge of a cube of their volume', () => {
    expect(voxelEdge(tilted)).toBeCloseTo(Math.cbrt(0.5), 12);
    expect(voxelEdge(scaling([0.7, 1.1, 2.3]))).toBe(Math.cbrt(0.7 * 1.1 * 2.3));
  });
});
