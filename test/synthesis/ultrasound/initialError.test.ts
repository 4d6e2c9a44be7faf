import { expect, it } from 'vitest';
import { mean, standardDeviation } from '../../../src/metric/statistics.ts';
import { initialError } from '../../../src/synthesis/ultrasound/initialError.ts';

const draw = (seed: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => initialError(seed, index, 5.3));

it('has the mean that is asked for, and the spread of RESECT', () => {
  const many = draw(1, 3000);
  expect(mean(many)).toBeCloseTo(5.3, 1);
  expect(standardDeviation(many)).toBeGreaterThan(3.4);
  expect(standardDeviation(many)).toBeLessThan(4.4);
  expect(Math.min(...many)).toBeGreaterThan(0.4);
  expect(Math.max(...many)).toBeLessThan(20);
});

it('is near that mean also for 22 cases, whatever the seed', () => {
  for (let seed = 0; seed < 20; seed++) expect(Math.abs(mean(draw(seed, 22)) - 5.3)).toBeLessThan(0.8);
});
