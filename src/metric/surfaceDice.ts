import { defineMeasure, type LabelMeasure } from './measure.ts';

/**
 * Normalised surface Dice (Nikolov et al., Journal of Medical Internet Research 23(7), 2021): the share of both
 * regions' surface voxels that lie within a tolerance of the other region's surface. There a surface has an area; here
 * it has voxels, so thin structures count a little differently.
 * @param tolerance in mm
 */
export function surfaceDice(tolerance: number): LabelMeasure {
  const within = (distances: readonly number[]): number => distances.filter((mm) => mm <= tolerance).length;
  return defineMeasure({
    key: tolerance === 1 ? 'nsd' : `nsd${tolerance}`,
    name: `NSD ${tolerance} mm`,
    summary: `share of the surfaces within ${tolerance} mm of each other`,
    digits: 4,
    better: 'more',
    share: true,
    needs: 'labels',
    of({ surfaces }) {
      const found = surfaces();
      if (!found) return Number.NaN;
      const { fromFirst, fromSecond } = found;
      return (within(fromFirst) + within(fromSecond)) / (fromFirst.length + fromSecond.length);
    },
  });
}
