import { describe, expect, it } from 'vitest';
import { alignmentSimilarity } from '../../src/loss/alignmentLoss.ts';
import { chooseSimilarity } from '../../src/loss/registry.ts';
import { dice } from '../../src/metric/dice.ts';
import { randomStream } from '../../src/random.ts';
import { judgeModalities, suitedLoss } from '../../src/registration/modality.ts';
import { PlannedRegistrar } from '../../src/registration/planned.ts';
import { type RegistrarOptions, type RegistrationPair, register } from '../../src/registration/register.ts';
import type { Labels, Vec3, Volume } from '../../src/volume/grid.ts';
import { identity } from '../../src/volume/matrix.ts';
import { applyWarp } from '../../src/volume/warp.ts';

const edge = 28;

/** An ellipsoid: what lies in it, and 0 around it. */
function ellipsoid(centre: Vec3, radii: Vec3, value: () => number): { image: Volume; labels: Labels } {
  const labels = new Int32Array(edge ** 3);
  for (let n = 0; n < labels.length; n++) {
    const at = [n % edge, Math.floor(n / edge) % edge, Math.floor(n / edge ** 2)];
    if (Math.hypot(...at.map((p, a) => (p - centre[a]!) / radii[a]!)) < 1) labels[n] = 1;
  }
  const grid = { size: [edge, edge, edge] as const, affine: identity };
  return {
    image: { ...grid, data: Float32Array.from(labels, (label) => (label === 1 ? value() : 0)) },
    labels: { ...grid, data: labels },
  };
}

async function diceBeforeAndAfter(
  value: () => number,
  options: RegistrarOptions,
  other = value,
): Promise<[number, number]> {
  const fixed = ellipsoid([13.5, 13.5, 13.5], [9, 8, 7], value);
  const moving = ellipsoid([14.5, 12.5, 14], [8, 9, 7.5], other);
  const { warp } = await register({ fixed: fixed.image, moving: moving.image }, undefined, options);
  const moved = applyWarp(warp, moving.labels);
  return [moving.labels, moved].map(({ data }) => dice(fixed.labels.data, data, [1])[0]!) as [number, number];
}

const refine: RegistrarOptions = {
  refine: { loss: chooseSimilarity('mse'), steps: 100, grid: 2, rate: 0.15, seed: 1, smoothness: 0.05 },
};

describe('objects of one even value', () => {
  it('are brought together by their outlines', async () => {
    const [before, after] = await diceBeforeAndAfter(() => 1, refine);
    expect(before).toBeLessThan(0.9);
    expect(after).toBeGreaterThanOrEqual(0.99);
  });

  it.each([0.05, 0.15])('get better and not worse with noise of %f', async (sd) => {
    const random = randomStream(3, 'noise');
    const [before, after] = await diceBeforeAndAfter(() => 100 * (1 + sd * random.normal()), refine);
    expect(after).toBeGreaterThan(before + 0.08);
  });

  it('may differ in value', async () => {
    const [, after] = await diceBeforeAndAfter(
      () => 40,
      refine,
      () => 7,
    );
    expect(after).toBeGreaterThanOrEqual(0.98);
  });

  it('are aligned as a whole', async () => {
    const alignment = { kind: 'rigid', loss: alignmentSimilarity('mse') } as const;
    const [before, after] = await diceBeforeAndAfter(() => 1, { alignment });
    expect(after).toBeGreaterThan(before + 0.02);
  });
});

describe('what counts of an image', () => {
  const { image, labels } = ellipsoid([13.5, 13.5, 13.5], [9, 8, 7], () => 5);
  const pair: RegistrationPair = { fixed: image, moving: image };

  it('must hold something to align', async () => {
    await expect(register({ ...pair, fixedMask: labels }, undefined, refine)).rejects.toThrow(
      /^The fixed image has the same value everywhere in its mask, so there is nothing to align; give a larger mask, or none\.$/,
    );
    await expect(register({ ...pair, movingMask: labels }, undefined, refine)).rejects.toThrow(/The moving image/);
  });

  it('must overlap', async () => {
    const half = (low: boolean): Labels => ({
      ...labels,
      data: labels.data.map((_, n) => (n % edge < 12 === low ? 1 : 0)),
    });
    const masked = { ...pair, fixedMask: half(true), movingMask: half(false) };
    await expect(register(masked, undefined, refine)).rejects.toThrow(
      /The masked regions of the two scans do not overlap/,
    );
  });
});

describe('even objects that are planned', () => {
  it.each([
    ['binary', 0, 0],
    ['with noise inside', 5, 0],
    ['with noise everywhere', 2, 2],
  ])('are one modality, compared by their outlines: %s', async (_, inside, around) => {
    const random = randomStream(2, 'even');
    const noisy = ({ image, labels }: ReturnType<typeof ellipsoid>) => ({
      labels,
      image: { ...image, data: image.data.map((value) => (value > 0 ? value : around * random.normal())) },
    });
    const value = (): number => 100 + inside * random.normal();
    const [fixed, moving] = [
      noisy(ellipsoid([13.5, 13.5, 13.5], [9, 8, 7], value)),
      noisy(ellipsoid([15, 12, 14], [8, 9, 7.5], value)),
    ];
    const pair = { fixed: fixed.image, moving: moving.image };
    const { warp, done } = await new PlannedRegistrar({ choices: { alignment: 'none' } }).register(pair);
    expect(done?.plan).toMatchObject({ modality: 'same', loss: { name: 'mse' } });
    const moved = applyWarp(warp, moving.labels);
    expect(dice(fixed.labels.data, moved.data, [1])[0]).toBeGreaterThan(0.97);
  });

  it('and aligned by MSE', () => {
    const [fixed, moving] = [9, 8].map((radius) => ellipsoid([13.5, 13.5, 13.5], [radius, 8, 7], () => 1).image);
    const { same, even } = judgeModalities(fixed!, moving!);
    expect(suitedLoss(same, even)).toBe('mse');
  });
});
