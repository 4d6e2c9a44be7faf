import { describe, expect, it } from 'vitest';
import { type PairList, usualStart } from '../../src/workflow/registerPairs.ts';

/** A list of pairs by the ids of their cases, in a data set whose cases hold two images each. */
function listOf(...ids: [fixed: string, moving: string][]): PairList {
  const cases = [...new Set(ids.flat())].map((id) => ({ id, image: `${id}.nii`, moving: { image: `${id}-us.nii` } }));
  const pairs = ids.map(([fixed, moving]) => ({
    fixed: { id: fixed, image: fixed },
    moving: { id: moving, image: moving },
  }));
  return { dataset: { root: '.', cases, labelNames: {} }, pairs };
}

describe('how the pairs of a list start', () => {
  it('is where the two images of one case lie in the world', () => {
    expect(usualStart(listOf(['Case1', 'Case1'], ['Case2', 'Case2']))).toBe('world');
  });

  it('is centres together for scans of two cases, also beside a data set of two modalities', () => {
    expect(usualStart(listOf(['a', 'b']))).toBe('center');
    expect(usualStart(listOf(['Case1', 'Case1'], ['a', 'b']))).toBe('center');
  });
});
