import { defineSimilarity } from './similarity.ts';
import { presetSchema } from './wasserstein/options.ts';
import { distanceUnit } from './wasserstein/units.ts';
import { wasserstein } from './wasserstein/wasserstein.ts';

/**
 * Sliced Wasserstein distance (the paper's SWD): the whole volume, with `lines`. Each scan line of 48 voxels and its
 * two coordinates are a point in R⁵⁰. There are 400 random projections and squared W2. Unit: squared intensity and
 * coordinates.
 */
export const swd = defineSimilarity({
  name: 'swd',
  summary: 'sliced Wasserstein distance of the volume as a set of scan lines',
  options: presetSchema({ patch: [0], embedding: 'lines', directions: 400, order: 2 }),
  smoothness: 0.5,
  unit: distanceUnit,
  build: wasserstein,
});
