import { defineSimilarity } from './similarity.ts';
import { presetSchema } from './wasserstein/options.ts';
import { distanceUnit } from './wasserstein/units.ts';
import { wasserstein } from './wasserstein/wasserstein.ts';

/**
 * Radon variant of the sliced distance (the paper's Radon): the whole volume, with `mass`. Intensities are masses at
 * the voxels, projected on 400 random directions into 50 bins. W1. Unit: half edge lengths of the volume.
 */
export const radon = defineSimilarity({
  name: 'radon',
  summary: 'Wasserstein distance of the volume as a mass, through its Radon projections',
  options: presetSchema({ patch: [0], embedding: 'mass', bins: 50, directions: 400, order: 1 }),
  smoothness: 2.4,
  unit: distanceUnit,
  build: wasserstein,
});
