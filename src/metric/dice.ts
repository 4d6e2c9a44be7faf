import { defineMeasure } from './measure.ts';

/**
 * Dice overlap 2·|A ∩ B| / (|A| + |B|) of each label (Dice, Ecology 26(3), 1945): 1 for equal regions, 0 for disjoint
 * ones.
 * @param a label of each voxel.
 * @param b the same of the other segmentation, on the same grid.
 * @param labels the labels to compare.
 * @returns one number for each of `labels`; NaN for a label that neither segmentation has.
 * @example const overlaps = dice(fixedLabels.data, movedLabels.data, [1, 2])
 */
export function dice(a: ArrayLike<number>, b: ArrayLike<number>, labels: readonly number[]): number[] {
  return countVoxels(a, b, labels).map(overlap);
}

/** Voxels of one label in two segmentations, and those that both have. */
interface VoxelCounts {
  readonly fixed: number;
  readonly moved: number;
  readonly shared: number;
}

function overlap({ fixed, moved, shared }: VoxelCounts): number {
  return (2 * shared) / (fixed + moved);
}

/** How many voxels each label has in two segmentations on one grid, in one pass. */
export function countVoxels(a: ArrayLike<number>, b: ArrayLike<number>, labels: readonly number[]): VoxelCounts[] {
  if (a.length !== b.length) throw new RangeError(`Segmentations of ${a.length} and ${b.length} voxels have no Dice.`);
  const counts = labels.map(() => ({ fixed: 0, moved: 0, shared: 0 }));
  const slots = new Map(labels.map((label, slot) => [label, counts[slot]!]));
  const skipZeros = !slots.has(0);
  for (let n = 0; n < a.length; n++) {
    const [x, y] = [a[n]!, b[n]!];
    if (x === 0 && y === 0 && skipZeros) continue;
    const here = slots.get(x);
    if (here) {
      here.fixed++;
      if (x === y) here.shared++;
    }
    const there = slots.get(y);
    if (there) there.moved++;
  }
  return counts;
}

/**
 * The labels above 0 that occur in any of the segmentations, in rising order.
 * @example const labels = labelsIn(fixedLabels.data, movedLabels.data)
 */
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
  share: true,
  watched: true,
  headline: true,
  needs: 'labels',
  of: ({ voxels }) => overlap(voxels),
});
