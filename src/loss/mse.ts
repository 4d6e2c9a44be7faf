import { z } from 'zod';
import { square, subtract } from '../graph/index.ts';
import { weightedMean } from '../neighbourhood/weightedMean.ts';
import { defineSimilarity } from './similarity.ts';

/** Mean squared error: mean over voxels of (moved − fixed)². Unit: squared intensity. */
export const mse = defineSimilarity({
  name: 'mse',
  summary: 'mean squared error of the intensities',
  options: z.strictObject({}),
  smoothness: 3,
  unit: () => 'squared intensity',
  build: (moved, fixed, _options, _random, weight) => weightedMean(square(subtract(moved, fixed)), weight),
});
