import type { Device } from '../runtime.ts';
import { blockedFeatures } from './blocked.ts';
import { detectBlockSize } from './blockSize.ts';
import type { FeatureOperators } from './features.ts';
import { PORTABLE_FEATURES } from './portable.ts';

/** The feature layout that is fastest on a device: blocked where the CPU kernels have it, portable everywhere else. */
export async function fastestFeatures(device: Device = 'cpu'): Promise<FeatureOperators> {
  if (device !== 'cpu') return PORTABLE_FEATURES;
  const block = await detectBlockSize();
  return block === 0 ? PORTABLE_FEATURES : blockedFeatures(block);
}
