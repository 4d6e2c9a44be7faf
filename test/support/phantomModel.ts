import { makePhantomCase, type PhantomCase } from '../../src/dataset/phantom.ts';
import { makePhantomAtlas } from '../../src/dataset/phantomAtlas.ts';
import type { TrainingConfig } from '../../src/training/configuration.ts';

/** Small phantom cases: 16 × 20 × 16 voxels of 2.8 mm. */
export function smallCases(count: number): PhantomCase[] {
  const atlas = makePhantomAtlas(1);
  return Array.from({ length: count }, (_, index) =>
    makePhantomCase({ seed: 1, index, atlas, size: [16, 20, 16], spacing: [2.8, 2.8, 2.8] }),
  );
}

/** Settings of a network that trains in seconds. */
export const SMALL_SETTINGS: Partial<TrainingConfig> = {
  pad: 24,
  size: 24,
  spacing: 2.8,
  encoder: [4, 8],
  decoder: [8, 8],
  remaining: [8, 4],
  smoothness: 0.3,
  mask: true,
  outside: 'edge',
};
