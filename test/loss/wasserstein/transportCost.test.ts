import { describe, expect, it } from 'vitest';
import { transportCost } from '../../../src/loss/wasserstein/transportCost.ts';

/** Distribution function at all bins but the last. */
const cumulated = (masses: readonly number[]): number[] => {
  let sum = 0;
  return masses.slice(0, -1).map((mass) => {
    sum += mass;
    return sum;
  });
};

describe('transportCost', () => {
  it('is nothing for equal measures', () => {
    const cdf = cumulated([0.1, 0.4, 0, 0.5]);
    expect(transportCost(cdf, cdf, 3, 1)).toBe(0);
  });

  it.each([
    [1, 0.75],
    [2, 1.125],
  ] as const)('half of the mass goes three bins of half a unit, p = %i', (order, expected) => {
    const moved = cumulated([0, 0.5, 0, 0, 0.5]);
    const fixed = cumulated([0, 1, 0, 0, 0]);
    expect(transportCost(moved, fixed, 0.5, order)).toBeCloseTo(expected, 12);
    expect(transportCost(fixed, moved, 0.5, order)).toBeCloseTo(expected, 12);
  });

  it('reaches the first and the last bin', () => {
    expect(transportCost(cumulated([1, 0, 0]), cumulated([0, 0, 1]), 1, 2)).toBeCloseTo(4, 12);
  });

  it('does not mind that rounding lets a distribution function fall', () => {
    expect(transportCost([0.5, 0.4999999, 1.0000001], [0.5, 0.5, 1], 1, 1)).toBeLessThan(1e-6);
  });
});
