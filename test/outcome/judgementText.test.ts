import { describe, expect, it } from 'vitest';
import { judgementSentences } from '../../src/outcome/judgementText.ts';
import type { Judgement } from '../../src/registration/judgement.ts';

const judged: Judgement = {
  before: { correlation: 0.5, nmi: 1.1 },
  after: { correlation: 0.75, nmi: Number.NaN },
  movement: { mean: 2, max: 7.25 },
  foldedPercent: 0.5,
  foldedForegroundPercent: 1,
  deepestFold: { at: [1, -2, 3.4], determinant: -0.1 },
};

describe('what is said of a registration without labels', () => {
  it('is likeness, movement with folds, and the inverse where there is one', () => {
    expect(judgementSentences(judged, { mean: 0.01, max: 0.2 })).toEqual([
      'Likeness: correlation 0.500 → 0.750, mutual information (NMI) 1.100 → –.',
      'Movement: 2.00 mm on average, 7.3 mm at most; 0.500 % of voxels folded, 1.000 % of the foreground, most at (1, -2, 3) mm.',
      'Inverse warp: undoes the warp to 0.010 mm on average, 0.200 mm at most.',
    ]);
    expect(judgementSentences(judged)).toHaveLength(2);
  });

  it('leaves folds out where there are too few slices to tell', () => {
    const [, movement] = judgementSentences({ ...judged, foldedPercent: Number.NaN });
    expect(movement).toBe('Movement: 2.00 mm on average, 7.3 mm at most.');
  });
});
