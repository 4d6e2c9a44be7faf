import { describe, expect, it } from 'vitest';
import { blockedFeatures, detectBlockSize, type FeatureOperators, PORTABLE_FEATURES } from '../../src/graph/index.ts';
import { chooseNetwork } from '../../src/network/registry.ts';
import { randomStream } from '../../src/random.ts';
import { gradientError, networkProgram, weightsOf } from '../support/networkProgram.ts';
import { relativeError } from '../support/reference.ts';

const small = { levels: [3, 4, 4], matching: [5, 4] };
const extent = [10, 8, 12] as const;
const count = extent[0] * extent[1] * extent[2];
const random = randomStream(2, 'volumes');
const [moving, fixed] = [0, 1].map(() => Float32Array.from({ length: count }, () => random.normal())) as [
  Float32Array,
  Float32Array,
];

const program = (options: Record<string, unknown>, features: FeatureOperators) =>
  networkProgram('pyramid', options, features, extent);

describe('the pyramid', () => {
  it('leaves the volume where it is when its flows are 0, at any extents', async () => {
    const made = await program({ ...small, integrationSteps: 3 }, PORTABLE_FEATURES);
    const { displacement, moved } = await made.run({ parameters: weightsOf(made.network, 1e-12), moving, fixed });
    expect(displacement).toHaveLength(3 * count);
    expect(Math.max(...displacement!.map(Math.abs))).toBeLessThan(1e-9);
    expect(relativeError(moved!, moving)).toBeLessThan(1e-6);
  });

  it('puts its levels one behind the other, the same in every layout of features', async () => {
    const block = await detectBlockSize();
    const options = { ...small, halfResolution: true, integrationSteps: 2 };
    const portable = await program(options, PORTABLE_FEATURES);
    const feeds = { parameters: weightsOf(portable.network, 0.3), moving, fixed };
    const right = await portable.run(feeds);
    expect(right.flow).toHaveLength((3 * 12 * 8 * 12) / 8);
    expect(Math.max(...right.displacement!.map(Math.abs))).toBeGreaterThan(0.2);
    if (!block) return;
    const found = await (await program(options, blockedFeatures(block))).run(feeds);
    for (const name of ['displacement', 'moved', 'gradient'])
      expect(relativeError(found[name]!, right[name]!), name).toBeLessThan(1e-3);
  });

  it('has the gradient of finite differences', async () => {
    const made = await program({ ...small, integrationSteps: 2 }, PORTABLE_FEATURES);
    const feeds = { parameters: weightsOf(made.network, 0.1), moving, fixed };
    expect(await gradientError(made, feeds)).toBeLessThan(0.05);
  });

  it('checks its settings', () => {
    expect(() => chooseNetwork('pyramid', { levels: [8] })).toThrow(/levels" of the network "pyramid" must/);
    expect(() => chooseNetwork('pyramid', { encoder: [8] })).toThrow(/has no setting "encoder"/);
  });
});
