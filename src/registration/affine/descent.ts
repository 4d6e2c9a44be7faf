import { adamOnNumbers } from '../../optimise/adam.ts';
import { cosineRate } from '../../optimise/schedule.ts';
import type { Mat4 } from '../../volume/grid.ts';
import type { Motion } from './motion.ts';
import type { AffineObjective } from './objective.ts';

/** How one level is gone down. */
export interface Descent {
  readonly objective: AffineObjective;
  readonly motion: Motion;
  readonly steps: number;
  /** Length of the first steps in mm. */
  readonly rate: number;
}

/**
 * Adam on the coordinates of the motion, its rate falling to zero along half a cosine. Losses jump where voxels enter or leave the field of
 * view, so that a line search (BFGS was tried) stops at the first jump, of MIND within a tenth of a voxel; steps of a given length go on.
 */
export async function descend(start: Mat4, { objective, motion, steps, rate }: Descent): Promise<Mat4> {
  const changeOf = adamOnNumbers(motion.dimension);
  let matrix = start;
  for (let step = 0; step < steps; step++) {
    const { gradient } = await objective.evaluate(matrix);
    const slope = motion.slope(matrix, gradient);
    // Without slope nothing moves: on a grid so coarse that nothing of it counts.
    if (slope.every((value) => value === 0)) break;
    matrix = motion.moved(matrix, changeOf(slope, cosineRate(rate, step / steps)));
  }
  return matrix;
}
