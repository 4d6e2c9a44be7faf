import { describe, expect, it } from 'vitest';
import { chooseSimilarity, similarities } from '../../../src/loss/registry.ts';
import { dice } from '../../../src/metric/dice.ts';
import { foldedPercent, jacobianDeterminant } from '../../../src/metric/jacobian.ts';
import { warpFromDisplacement } from '../../../src/preparation/warpFromDisplacement.ts';
import { type PyramidOptions, registerPyramid } from '../../../src/registration/pyramid/pyramid.ts';
import { regionOf } from '../../../src/registration/pyramid/region.ts';
import { makePhantomCase } from '../../../src/synthesis/phantom/phantom.ts';
import { identity } from '../../../src/volume/matrix.ts';
import { zscore } from '../../../src/volume/normalise.ts';
import { applyWarp, composeWarps } from '../../../src/volume/warp.ts';

const [fixed, moving] = [0, 1].map((index) => makePhantomCase({ seed: 5, index, size: [28, 32, 26] }));
const pair = {
  fixed: zscore(fixed!.image),
  moving: zscore(moving!.image),
  fixedMask: undefined,
  movingMask: undefined,
  region: regionOf(fixed!.image, undefined, 3),
  start: identity,
};
const options: PyramidOptions = {
  levels: [
    { spacing: 2, steps: 25 },
    { spacing: 1, steps: 15 },
  ],
  loss: chooseSimilarity('mse'),
  smoothness: 0.3,
  control: 2,
  integrationSteps: 5,
  rate: 0.2,
  seed: 1,
  leastGain: 0,
};

const labelsIn = [1, 2];
const overlap = (warp: Parameters<typeof applyWarp>[0]): number =>
  dice(fixed!.labels.data, applyWarp(warp, moving!.labels).data, labelsIn).reduce((a, b) => a + b / 2, 0);
const still = warpFromDisplacement(
  {
    displacement: new Float32Array(3),
    fixedGrid: { size: [1, 1, 1], affine: identity },
    movingGrid: { size: [1, 1, 1], affine: identity },
  },
  fixed!.image,
);

describe('registration from coarse to fine', () => {
  it('takes the end of a discrete search only where its loss is lower', async () => {
    const first = { ...options, levels: options.levels.slice(0, 1) };
    const [usual] = (await registerPyramid(pair, first)).levels;
    const [level] = (await registerPyramid(pair, { ...first, search: true })).levels;
    if (level!.searched) expect(level!.loss).toBeLessThan(usual!.loss);
    else expect(level).toEqual(usual);
  });

  it('moves labels together without folds, and knows the inverse', async () => {
    const { displacement, inverse, fixedGrid, movingGrid, levels } = await registerPyramid(pair, options);
    const warp = warpFromDisplacement({ displacement, fixedGrid, movingGrid }, fixed!.image);
    expect(overlap(warp)).toBeGreaterThan(overlap(still) + 0.1);
    expect(foldedPercent(jacobianDeterminant(warp).data)).toBe(0);
    expect(levels.map(({ steps }) => steps)).toEqual([25, 15]);
    for (const { lossBefore, loss } of levels) expect(loss).toBeLessThan(lossBefore);
    const back = warpFromDisplacement(
      { displacement: inverse!, fixedGrid: movingGrid, movingGrid: fixedGrid },
      moving!.image,
    );
    const there = composeWarps(back, warp).data;
    const [nx, ny, nz] = moving!.image.size;
    let [sum, count] = [0, 0];
    for (let k = 6; k < nz - 6; k++)
      for (let j = 6; j < ny - 6; j++)
        for (let i = 6; i < nx - 6; i++, count++) {
          const n = i + nx * (j + ny * k);
          sum += Math.hypot(there[n]!, there[n + nx * ny * nz]!, there[n + 2 * nx * ny * nz]!);
        }
    expect(sum / count).toBeLessThan(0.2);
  });

  it('goes on from level to level: the second begins near where the first ended', async () => {
    const { levels } = await registerPyramid(pair, options);
    const alone = await registerPyramid(pair, { ...options, levels: [{ spacing: 1, steps: 1 }] });
    expect(levels[1]!.lossBefore).toBeLessThan(alone.levels[0]!.lossBefore);
  });

  it('gives the same numbers twice', async () => {
    const [a, b] = [await registerPyramid(pair, options), await registerPyramid(pair, options)];
    expect(a.displacement).toEqual(b.displacement);
  });

  it('stops where a level brings no more', async () => {
    const { levels } = await registerPyramid(
      { ...pair, moving: pair.fixed },
      { ...options, levels: [{ spacing: 1, steps: 60 }], leastGain: 0.01 },
    );
    expect(levels[0]!.steps).toBe(11);
  });

  it('smooths a velocity until its end is smooth enough', async () => {
    let asked = 0;
    const { smoothings } = await registerPyramid(pair, options, { isSmooth: () => ++asked > 3 });
    expect(smoothings).toBe(3);
  });

  it('weighs smoothness against what counts, whatever surrounds it', async () => {
    const weighed = async (margin: number): Promise<number> => {
      const mask = new Float32Array(pair.fixed.data.length).fill(1);
      const region = regionOf(fixed!.image, undefined, margin);
      const masked = { ...pair, fixedMask: mask, movingMask: mask, region };
      const { displacement, fixedGrid, movingGrid } = await registerPyramid(masked, options);
      return overlap(warpFromDisplacement({ displacement, fixedGrid, movingGrid }, fixed!.image));
    };
    expect(Math.abs((await weighed(3)) - (await weighed(14)))).toBeLessThan(0.02);
  });

  it('takes displacements too', async () => {
    const result = await registerPyramid(pair, { ...options, integrationSteps: 0, smoothness: 1 });
    expect(result.inverse).toBeUndefined();
    expect(overlap(warpFromDisplacement(result, fixed!.image))).toBeGreaterThan(overlap(still) + 0.1);
  });

  describe.each([...similarities().keys()])('by %s', (name) => {
    it('gets better on every level, or stays', async () => {
      const { levels } = await registerPyramid(pair, {
        ...options,
        levels: [{ spacing: 2, steps: 8 }],
        loss: chooseSimilarity(name),
        smoothness: 0.01,
      });
      expect(levels[0]!.loss).toBeLessThan(levels[0]!.lossBefore + 0.05 * Math.abs(levels[0]!.lossBefore));
    });
  });
});
