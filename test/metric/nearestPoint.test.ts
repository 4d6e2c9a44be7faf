import { expect, test } from 'vitest';
import { NearestPoint } from '../../src/metric/nearestPoint.ts';
import { randomStream } from '../../src/random.ts';

test.each([
  ['anywhere', 500, 1000],
  ['on few places, many of them alike', 500, 4],
  ['one', 1, 10],
])('finds the nearest of points: %s', (_, count, places) => {
  const random = randomStream(3, 'points');
  const points = Float64Array.from({ length: 3 * count }, () => random.integer(places));
  const tree = new NearestPoint(points);
  for (let trial = 0; trial < 200; trial++) {
    const [x, y, z] = [random.uniform() * places, random.integer(places), random.uniform() * places];
    let least = Number.POSITIVE_INFINITY;
    for (let n = 0; n < points.length; n += 3)
      least = Math.min(least, (x - points[n]!) ** 2 + (y - points[n + 1]!) ** 2 + (z - points[n + 2]!) ** 2);
    expect(tree.squaredDistance(x, y, z)).toBeCloseTo(least, 9);
  }
});

test('of no points is infinitely far', () => {
  expect(new NearestPoint(new Float64Array(0)).squaredDistance(1, 2, 3)).toBe(Number.POSITIVE_INFINITY);
});
