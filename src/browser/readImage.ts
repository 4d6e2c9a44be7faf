import { canBeLabels, summariseValues } from '../volume/checks.ts';
import { isIntegerImage, type StoredImage, toLabels, toVolume } from '../volume/storedImage.ts';
import type { ReadImage } from './protocol.ts';

/** An image as a page has it: the volume, and the same as labels where its values can be some. */
export function readImageOf(image: StoredImage): ReadImage {
  const isLabels = isIntegerImage(image) && canBeLabels(summariseValues(image.data, image.size));
  return { volume: toVolume(image), ...(isLabels ? { labels: toLabels(image) } : {}) };
}
