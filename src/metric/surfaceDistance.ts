import { defineMeasure } from './measure.ts';
import { mean } from './statistics.ts';

/**
 * Mean surface distance in mm (average symmetric surface distance; Heimann et al., IEEE TMI 28(8), 2009): the distance
 * to the other region's surface, averaged over the surface voxels of both regions.
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
