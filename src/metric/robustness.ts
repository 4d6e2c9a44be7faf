import { defineMeasure } from './measure.ts';

/**
 * Robustness: the share of landmarks that registration brought nearer to their partners, in % (BraTS-Reg challenge,
 * Baheti et al., 2021). One that stays where it was did not come nearer.
 */
export const robustness = defineMeasure({
  key: 'robustness',
  name: 'robustness',
  title: 'landmarks that got nearer',
  summary: 'share of landmarks that got nearer',
  unit: '%',
  digits: 1,
  better: 'more',
  needs: 'landmarks',
  needsStart: true,
  of({ now, start }) {
    if (!start || now.length === 0) return Number.NaN;
    return (100 * now.filter((distance, n) => distance < start[n]!).length) / now.length;
  },
});
