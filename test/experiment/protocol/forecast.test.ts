import { describe, expect, it } from 'vitest';
import { type EpochTimes, forecast } from '../../../src/experiment/protocol/forecast.ts';

const pending = [
  { method: 'a', epochsDone: 2, epochsAtMost: 10 },
  { method: 'b', epochsDone: 0, epochsAtMost: 10 },
];

const times = (now: Record<string, number[]>, earlier: Record<string, number[]> = {}): EpochTimes => ({
  now: new Map(Object.entries(now)),
  earlier: new Map(Object.entries(earlier)),
});

describe('forecast', () => {
  it('knows nothing before the first epoch', () => {
    expect(forecast(pending, [], times({}), 2)).toBeUndefined();
  });

  it('takes all epochs for granted while no training is finished', () => {
    expect(forecast(pending, [], times({ a: [10, 12] }), 1)).toEqual({ expected: 11 * 18, atMost: 11 * 18 });
  });

  it('expects trainings to end like the finished ones, and divides them among the processes', () => {
    const left = forecast(pending, [4], times({ a: [10], b: [20] }), 2);
    expect(left).toEqual({ expected: (2 * 10 + 4 * 20) / 2, atMost: (8 * 10 + 10 * 20) / 2 });
  });

  it('expects one more epoch of a training that has outlasted the others', () => {
    expect(forecast([pending[0]!], [1], times({ a: [10] }), 2)?.expected).toBe(10);
  });

  it('takes the epochs of earlier runs at the pace of this one', () => {
    // This run is twice as quick, so that an epoch of b takes 20 s where it took 40.
    const left = forecast(pending, [4], times({ a: [10] }, { a: [20], b: [30, 50] }), 1);
    expect(left?.expected).toBe(2 * 10 + 4 * 20);
    expect(forecast([pending[1]!], [4], times({}, { b: [30, 50] }), 1)?.expected).toBe(4 * 40);
  });
});
