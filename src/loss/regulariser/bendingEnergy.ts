import { z } from 'zod';
import { add, mean, multiply, slice, square, subtract, type Tensor } from '../../graph/index.ts';
import { AXES, central } from './differences.ts';
import { defineRegulariser } from './regulariser.ts';

/** Second difference along an axis, f(x + 1) − 2 f(x) + f(x − 1). */
function second(field: Tensor, axis: number): Tensor {
  const extent = field.shape[axis]!;
  const ends = add(slice(field, axis, 2, extent), slice(field, axis, 0, extent - 2));
  return subtract(ends, multiply(slice(field, axis, 1, extent - 1), 2));
}

/**
 * Bending energy (Rueckert et al., IEEE TMI 18(8), 1999): the mean over voxels of Σ u_aa² + 2 Σ u_ab², summed over the
 * three components. Affine deformations cost nothing, unlike with `diffusion`. Derivatives along an axis of fewer than
 * three voxels cannot be computed and are left out.
 */
export const bendingEnergy = defineRegulariser({
  name: 'bending',
  summary: 'bending energy: second derivatives, so that shift, turn, scale and shear cost nothing',
  options: z.strictObject({}),
  weight: 2,
  build({ flow }) {
    const axes = AXES.filter((axis) => flow.shape[axis]! >= 3);
    const straight = axes.map((axis) => mean(square(second(flow, axis))));
    const mixed = axes.flatMap((a, n) =>
      axes.slice(n + 1).map((b) => multiply(mean(square(central(central(flow, a), b))), 2)),
    );
    const terms = [...straight, ...mixed];
    return terms.length > 0 ? multiply(terms.reduce(add), 3) : flow.graph.scalar(0);
  },
});
