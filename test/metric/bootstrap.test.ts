import { describe, expect, it } from 'vitest';
import { holm, pigeonholeBootstrap } from '../../src/metric/bootstrap.ts';
import { standardDeviation } from '../../src/metric/statistics.ts';
import { randomStream } from '../../src/random.ts';

const random = randomStream(3, 'test');

describe('pigeonholeBootstrap', () => {
  it('is sure of a difference that all pairs have', () => {
    const pairs = Array.from({ length: 12 }, (_, n) => ({ fixed: `a${n}`, moving: `b${n}`, value: 0.02 }));
    const { mean, low, high, p } = pigeonholeBootstrap(pairs);
    expect([mean, low, high]).toEqual([0.02, 0.02, 0.02].map((value) => expect.closeTo(value, 12)));
    expect(p).toBeCloseTo(2 / 10_001, 4);
  });

  it('turns its sign with the values', () => {
    const pairs = Array.from({ length: 20 }, (_, n) => ({
      fixed: `a${n}`,
      moving: `a${(n + 7) % 20}`,
      value: random.normal() + 0.3,
    }));
    const there = pigeonholeBootstrap(pairs);
    const back = pigeonholeBootstrap(pairs.map((pair) => ({ ...pair, value: -pair.value })));
    expect(back.mean).toBeCloseTo(-there.mean, 12);
    expect(back.low).toBeCloseTo(-there.high, 12);
    expect(back.p).toBeCloseTo(there.p, 12);
  });

  it('sees more uncertainty than independent pairs where one case is in all of them', () => {
    const values = Array.from({ length: 40 }, () => random.normal());
    const width = (fixedOf: (n: number) => string): number => {
      const { low, high } = pigeonholeBootstrap(
        values.map((value, n) => ({ fixed: fixedOf(n), moving: `m${n}`, value: value + (n % 2) * 3 })),
      );
      return high - low;
    };
    // Two fixed cases carry a difference of 3: drawing one of them twice moves the mean.
    expect(width((n) => `f${n % 2}`)).toBeGreaterThan(1.5 * width((n) => `f${n}`));
  });

  it('is as wide as theory says for pairs that share no case, or a little wider', () => {
    const values = Array.from({ length: 60 }, () => random.normal());
    const { low, high } = pigeonholeBootstrap(values.map((value, n) => ({ fixed: `f${n}`, moving: `m${n}`, value })));
    const expected = (2 * 1.96 * standardDeviation(values)) / Math.sqrt(values.length);
    // Both cases of a pair are drawn: its weight is a product of two Poisson-like counts, of variance 3.
    expect((high - low) / expected).toBeGreaterThan(1);
    expect((high - low) / expected).toBeLessThan(Math.sqrt(3) * 1.15);
  });

  it('is the ordinary bootstrap where each case is a pair by itself', () => {
    const values = Array.from({ length: 40 }, (_, n) => Math.sin(7 * n));
    const { low, high } = pigeonholeBootstrap(values.map((value, n) => ({ fixed: `${n}`, moving: `${n}`, value })));
    const mean = values.reduce((a, b) => a + b) / 40;
    const error = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 40 / 40);
    expect((high - low) / (2 * 1.96 * error)).toBeCloseTo(1, 1);
  });

  it('gives the same numbers again', () => {
    const pairs = [1, 2, 3, -1].map((value, n) => ({ fixed: `a${n}`, moving: `b${n}`, value }));
    expect(pigeonholeBootstrap(pairs)).toEqual(pigeonholeBootstrap(pairs));
  });
});

describe('holm', () => {
  it('multiplies by the number of hypotheses that are left, and never falls', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02].map((p) => expect.closeTo(p, 12)));
  });

  it('stays at most 1', () => {
    expect(holm([0.6, 0.9])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});
