import { describe, expect, it } from 'vitest';
import { boxOverlap, type PlanChoices, planPair, planSentence } from '../../src/registration/plan.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import type { Volume } from '../../src/volume/grid.ts';
import { multiply, scaling, translation } from '../../src/volume/matrix.ts';

const [fixed, moving] = [0, 1].map((index) => makePhantomCase({ seed: 5, index, size: [40, 44, 36] }).image) as [
  Volume,
  Volume,
];
const placed = (volume: Volume, by: readonly [number, number, number]): Volume => ({
  ...volume,
  affine: multiply(translation(by), volume.affine),
});
const plan = (choices: PlanChoices = {}, other = moving) =>
  planPair({ fixed, moving: other, fixedMask: undefined, movingMask: undefined }, choices);

describe('plan', () => {
  it('aligns and goes from coarse to fine, not finer than the scan', () => {
    const { alignment, levels, modality, loss } = plan();
    expect(modality).toBe('same');
    expect(alignment?.kind).toBe('affine');
    expect(loss.name).toBe('ncc');
    expect(levels.length).toBeGreaterThan(1);
    for (const [n, { spacing }] of levels.entries()) {
      expect(spacing).toBeGreaterThanOrEqual(0.9);
      if (n > 0) expect(spacing).toBeLessThan(levels[n - 1]!.spacing);
    }
  });

  it('believes world coordinates where the scans overlap in them', () => {
    expect(boxOverlap(fixed, placed(fixed, [20, 0, 0]))).toBeCloseTo(0.5, 6);
    expect(plan({}, placed(moving, [10, 0, 0])).start).toBe('world');
    expect(plan({}, placed(moving, [500, 0, 0])).start).toBe('center');
    expect(plan({ start: 'world' }, placed(moving, [500, 0, 0])).start).toBe('world');
  });

  it('takes more time for larger scans, for an alignment, and for finer levels', () => {
    const large: Volume = { ...moving, size: [160, 176, 144], data: new Float32Array(160 * 176 * 144) };
    const none = { alignment: 'none', levels: [] } as const;
    expect(plan(none, large).seconds).toBeGreaterThan(plan(none).seconds);
    expect(plan({ levels: [] }).seconds).toBeGreaterThan(plan(none).seconds);
    expect(plan({ levels: [{ spacing: 1, steps: 100 }] }).seconds).toBeGreaterThan(plan({ levels: [] }).seconds);
  });

  it('searches first where that is asked for, and says so', () => {
    expect(plan().search).toBeUndefined();
    expect(planSentence(plan({ search: true }))).toMatch(/by NCC, then a discrete search, then a velocity field/);
  });

  it('takes what is given for every part', () => {
    const levels = [{ spacing: 3, steps: 7 }];
    const given = plan({
      modality: 'different',
      alignment: 'none',
      loss: { name: 'pswd', options: { patch: 5 } },
      regulariser: { name: 'bending', options: {} },
      smoothness: 0.7,
      levels,
      field: 'displacement',
      control: 3,
      seed: 9,
    });
    expect(given).toMatchObject({
      modality: 'different',
      alignment: null,
      loss: { name: 'pswd', options: { patch: 5 } },
      regulariser: { name: 'bending' },
      smoothness: 0.7,
      levels,
      integrationSteps: 0,
      control: 3,
      seed: 9,
    });
    expect(plan({ levels: [] }).levels).toEqual([]);
    expect(plan({ alignment: 'rigid', alignmentLoss: { name: 'mind', options: {} } }).alignment).toEqual({
      kind: 'rigid',
      loss: { name: 'mind', options: {} },
    });
  });

  it('spends more with more effort', () => {
    const work = (effort: 'fast' | 'standard' | 'best'): number =>
      plan({ effort }).levels.reduce((sum, { spacing, steps }) => sum + steps / spacing ** 3, 0);
    expect(work('fast')).toBeLessThan(work('standard'));
    expect(work('standard')).toBeLessThan(work('best'));
  });

  it('makes levels coarser where memory is short', () => {
    const free = plan();
    const short = plan({ memory: free.memory.needed / 3 });
    expect(short.memory.needed).toBeLessThanOrEqual(free.memory.needed / 3);
    expect(short.levels.at(-1)!.spacing).toBeGreaterThan(free.levels.at(-1)!.spacing);
  });

  it('does not grow with the field of view beyond its bounds', () => {
    const large: Volume = { ...fixed, affine: multiply(scaling([12, 12, 12]), fixed.affine) };
    const { levels, memory } = planPair({ fixed: large, moving: large, fixedMask: undefined, movingMask: undefined });
    expect(memory.needed).toBeLessThan(4e9);
    expect(levels.length).toBeGreaterThan(0);
  });

  it('is said in one line', () => {
    expect(planSentence(plan())).toMatch(
      /^One modality: .* Plan, from world coordinates: affine alignment by NCC, then/,
    );
    expect(planSentence(plan({ levels: [], alignment: 'none' }))).toMatch(/: nothing; about/);
  });

  it('can be written down', () => {
    const made = plan();
    expect(JSON.parse(JSON.stringify(made))).toEqual(made);
  });
});
