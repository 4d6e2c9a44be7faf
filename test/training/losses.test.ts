import { describe, expect, it } from 'vitest';
import { similarities } from '../../src/loss/registry.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { trainModel } from '../../src/training/trainModel.ts';

const cases = Array.from({ length: 8 }, (_, index) =>
  makePhantomCase({ seed: 1, index, size: [20, 28, 20], spacing: [2, 2, 2] }),
);

/** Options that suit volumes of 16³ and a few seconds. */
const SMALL: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  ncc: { window: 5 },
  swd: { directions: 40 },
  radon: { directions: 16 },
  pswd: { patch: 7, directions: 16 },
  'radon-profiles': { directions: 16 },
};

describe.each([...similarities().keys()])('training with %s', (loss) => {
  it('brings the loss down, and the same seed gives the same numbers', async () => {
    const settings = {
      loss,
      lossOptions: SMALL[loss] ?? {},
      smoothness: 0,
      size: 16,
      pad: 16,
      spacing: 3.5,
      encoder: [8, 8],
      decoder: [8, 8],
      remaining: [8],
      rate: 3e-3,
      epochs: 6,
      mask: true,
    };
    const split = { train: 0.75, validation: 0.25, test: 0 };
    const { records } = await trainModel(cases, { settings, split });
    expect(records).toHaveLength(6);
    expect(records.at(-1)?.trainLoss).toBeLessThan(records[0]?.trainLoss as number);
    const again = await trainModel(cases, { settings: { ...settings, epochs: 1 }, split });
    expect(again.records[0]?.trainLoss).toBe(records[0]?.trainLoss);
  });
});
