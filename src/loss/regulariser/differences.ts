import { multiply, slice, subtract, type Tensor } from '../../graph/index.ts';

/** The three axes of a volume in the shape [1, C, D, H, W]. */
export const AXES = [2, 3, 4] as const;

/** The part of a volume without its first and last voxels along some axes. */
export function inner(field: Tensor, axes: readonly number[]): Tensor {
  return axes.reduce((part, axis) => slice(part, axis, 1, part.shape[axis]! - 1), field);
}

/**
 * Central difference along an axis, (f(x + 1) − f(x − 1)) / 2, where both neighbours are: two voxels less along the
 * axis.
 */
export function central(field: Tensor, axis: number): Tensor {
  const extent = field.shape[axis]!;
  return multiply(subtract(slice(field, axis, 2, extent), slice(field, axis, 0, extent - 2)), 0.5);
}
