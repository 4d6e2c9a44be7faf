import { describe, expect, it } from 'vitest';
import { forecast } from '../../src/experiment/forecast.ts';

const pending = [
  { method: 'a', epochsDone: 2, epochsAtMost: 10 },
  { method: 'b', epochsDone: 0, epochsAtMost: 10 },
];

describe('forecast', () => {
  it('knows nothing before the first epoch', () => {
    expect(forecast(pending, [], new Map(), 2)).toBeUndefined();
  });

  it('takes all epochs for granted while no training is finished', () => {
    const epochs = new Map([['a', [10, 12]]]);
    expect(forecast(pending, [], epochs, 1)).toEqual({ expected: 11 * 18, atMost: 11 * 18 });
  });

  it('expects trainings to end like the finished ones, and divides them among the processes', () => {
    const epochs = new Map([
      ['a', [10]],
      ['b', [20]],
    ]);
    const left = forecast(pending, [{ method: 'a', epochs: 4, seconds: 40 }], epochs, 2);
    expect(left).toEqual({ expected: (2 * 10 + 4 * 20) / 2, atMost: (8 * 10 + 10 * 20) / 2 });
  });

  it('expects one more epoch of a training that has outlasted the others', () => {
    const left = forecast([pending[0]!], [{ method: 'a', epochs: 1, seconds: 10 }], new Map([['a', [10]]]), 2);
    expect(left?.expected).toBe(10);
  });
});
