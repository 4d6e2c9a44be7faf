import { defineSimilarity } from './similarity.ts';
import { presetSchema } from './wasserstein/options.ts';
import { distanceUnit } from './wasserstein/units.ts';
import { wasserstein } from './wasserstein/wasserstein.ts';

/**
 * Patch-based sliced Wasserstein distance (the paper's PSWD): patches of 11³ at stride 5, with `mass`. A patch's
 * intensities are masses at its voxels. W1 along random directions follows from distribution functions in 16 bins.
 * Unit: half edge lengths of a patch.
 */
export const pswd = defineSimilarity({
  name: 'pswd',
  summary: 'mean Wasserstein distance of patches as masses',
  options: presetSchema({ patch: [11], embedding: 'mass', bins: 16, directions: 400, order: 1 }),
  smoothness: 0.4,
  refinementSmoothness: 1.2,
  unit: distanceUnit,
  build: wasserstein,
});
