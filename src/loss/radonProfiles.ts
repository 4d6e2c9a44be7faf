import { z } from 'zod';
import { multiply, reshape, square, subtract, sum } from '../graph/index.ts';
import { defineSimilarity } from './similarity.ts';
import { DRAWINGS, drawDirections } from './wasserstein/directions.ts';
import { binnedBox, massInBins } from './wasserstein/mass.ts';
import { overDirections } from './wasserstein/overDirections.ts';

const options = z.strictObject({
  /** Bins along a direction. */
  bins: z.int().min(2).default(50),
  /** Random directions to project on. */
  directions: z.int().min(1).default(64),
  /** How they are spread. */
  drawing: z.enum(DRAWINGS).default('uniform'),
  /** Drawn anew at each step, or once. */
  fresh: z.boolean().default(true),
});

/**
 * Radon projections compared point by point: the signed intensities summed over planes across each direction, in bins,
 * and the mean over directions and bins of their squared difference. Not a Wasserstein distance: nothing is transported
 * along a projection. Sums are divided by the voxels that a bin has on average, so the unit is squared intensity.
 */
export const radonProfiles = defineSimilarity({
  name: 'radon-profiles',
  summary: 'squared difference of Radon projections; not a Wasserstein distance',
  options,
  smoothness: 0.57,
  unit: () => 'squared intensity',
  build(moved, fixed, { bins, directions: count, drawing, fresh }, random, weight) {
    const box = binnedBox(moved.shape.slice(2), bins);
    const inside = weight ? multiply(subtract(moved, fixed), weight) : subtract(moved, fixed);
    const difference = multiply(reshape(inside, [1, box.voxels]), bins / box.voxels);
    const directions = random.input(
      'directions',
      [count, 3],
      (stream, values) => drawDirections(drawing, 3, stream, values),
      fresh ? 'fresh' : 'fixed',
    );
    const total = overDirections([difference], directions, 4 * box.voxels, (some) =>
      sum(square(massInBins(difference, some, box))),
    );
    return multiply(total, 1 / (count * bins));
  },
});
