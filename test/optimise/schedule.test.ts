import { describe, expect, it } from 'vitest';
import { scheduledRate } from '../../src/optimise/schedule.ts';

describe('schedules', () => {
  it('keeps a constant rate', () => {
    expect([0, 0.5, 1].map((share) => scheduledRate('constant', 0.2, share))).toEqual([0.2, 0.2, 0.2]);
  });

  it('falls along half a cosine: the rate, half of it in the middle, 0 at the end', () => {
    expect(scheduledRate('cosine', 0.2, 0)).toBe(0.2);
    expect(scheduledRate('cosine', 0.2, 0.5)).toBeCloseTo(0.1, 12);
    expect(scheduledRate('cosine', 0.2, 1)).toBeCloseTo(0, 12);
  });
});
