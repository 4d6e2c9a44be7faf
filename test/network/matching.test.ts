import { describe, expect, it } from 'vitest';
import { blockedFeatures, detectBlockSize, type FeatureOperators, PORTABLE_FEATURES } from '../../src/graph/index.ts';
import { type RegistrationModel, weightsFor } from '../../src/network/model.ts';
import { chooseNetwork } from '../../src/network/registry.ts';
import { preprocessingSchema } from '../../src/preparation/preprocessing.ts';
import { randomStream } from '../../src/random.ts';
import { gradientError, networkProgram, weightsOf } from '../support/networkProgram.ts';
import { relativeError } from '../support/reference.ts';

const small = { iterations: [2, 2], dilations: [1], features: 4, hidden: 5 };
const extent = [18, 16, 20] as const;
const count = extent[0] * extent[1] * extent[2];

/** Smooth blobs, moved by `shift` voxels. */
function blobs(shift: readonly number[], contrast = (value: number): number => value): Float32Array {
  const random = randomStream(3, 'blobs');
  const centres = Array.from({ length: 14 }, () => extent.map((size) => random.uniform() * size));
  return Float32Array.from({ length: count }, (_, n) => {
    const at = [Math.floor(n / (extent[1] * extent[2])), Math.floor(n / extent[2]) % extent[1], n % extent[2]];
    const value = centres.reduce((total, centre, k) => {
      const distance = Math.hypot(...at.map((v, a) => v - centre[a]! - shift[a]!));
      return total + (k % 3 === 0 ? -1 : 1) * Math.exp(-((distance / 2.5) ** 2));
    }, 0);
    return contrast(value);
  });
}

const program = (options: Record<string, unknown>, features: FeatureOperators) =>
  networkProgram('matching', options, features, extent);

const meanOf = (values: Float32Array): number => values.reduce((a, b) => a + b, 0) / values.length;
const squaredError = (a: Float32Array, b: Float32Array): number => meanOf(a.map((v, n) => (v - b[n]!) ** 2));

describe('matching', () => {
  it('leaves equal volumes where they are', async () => {
    const made = await program({ ...small, features: 0, hidden: 0 }, PORTABLE_FEATURES);
    const volume = blobs([0, 0, 0]);
    const { displacement } = await made.run({ parameters: weightsOf(made.network), moving: volume, fixed: volume });
    // Beside a structure, shifts away from it are the less different ones.
    expect(meanOf(displacement!.map(Math.abs))).toBeLessThan(0.25);
    expect(Math.abs(meanOf(displacement!))).toBeLessThan(0.03);
  });

  it.each([
    ['of one contrast', (value: number) => value],
    ['of inverted contrast', (value: number) => 1 - 2 * value],
  ])('registers volumes %s before it is trained', async (_, contrast) => {
    const made = await program({ iterations: [3, 3], dilations: [2], integrationSteps: 2 }, PORTABLE_FEATURES);
    const [fixed, moving] = [blobs([0, 0, 0]), blobs([1, -1.5, 2], contrast)];
    const { displacement, inverse } = await made.run({ parameters: weightsOf(made.network), moving, fixed });
    const middle = (axis: number): number => {
      const inside: number[] = [];
      for (let z = 6; z < 12; z++)
        for (let y = 5; y < 11; y++)
          for (let x = 7; x < 13; x++) inside.push(displacement![axis * count + (z * 16 + y) * 20 + x]!);
      return inside.reduce((a, b) => a + b, 0) / inside.length;
    };
    expect(middle(0)).toBeCloseTo(1, 0);
    expect(middle(1)).toBeCloseTo(-1.5, 0);
    expect(middle(2)).toBeCloseTo(2, 0);
    // The inverse goes back.
    expect(meanOf(inverse!.slice(2 * count))).toBeCloseTo(-meanOf(displacement!.slice(2 * count)), 0);
  });

  it('brings intensities together at any extents, the same in every layout of features', async () => {
    const block = await detectBlockSize();
    const options = { ...small, halfResolution: true, integrationSteps: 2 };
    const portable = await program(options, PORTABLE_FEATURES);
    const feeds = {
      parameters: weightsOf(portable.network, 0.05),
      moving: blobs([1, 0, -1]),
      fixed: blobs([0, 0, 0]),
    };
    const right = await portable.run(feeds);
    expect(right.flow).toHaveLength(3 * 10 * 8 * 10);
    expect(squaredError(right.moved!, feeds.fixed)).toBeLessThan(0.8 * squaredError(feeds.moving, feeds.fixed));
    if (!block) return;
    const found = await (await program(options, blockedFeatures(block))).run(feeds);
    for (const name of ['displacement', 'moved', 'gradient'])
      expect(relativeError(found[name]!, right[name]!), name).toBeLessThan(1e-3);
  });

  it('has the gradient of finite differences', async () => {
    const made = await program({ ...small, integrationSteps: 2 }, PORTABLE_FEATURES);
    const feeds = { parameters: weightsOf(made.network, 0.05), moving: blobs([1, 0, -1]), fixed: blobs([0, 0, 0]) };
    expect(await gradientError(made, feeds)).toBeLessThan(0.05);
  });

  it('lends its weights to one that takes other steps, not to one of other levels', () => {
    const own = chooseNetwork('matching', small);
    const parameters = weightsOf(own);
    const model: RegistrationModel = {
      stages: [{ network: own, reduction: 1, parameters }],
      preprocessing: preprocessingSchema.parse({}),
      record: {},
    };
    expect(weightsFor(model, chooseNetwork('matching', { ...small, iterations: [5, 1] }))).toBe(parameters);
    for (const change of [{ iterations: [2, 2, 2] }, { smoothing: 2 }])
      expect(() => weightsFor(model, chooseNetwork('matching', { ...small, ...change }))).toThrow(
        /has another network/,
      );
  });

  it('checks its settings', () => {
    expect(() => chooseNetwork('matching', { iterations: [] })).toThrow(/iterations" of the network "matching" must/);
    expect(() => chooseNetwork('matching', { levels: [8] })).toThrow(/has no setting "levels"/);
  });
});
