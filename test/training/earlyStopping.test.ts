import { describe, expect, it } from 'vitest';
import { followStopping, improvesLast } from '../../src/training/earlyStopping.ts';

const OPTIONS = { patience: 2, minDelta: 0.1 };

describe('early stopping', () => {
  it('ends after the epochs without improvement that it bears', () => {
    expect(followStopping([9, 1, 0.8, 0.85, 0.9], 'absolute', OPTIONS)).toEqual({
      bestEpoch: 2,
      bestLoss: 0.8,
      endEpoch: 4,
    });
  });

  it('goes on while the loss falls, and before the first epoch', () => {
    expect(followStopping([9, 1, 0.8, 0.85], 'absolute', OPTIONS).endEpoch).toBeUndefined();
    expect(followStopping([9], 'absolute', OPTIONS)).toEqual({
      bestEpoch: 0,
      bestLoss: Number.POSITIVE_INFINITY,
      endEpoch: undefined,
    });
  });

  it('does not count a fall of less than the smallest', () => {
    expect(followStopping([9, 1, 0.95, 0.92], 'absolute', OPTIONS)).toMatchObject({ bestEpoch: 1, endEpoch: 3 });
  });

  it('depends on the scale of the loss under the absolute rule and not under the relative one', () => {
    const losses = [2, 1, 0.8, 0.6, 0.4, 0.39, 0.38, 0.2];
    const scaled = losses.map((loss) => loss / 100);
    expect(followStopping(losses, 'absolute', OPTIONS).endEpoch).toBe(6);
    expect(followStopping(scaled, 'absolute', OPTIONS).endEpoch).toBe(3);
    for (const values of [losses, scaled])
      expect(followStopping(values, 'relative', { patience: 2, minDelta: 0.05 })).toMatchObject({
        bestEpoch: 4,
        endEpoch: 6,
      });
  });

  it('measures shares of a negative loss by its size', () => {
    expect(followStopping([-1, -1.5, -1.55, -1.58], 'relative', OPTIONS)).toMatchObject({ bestEpoch: 1, endEpoch: 3 });
  });

  it('says whether the last epoch is the best', () => {
    expect(improvesLast([9], 'absolute', OPTIONS)).toBe(false);
    expect(improvesLast([9, 1, 0.8], 'absolute', OPTIONS)).toBe(true);
    expect(improvesLast([9, 1, 0.95], 'absolute', OPTIONS)).toBe(false);
    // Once a rule has ended training, nothing that another rule goes on with counts for it.
    expect(improvesLast([9, 1, 1, 1, 0.2], 'absolute', OPTIONS)).toBe(false);
  });
});
