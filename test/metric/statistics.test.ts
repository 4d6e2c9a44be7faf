import { expect, test } from 'vitest';
import { mean, median, percentile, standardDeviation, wilcoxonSignedRank } from '../../src/metric/statistics.ts';
import { randomStream } from '../../src/random.ts';

test('mean, standard deviation and median of known samples', () => {
  expect(mean([2, 4, 4, 4, 5, 5, 7, 9])).toBe(5);
  expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12);
  expect(standardDeviation([1])).toBeNaN();
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(mean([])).toBeNaN();
});

test('percentiles interpolate linearly, as numpy does', () => {
  expect(percentile([15, 20, 35, 40, 50], 40)).toBeCloseTo(29, 12);
  expect(percentile([3, 1, 2], 0)).toBe(1);
  expect(percentile([3, 1, 2], 100)).toBe(3);
  expect(percentile([], 50)).toBeNaN();
});

/** p by trying all 2ⁿ signs of the ranks. */
function enumerated(differences: readonly number[]): number {
  const n = differences.length;
  const ranks = differences.map((d) => differences.filter((other) => Math.abs(other) <= Math.abs(d)).length);
  const sum = (positive: (i: number) => boolean) =>
    ranks.reduce((total, rank, i) => total + (positive(i) ? rank : 0), 0);
  const total = (n * (n + 1)) / 2;
  const observed = sum((i) => differences[i]! > 0);
  const extreme = Math.abs(observed - total / 2);
  let count = 0;
  for (let signs = 0; signs < 2 ** n; signs++) {
    if (Math.abs(sum((i) => ((signs >> i) & 1) === 1) - total / 2) >= extreme) count++;
  }
  return count / 2 ** n;
}

test('the exact p of the signed-rank test equals the enumeration of all signs', () => {
  const random = randomStream(9, 'wilcoxon');
  for (const n of [1, 2, 5, 8, 10]) {
    const a = Array.from({ length: n }, () => random.normal() + 0.5);
    const test = wilcoxonSignedRank(
      a,
      a.map(() => 0),
    );
    expect(test.method).toBe('exact');
    expect(test.p).toBeCloseTo(enumerated(a), 12);
  }
});

test('all differences of one sign give the smallest p there is, swapping the samples changes nothing', () => {
  const a = [1, 2, 3, 4, 5, 6];
  const b = [0.9, 1.8, 2.7, 3.6, 4.5, 5.4];
  expect(wilcoxonSignedRank(a, b)).toMatchObject({ statistic: 0, p: 2 / 64, n: 6 });
  expect(wilcoxonSignedRank(b, a)).toEqual(wilcoxonSignedRank(a, b));
});

test('pairs without a difference do not count', () => {
  expect(wilcoxonSignedRank([1, 2, 5], [1, 2, 4])).toMatchObject({ n: 1, p: 1 });
  expect(wilcoxonSignedRank([1, 2], [1, 2])).toMatchObject({ n: 0, p: 1 });
  const lacking = wilcoxonSignedRank([1, Number.NaN, 3, 4, 9], [0.5, 1, 1.9, Number.NaN, 6]);
  expect(lacking).toEqual(wilcoxonSignedRank([1, 3, 9], [0.5, 1.9, 6]));
  expect(() => wilcoxonSignedRank([1], [])).toThrow('do not pair up');
});

test('ties and large samples use the normal distribution; values of scipy 1.17, correction=True', () => {
  const tied = wilcoxonSignedRank(
    [125, 115, 130, 140, 140, 115, 140, 125, 140, 135],
    [110, 122, 125, 120, 140, 124, 123, 137, 135, 145],
  );
  expect(tied).toMatchObject({ statistic: 18, n: 9, method: 'normal' });
  expect(tied.p).toBeCloseTo(0.6352893188352069, 6);
  const index = Array.from({ length: 30 }, (_, i) => i);
  const x = index.map((i) => 3 * Math.sin(1.7 * i));
  const y = index.map((i) => 2 * Math.cos(0.9 * i) + 0.8);
  const large = wilcoxonSignedRank(x, y);
  expect(large).toMatchObject({ statistic: 151, method: 'normal' });
  expect(large.p).toBeCloseTo(0.09570634635719293, 6);
  expect(wilcoxonSignedRank(x.slice(0, 12), y.slice(0, 12)).p).toBeCloseTo(0.38037109375, 12);
});
