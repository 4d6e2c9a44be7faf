import { describe, expect, it } from 'vitest';
import { chooseSimilarity } from '../../src/loss/registry.ts';
import { prepare, preprocessingSchema } from '../../src/preparation/preprocessing.ts';
import { agreement } from '../../src/registration/assess.ts';
import { type RefineOptions, Refiner } from '../../src/registration/refine.ts';
import { Registrar, register } from '../../src/registration/register.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { pairMetrics } from '../../src/training/pairMetrics.ts';
import { applyWarp, linearWarp } from '../../src/volume/warp.ts';
import { lossProgram } from '../support/lossProgram.ts';
import { randomModel } from '../support/phantomModel.ts';

const size = [24, 24, 24] as const;
const preprocessing = preprocessingSchema.parse({ pad: 24, size: 24 });
const cases = [0, 1].map((index) => makePhantomCase({ seed: 5, index, size }));
const [fixed, moving] = cases.map(({ image, labels }, k) => prepare(String(k), image, labels, preprocessing)) as [
  ReturnType<typeof prepare>,
  ReturnType<typeof prepare>,
];
const pair = { fixed: fixed.values, moving: moving.values };

async function refined(
  loss: string,
  options: Partial<RefineOptions> & { readonly lossOptions?: Record<string, unknown> } = {},
  start?: Float32Array,
): Promise<{ displacement: Float32Array; losses: readonly number[] }> {
  const { lossOptions, ...others } = options;
  const refiner = await Refiner.create(
    {
      loss: chooseSimilarity(loss, lossOptions),
      steps: 30,
      grid: 2,
      rate: 0.3,
      seed: 1,
      mask: false,
      ...others,
    },
    size,
  );
  try {
    return await refiner.refine({ ...pair, ...(start ? { start } : {}) });
  } finally {
    await refiner.release();
  }
}

const diceOf = (displacement: Float32Array): number => pairMetrics(fixed, moving, displacement).dice!;
const before = diceOf(new Float32Array(3 * 24 ** 3));

describe('refinement of one pair', () => {
  it.each([
    ['mse', {}],
    ['ncc', { window: 5 }],
    ['pswd', { patch: 7, directions: 16 }],
    ['swd', { directions: 50 }],
  ])('brings labels together that it does not see: %s', async (loss, lossOptions) => {
    const { displacement, losses } = await refined(loss, { lossOptions, smoothness: loss === 'swd' ? 0.2 : 1 });
    expect(losses).toHaveLength(30);
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
    expect(diceOf(displacement)).toBeGreaterThan(before + 0.02);
  });

  it('gives the same for the same seed, and other directions for another', async () => {
    const options = { steps: 3, lossOptions: { patch: 7, directions: 8 } };
    const a = await refined('pswd', options);
    expect((await refined('pswd', options)).displacement).toEqual(a.displacement);
    expect((await refined('pswd', { ...options, seed: 2 })).displacement).not.toEqual(a.displacement);
  });

  it('begins where it is told to', async () => {
    const { displacement: start } = await refined('mse');
    const { losses } = await refined('mse', { steps: 1 }, start);
    expect(losses[0]).toBeLessThan((await refined('mse', { steps: 1 })).losses[0] as number);
  });

  it('puts a velocity behind where it begins, and keeps to it where nothing moves', async () => {
    const { displacement: start } = await refined('mse', { steps: 10 });
    const behind = { integrationSteps: 5, behind: true, smoothness: 0.3 };
    const { displacement, losses } = await refined('mse', behind, start);
    expect(losses[0]).toBeLessThan((await refined('mse', { steps: 1 })).losses[0] as number);
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
    expect(diceOf(displacement)).toBeGreaterThan(diceOf(start));
    const still = await refined('mse', { ...behind, steps: 1, rate: 1e-9 }, start);
    expect(Math.max(...still.displacement.map((u, n) => Math.abs(u - start[n]!)))).toBeLessThan(1e-5);
  });

  it('finds the inverse where the roles are changed, when it is symmetric', async () => {
    const velocity = async (symmetric: boolean, { fixed, moving }: typeof pair): Promise<Float32Array> => {
      const options = { smoothness: 0.3, steps: 20, grid: 2, rate: 0.3, seed: 1, mask: true, integrationSteps: 5 };
      const refiner = await Refiner.create({ ...options, loss: chooseSimilarity('ncc'), symmetric }, size);
      const masks = {
        fixedMask: new Float32Array(fixed.length).fill(1),
        movingMask: new Float32Array(fixed.length).fill(1),
      };
      try {
        return (await refiner.refine({ fixed, moving, ...masks })).field.data;
      } finally {
        await refiner.release();
      }
    };
    const apart = async (symmetric: boolean): Promise<number> => {
      const there = await velocity(symmetric, pair);
      const back = await velocity(symmetric, { fixed: pair.moving, moving: pair.fixed });
      return Math.hypot(...there.map((v, n) => v + back[n]!)) / Math.hypot(...there);
    };
    expect(await apart(true)).toBeLessThan(1e-3);
    expect(await apart(false)).toBeGreaterThan(0.05);
  });

  it('compares with the loss itself, whose fixed part is worked out once', async () => {
    const lossOptions = { directions: 20, fresh: false };
    const { losses } = await refined('swd', { steps: 3, lossOptions });
    const program = await lossProgram('swd', lossOptions, size);
    const { value } = await program.run(moving.values, fixed.values);
    await program.release();
    expect(Math.abs((losses[0] as number) / value - 1)).toBeLessThan(1e-5);
    expect(losses[2]).toBeLessThan(losses[0] as number);
  });
});

it('stops where the loss is no longer a number', async () => {
  await expect(refined('mse', { smoothness: 1e30, rate: 1e20 })).rejects.toThrow(
    /not a number in step \d+ .*--refine-rate/,
  );
});

describe('registering with refinement', () => {
  const images = { fixed: cases[0]!.image, moving: cases[1]!.image };
  const refine = { loss: chooseSimilarity('mse'), steps: 40, grid: 2, rate: 0.3, seed: 1 };

  it('needs no model', async () => {
    const { warp, start, moved } = await register(images, undefined, { refine });
    const labels = cases.map((made) => made.labels) as [(typeof cases)[0]['labels'], (typeof cases)[0]['labels']];
    const dice = (w: typeof warp): number => agreement(labels[0], applyWarp(w, labels[1])).means.dice!;
    expect(dice(warp)).toBeGreaterThan(dice(linearWarp(warp, start)) + 0.02);
    expect(moved.size).toEqual(images.fixed.size);
  });

  it('goes on from the network, and tells each step', async () => {
    const steps: number[] = [];
    const model = randomModel({}, preprocessingSchema.parse({ pad: 32, size: 32, outside: 'edge' }));
    const registrar = new Registrar(model, { refine: { ...refine, steps: 5 }, onRefine: (step) => steps.push(step) });
    const alone = await register(images, model);
    const { warp } = await registrar.register(images);
    await registrar.release();
    expect(steps).toEqual([1, 2, 3, 4, 5]);
    const difference = Math.max(...warp.data.map((v, i) => Math.abs(v - (alone.warp.data[i] as number))));
    expect(difference).toBeGreaterThan(0.05);
    expect(difference).toBeLessThan(5 * 0.3 * 2);
  });

  it('refuses to do nothing', () => {
    expect(() => new Registrar(undefined)).toThrow(/There is no model/);
  });
});
