import { defineMeasure } from './measure.ts';
import { mean } from './statistics.ts';

/**
 * Mean surface distance in mm: the mean over the surface voxels of both regions of the distance to the other's surface
 * (average symmetric surface distance; Heimann et al., IEEE TMI 28(8), 2009).
 */
export const meanSurfaceDistance = defineMeasure({
  key: 'msd',
  name: 'MSD',
  summary: 'mean distance between surfaces',
  unit: 'mm',
  digits: 2,
  better: 'less',
  needs: 'labels',
  of({ surfaces }) {
    const found = surfaces();
    return found ? mean([...found.fromFirst, ...found.fromSecond]) : Number.NaN;
  },
});
