import { defineMeasure } from './measure.ts';

/**
 * Dice overlap 2·|A ∩ B| / (|A| + |B|) of each label (Dice, Ecology 26(3), 1945): 1 for equal regions, 0 for disjoint ones.
 * @param a label of each voxel.
 * @param b the same of the other segmentation, on the same grid.
 * @param labels the labels to compare.
 * @returns one number for each of `labels`; NaN for a label that neither segmentation has.
 */
export function dice(a: ArrayLike<number>, b: ArrayLike<number>, labels: readonly number[]): number[] {
  if (a.length !== b.length) throw new RangeError(`Segmentations of ${a.length} and ${b.length} voxels have no Dice.`);
  const slots = new Map(labels.map((label, slot) => [label, slot]));
  const skipZeros = !slots.has(0);
  const shared = new Float64Array(labels.length);
  const total = new Float64Array(labels.length);
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (x === 0 && y === 0 && skipZeros) continue;
    const slotX = slots.get(x);
    if (slotX !== undefined) {
      total[slotX]!++;
      if (x === y) shared[slotX]!++;
    }
    const slotY = slots.get(y);
    if (slotY !== undefined) total[slotY]!++;
  }
  return labels.map((label) => {
    const slot = slots.get(label)!;
    return (2 * shared[slot]!) / total[slot]!;
  });
}

/** The labels above 0 that occur in any of the segmentations, in rising order. */
export function labelsIn(...segmentations: readonly ArrayLike<number>[]): number[] {
  const found = new Set<number>();
  for (const data of segmentations) {
    let last = 0;
    for (let i = 0; i < data.length; i++) {
      const label = data[i]!;
      if (label === last) continue;
      last = label;
      if (label > 0) found.add(label);
    }
  }
  return [...found].sort((p, q) => p - q);
}

/** {@link dice} as a measure. */
export const diceOverlap = defineMeasure({
  key: 'dice',
  name: 'Dice',
  summary: 'overlap of the regions, 1 for equal ones',
  digits: 4,
  better: 'more',
  needs: 'labels',
  of: ({ voxels: { fixed, moved, shared } }) => (2 * shared) / (fixed + moved),
});
