import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { planSentence } from '../../src/registration/plan.ts';
import { PlannedRegistrar } from '../../src/registration/planned.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { composeWarps } from '../../src/volume/warp.ts';

const [fixed, moving] = [0, 1].map((index) => makePhantomCase({ seed: 5, index, size: [28, 26, 24] }).image) as [
  ReturnType<typeof makePhantomCase>['image'],
  ReturnType<typeof makePhantomCase>['image'],
];
const there = { fixed, moving };
const back = { fixed: moving, moving: fixed };

/** Mean distance in mm between where the fixed scan's inner voxels are and where the two ways take them. */
async function apart(symmetric: boolean, alignment: 'affine' | 'none'): Promise<number> {
  const choices = { symmetric, alignment, effort: 'fast' } as const;
  const registrar = new PlannedRegistrar({ choices });
  const [first, second] = [await registrar.register(there), await registrar.register(back)];
  const { data, size } = composeWarps(first.warp, second.warp);
  const count = data.length / 3;
  let [sum, inner] = [0, 0];
  for (let n = 0; n < count; n++) {
    const at = [n % size[0], Math.floor(n / size[0]) % size[1], Math.floor(n / (size[0] * size[1]))];
    if (at.some((i, a) => i < 5 || i >= size[a]! - 5)) continue;
    sum += Math.hypot(data[n]!, data[n + count]!, data[n + 2 * count]!);
    inner++;
  }
  return sum / inner;
}

describe('a symmetric registration', () => {
  it.each(['affine', 'none'] as const)('finds the inverse where the roles are changed: alignment %s', async (kind) => {
    expect(await apart(true, kind)).toBeLessThan(0.05);
    expect(await apart(false, kind)).toBeGreaterThan(0.1);
  });

  it('registers as well as one that is not, and says the same both ways', async () => {
    const sentences: string[] = [];
    const registrar = new PlannedRegistrar({
      choices: { symmetric: true, effort: 'fast' },
      onPlan: (plan) => sentences.push(planSentence(plan)),
    });
    const far = (volume: { readonly data: Float32Array }): number =>
      volume.data.reduce((sum, value, n) => sum + Math.abs(value - fixed.data[n]!), 0);
    const plain = await new PlannedRegistrar({ choices: { effort: 'fast' } }).register(there);
    const distance = far((await registrar.register(there)).moved);
    expect(distance).toBeLessThan(far(moving));
    expect(distance).toBeLessThan(1.05 * far(plain.moved));
    await registrar.register(back);
    expect(sentences[0]).toMatch(/a symmetric velocity field/);
    expect(sentences[1]).toBe(sentences[0]);
  });

  it('takes an initial transform and an alignment as they are given, either way', async () => {
    const shift = (mm: number) => [1, 0, 0, mm, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] as const;
    const registrar = new PlannedRegistrar({ choices: { symmetric: true, effort: 'fast' } });
    for (const [pair, mm] of [
      [there, 2],
      [back, -2],
    ] as const) {
      const { start, warp } = await registrar.register({ ...pair, aligned: shift(mm) }, shift(mm));
      expect(start).toEqual(shift(mm));
      expect(warp.size).toEqual(pair.fixed.size);
    }
  });

  it('refuses a displacement field', async () => {
    const registrar = new PlannedRegistrar({ choices: { symmetric: true, field: 'displacement' } });
    await expect(registrar.register(there)).rejects.toThrow(UserError);
  });
});
