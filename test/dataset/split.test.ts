import { describe, expect, it } from 'vitest';
import { kFolds, splitCases } from '../../src/dataset/split.ts';

const ids = (n: number): string[] => Array.from({ length: n }, (_, i) => `case_${i}`);

describe('splitCases', () => {
  it('gives 65/15/20 of the cases, disjoint and complete', () => {
    const { train, validation, test } = splitCases(ids(200), 7);
    expect([train.length, validation.length, test.length]).toEqual([130, 30, 40]);
    expect(new Set([...train, ...validation, ...test]).size).toBe(200);
  });

  it('does not depend on the order of the ids, but on the seed', () => {
    const split = splitCases(ids(50), 7);
    expect(splitCases(ids(50).reverse(), 7)).toEqual(split);
    expect(splitCases(ids(50), 8)).not.toEqual(split);
  });

  it.each([3, 4, 5, 7, 20, 33, 101])('uses each of %i cases once, within one of its share, no part empty', (n) => {
    const { train, validation, test } = splitCases(ids(n), 1);
    expect([...train, ...validation, ...test].sort()).toEqual(ids(n).sort());
    expect(Math.min(train.length, validation.length, test.length)).toBeGreaterThan(0);
    if (n >= 20) {
      for (const [part, share] of [
        [train, 0.65],
        [validation, 0.15],
        [test, 0.2],
      ] as const) {
        expect(Math.abs(part.length - share * n)).toBeLessThan(1);
      }
    }
  });

  it('leaves a part with share 0 empty', () => {
    expect(splitCases(ids(4), 1, { train: 0.5, validation: 0, test: 0.5 }).validation).toEqual([]);
  });

  it('refuses what cannot be split', () => {
    expect(() => splitCases(ids(2), 1)).toThrow('A split into 3 parts needs at least 3 cases, not 2: add cases.');
    expect(() => splitCases(ids(9), 1, { train: 0.7, validation: 0.2, test: 0.2 })).toThrow(
      "The split's fractions 0.7, 0.2, 0.2 do not sum to 1: give three shares of the cases.",
    );
    expect(() => splitCases(['a', 'b', 'c', 'a'], 1)).toThrow('A case is listed twice: give every case once.');
  });
});

describe('kFolds', () => {
  it('tests every case exactly once in folds of nearly equal size', () => {
    const folds = kFolds(ids(23), 5, 3);
    expect(folds.flatMap(({ test }) => test).sort()).toEqual(ids(23).sort());
    for (const { train, test } of folds) {
      expect(test.length === 4 || test.length === 5).toBe(true);
      expect(new Set([...train, ...test]).size).toBe(23);
    }
    expect(kFolds(ids(23).reverse(), 5, 3)).toEqual(folds);
  });

  it.each([1, 24, 2.5])('refuses %d folds', (k) => {
    expect(() => kFolds(ids(23), k, 3)).toThrow(
      `23 cases cannot make ${k} folds: choose from 2 to the number of cases.`,
    );
  });
});
