import type { Vec3 } from '../volume/grid.ts';
import { defineMeasure } from './measure.ts';
import { mean, standardDeviation } from './statistics.ts';

/** How far corresponding landmarks are apart, in mm. */
export interface LandmarkError {
  /** One distance a pair, in the order given. */
  readonly distances: readonly number[];
  readonly mean: number;
  /** Standard deviation over the pairs (n − 1). */
  readonly sd: number;
  readonly max: number;
}

/**
 * Target registration error (Fitzpatrick and West, IEEE TMI 20(9), 2001): the distance of each landmark, after it was
 * moved by the registration, to its counterpart.
 * @param moved world coordinates in mm, RAS or LPS.
 * @param target the same number of points in the same coordinates.
 * @example const { mean } = targetRegistrationError(warpPoints(field, fixedPoints), movingPoints)
 */
export function targetRegistrationError(moved: readonly Vec3[], target: readonly Vec3[]): LandmarkError {
  if (moved.length !== target.length) {
    throw new RangeError(`${moved.length} moved and ${target.length} target landmarks do not pair up.`);
  }
  const distances = moved.map(([x, y, z], i) => {
    const other = target[i]!;
    return Math.hypot(x - other[0], y - other[1], z - other[2]);
  });
  const max = distances.reduce((a, b) => Math.max(a, b), distances.length === 0 ? Number.NaN : 0);
  return { distances, mean: mean(distances), sd: standardDeviation(distances), max };
}

/** The mean of {@link targetRegistrationError} as a measure. */
export const landmarkDistanceMean = defineMeasure({
  key: 'tre',
  name: 'TRE',
  summary: 'mean distance of corresponding landmarks',
  unit: 'mm',
  digits: 2,
  better: 'less',
  watched: true,
  headline: true,
  needs: 'landmarks',
  over: 'mean of landmarks',
  of: ({ now }) => mean(now),
});
