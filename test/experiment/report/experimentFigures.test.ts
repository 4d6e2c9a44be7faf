import { describe, expect, it } from 'vitest';
import { measureInfo } from '../../../src/experiment/protocol/measures.ts';
import type { MethodResult } from '../../../src/experiment/protocol/results.ts';
import { medianPair } from '../../../src/experiment/report/experimentFigures.ts';
import { finished, score } from '../support.ts';

/** A method by its Dice after registration; before it is 0.5 for each pair but as given. */
function method(
  name: string,
  dice: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>> = {},
): MethodResult {
  const result = finished({ id: name, method: name, variant: '', seed: 1, settings: {} }, 0.6);
  const test = Object.entries(dice).map(([fixed, value]) => ({
    ...score(fixed, 'm', value),
    before: { dice: before[fixed] ?? 0.5, hd95: 4 },
  }));
  return { name, variant: '', search: [], failures: [], trials: [{ result, test: { absolute: test } }] };
}

const measures = [measureInfo('dice')];
const shown = (...methods: MethodResult[]): string => {
  const { pair, chosen } = medianPair({ measures }, methods, 'absolute');
  return `${pair.fixed}: ${chosen}`;
};

describe('the pair that figures show', () => {
  it('is the median by improvement, not by what comes out', () => {
    const before = { a: 0.1, b: 0.5, c: 0.7 };
    // Changes: a +0.3, b −0.1, c +0.1; by Dice afterwards the middle would be a.
    expect(shown(method('x', { a: 0.4, b: 0.4, c: 0.8 }, before))).toBe(
      'c: the median of 3 test pairs by improvement of Dice',
    );
  });

  it('is that of all methods together', () => {
    const one = method('x', { a: 0.6, b: 0.7, c: 0.8 });
    const other = method('y', { a: 0.9, b: 0.55, c: 0.4 });
    // Means: a +0.25, b +0.125, c +0.1.
    expect(shown(one, other)).toBe('b: the median of 3 test pairs by improvement of Dice');
  });

  it('is the lower of the two in the middle of an even number, and pairs without the measure do not count', () => {
    expect(shown(method('x', { a: 0.9, b: 0.7, c: 0.6, d: 0.8 }))).toMatch(/^b: the median of 4/);
    expect(shown(method('x', { a: 0.9, b: Number.NaN, c: 0.6 }))).toMatch(/^c: the median of 2/);
    expect(shown(method('x', { a: 0.9 }))).toBe('a: the one test pair that is measured');
    expect(shown(method('x', { a: Number.NaN }))).toBe('a: the first test pair');
  });
});
