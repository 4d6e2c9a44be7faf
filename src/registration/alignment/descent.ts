import { adamOnNumbers } from '../../optimise/adam.ts';
import { cosineRate } from '../../optimise/schedule.ts';
import type { Mat4 } from '../../volume/grid.ts';
import type { Motion } from './motion.ts';
import type { AlignmentObjective } from './objective.ts';

/** How one level is gone down. */
interface Descent {
  readonly objective: AlignmentObjective;
  readonly motion: Motion;
  readonly steps: number;
  /** Length of the first steps in mm. */
  readonly rate: number;
  /** Ends of earlier descents; one that comes so near to one of them, in mm, is over. */
  readonly known: { readonly ends: readonly Mat4[]; readonly within: number };
}

/** Share of its steps after which a descent is compared with known ends: before, it may only pass by. */
const PASSING = 0.25;

/**
 * Adam on the coordinates of the motion. Its rate falls to zero along half a cosine. Losses jump where voxels enter or
 * leave the field of view. A line search stops at the first jump: BFGS by MIND did so within a tenth of a voxel. Steps
 * of a given length go on.
 */
export async function descend(start: Mat4, { objective, motion, steps, rate, known }: Descent): Promise<Mat4> {
  const changeOf = adamOnNumbers(motion.dimension);
  let matrix = start;
  for (let step = 0; step < steps; step++) {
    const { gradient } = await objective.evaluate(matrix);
    const slope = motion.slope(matrix, gradient);
    // Without slope nothing moves: on a grid so coarse that nothing of it counts.
    if (slope.every((value) => value === 0)) break;
    matrix = motion.moved(matrix, changeOf(slope, cosineRate(rate, step / steps)));
    const met = step >= PASSING * steps && known.ends.find((end) => motion.distance(end, matrix) < known.within);
    if (met) return met;
  }
  return matrix;
}
