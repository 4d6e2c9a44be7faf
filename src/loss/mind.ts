import { z } from 'zod';
import { mean, square, subtract, type Tensor } from '../graph/index.ts';
import { selfSimilarityContext } from '../neighbourhood/selfSimilarity.ts';
import { weightedMean } from '../neighbourhood/weightedMean.ts';
import { eroded } from '../neighbourhood/windows.ts';
import { defineSimilarity } from './similarity.ts';

const options = z.strictObject({
  /** Patches that are compared reach so many voxels from their centre: (2 · radius + 1)³ voxels. */
  radius: z.int().min(0).default(1),
  /** Voxels from the voxel described to the centres of the patches around it. */
  dilation: z.int().min(1).default(2),
});

/**
 * MIND-SSC (Heinrich et al., MICCAI 2013; MIND: Medical Image Analysis 16(7), 2012): the squared difference of {@link
 * selfSimilarityContext}, averaged over voxels and the twelve channels. From 0 (alike) to 1, without unit. Compares
 * structure, not intensity, so that the volumes may come from different modalities. With weights, a voxel counts where
 * all that its descriptor sees is in the field of view.
 */
export const mind = defineSimilarity({
  name: 'mind',
  summary: 'self-similarity descriptors (MIND-SSC), for scans of different modalities',
  options,
  smoothness: 0.1,
  refinementSmoothness: 0.3,
  build(moved, fixed, settings, _random, weight) {
    const inside = weight && eroded(weight, settings.radius + settings.dilation);
    const [a, b] = [moved, fixed].map((volume) => selfSimilarityContext(volume, settings, inside)) as [Tensor, Tensor];
    return weightedMean(mean(square(subtract(a, b)), [1], true), inside);
  },
});
