import { z } from 'zod';
import { abs, add, mean, multiply, slice, subtract, type Tensor } from '../../graph/index.ts';
import { AXES, central, inner } from './differences.ts';
import { smoothness } from './diffusion.ts';
import { defineRegulariser } from './regulariser.ts';

/**
 * Determinant of the Jacobian of x + u(x) by central differences, in the interior.
 * @param displacement [1, 3, D, H, W] in voxels, component a along array axis a; at least three voxels along each axis
 * @returns [1, 1, D − 2, H − 2, W − 2]
 */
export function determinant(displacement: Tensor): Tensor {
  const rows = AXES.map((component, c) => {
    const field = slice(displacement, 1, c, c + 1);
    return AXES.map((axis) => {
      const slope = inner(
        central(field, axis),
        AXES.filter((other) => other !== axis),
      );
      return axis === component ? add(slope, 1) : slope;
    });
  });
  const [[a, b, c], [d, e, f], [g, h, i]] = rows as [
    [Tensor, Tensor, Tensor],
    [Tensor, Tensor, Tensor],
    [Tensor, Tensor, Tensor],
  ];
  const minor = (p: Tensor, q: Tensor, r: Tensor, s: Tensor): Tensor => subtract(multiply(p, s), multiply(q, r));
  return add(subtract(multiply(a, minor(e, f, h, i)), multiply(b, minor(d, f, g, i))), multiply(c, minor(d, e, g, h)));
}

/**
 * {@link smoothness} of the flow + `penalty` · mean of max(0, −det J), which is positive only where the displacement
 * folds (Kuang & Schmah, "FAIM", MLMI 2019). A volume of fewer than three voxels along an axis has no determinant;
 * there it is the smoothness alone.
 */
export const folding = defineRegulariser({
  name: 'folding',
  summary: 'diffusion, and a penalty on negative Jacobian determinants',
  options: z.strictObject({ penalty: z.number().min(0).default(100) }),
  weight: 1,
  build({ flow, displacement }, { penalty }) {
    const smooth = smoothness(flow);
    if (AXES.some((axis) => displacement.shape[axis]! < 3)) return smooth;
    const det = determinant(displacement);
    return add(smooth, multiply(mean(subtract(abs(det), det)), penalty / 2));
  },
});
