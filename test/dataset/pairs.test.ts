import { describe, expect, it } from 'vitest';
import { fixedPairs, ownPairs, type Pair, trainingOwnPairs, trainingPairs } from '../../src/dataset/pairs.ts';

const IDS = Array.from({ length: 12 }, (_, i) => `case_${i}`);
const keys = (pairs: readonly Pair[]): string[] => pairs.map(({ fixed, moving }) => `${fixed} ${moving}`);

describe('trainingPairs', () => {
  it('has every case once as fixed and never pairs a case with itself', () => {
    for (let epoch = 0; epoch < 50; epoch++) {
      const pairs = trainingPairs(IDS, 1, epoch);
      expect(pairs.map(({ fixed }) => fixed).sort()).toEqual([...IDS].sort());
      for (const { fixed, moving } of pairs) expect(moving).not.toBe(fixed);
    }
  });

  it('draws anew each epoch and the same again for the same seed, in whatever order the cases come', () => {
    expect(trainingPairs([...IDS].reverse(), 1, 3)).toEqual(trainingPairs(IDS, 1, 3));
    expect(trainingPairs(IDS, 1, 4)).not.toEqual(trainingPairs(IDS, 1, 3));
    expect(trainingPairs(IDS, 2, 3)).not.toEqual(trainingPairs(IDS, 1, 3));
  });

  it('draws every moving case about equally often', () => {
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < 500; epoch++) {
      for (const key of keys(trainingPairs(IDS.slice(0, 4), 1, epoch))) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(12);
    // 500 draws with probability 1/3: five standard deviations are 53.
    for (const count of counts.values()) expect(Math.abs(count - 500 / 3)).toBeLessThan(53);
  });

  it('needs two different cases', () => {
    expect(() => trainingPairs(['a'], 1, 0)).toThrow('Pairs need at least 2 cases, and there is 1: add cases.');
    expect(() => trainingPairs([], 1, 0)).toThrow('Pairs need at least 2 cases, and there are none: add cases.');
    expect(() => trainingPairs(['a', 'a'], 1, 0)).toThrow('A case is listed twice: give every case once.');
  });
});

describe('pairs of two modalities', () => {
  it('are the two images of each case, in an order that each epoch draws anew', () => {
    const ids = ['b', 'a', 'c', 'd', 'e'];
    expect(ownPairs(ids).map(({ fixed }) => fixed)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(ownPairs(ids).every(({ fixed, moving }) => fixed === moving)).toBe(true);
    const epoch = (n: number) => trainingOwnPairs(ids, 1, n);
    expect(new Set(epoch(1).map(({ moving }) => moving)).size).toBe(5);
    expect(epoch(1)).toEqual(trainingOwnPairs([...ids].reverse(), 1, 1));
    expect(epoch(2)).not.toEqual(epoch(1));
  });
});

describe('fixedPairs', () => {
  it('is one per case, fixed by seed and name', () => {
    const pairs = fixedPairs(IDS, 5, 'validation');
    expect(pairs.map(({ fixed }) => fixed).sort()).toEqual([...IDS].sort());
    expect(fixedPairs([...IDS].reverse(), 5, 'validation')).toEqual(pairs);
    expect(fixedPairs(IDS, 5, 'test')).not.toEqual(pairs);
  });

  it.each([1, 40, 132])('draws %i different pairs', (count) => {
    const pairs = fixedPairs(IDS, 5, 'test', count);
    expect(new Set(keys(pairs)).size).toBe(count);
    for (const { fixed, moving } of pairs) expect(moving).not.toBe(fixed);
  });

  it('refuses more pairs than there are', () => {
    for (const count of [0, 133, 1.5]) {
      expect(() => fixedPairs(IDS, 5, 'test', count)).toThrow(
        `12 cases make 132 different pairs, not ${count}: ask for 1 to 132 pairs.`,
      );
    }
  });
});
