import { expect, test } from 'vitest';
import { targetRegistrationError } from '../../src/metric/tre.ts';

test('landmark errors are Euclidean distances in mm', () => {
  const error = targetRegistrationError(
    [
      [0, 0, 0],
      [1, 2, 3],
    ],
    [
      [3, 4, 0],
      [1, 2, 2],
    ],
  );
  expect(error).toEqual({ distances: [5, 1], mean: 3, sd: Math.sqrt(8), max: 5 });
});

test('landmarks that do not pair up are a defect, none have no error', () => {
  expect(() => targetRegistrationError([[0, 0, 0]], [])).toThrow('do not pair up');
  expect(targetRegistrationError([], []).mean).toBeNaN();
});
