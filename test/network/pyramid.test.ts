import { describe, expect, it } from 'vitest';
import {
  blockedFeatures,
  compile,
  detectBlockSize,
  type FeatureOperators,
  Graph,
  gradients,
  mean,
  PORTABLE_FEATURES,
  square,
  subtract,
  type Tensor,
} from '../../src/graph/index.ts';
import { initialParameters, parameterCount, unpackParameters } from '../../src/network/parameters.ts';
import { buildNetwork, chooseNetwork, networkParameters } from '../../src/network/registry.ts';
import { randomStream } from '../../src/random.ts';
import { relativeError } from '../support/reference.ts';

const small = { levels: [3, 4, 4], matching: [5, 4] };
const extent = [10, 8, 12] as const;
const count = extent[0] * extent[1] * extent[2];
const random = randomStream(2, 'volumes');
const [moving, fixed] = [0, 1].map(() => Float32Array.from({ length: count }, () => random.normal())) as [
  Float32Array,
  Float32Array,
];

async function program(options: Record<string, unknown>, features: FeatureOperators) {
  const network = chooseNetwork('pyramid', options);
  const specs = networkParameters(network);
  const graph = new Graph('pyramid');
  const flat = graph.input('parameters', [parameterCount(specs)]);
  const [a, b] = ['moving', 'fixed'].map((name) => graph.input(name, [1, 1, ...extent])) as [Tensor, Tensor];
  const { flow, displacement, moved } = buildNetwork(network, a, b, unpackParameters(flat, specs), features);
  const loss = mean(square(subtract(moved, b)));
  const [gradient] = gradients(loss, [flat]) as [Tensor];
  const made = await compile(graph, { flow, displacement, moved, loss, gradient });
  return { network, run: (feeds: Record<string, Float32Array>) => made.run(feeds) };
}

/** As `initialParameters` gives them, with velocities of about a voxel. */
function weights(network: ReturnType<typeof chooseNetwork>, deviation = 0.3): Float32Array {
  return initialParameters(networkParameters(network, deviation), 5);
}

describe('the pyramid', () => {
  it('leaves the volume where it is when its flows are 0, at any extents', async () => {
    const made = await program({ ...small, integrationSteps: 3 }, PORTABLE_FEATURES);
    const { displacement, moved } = await made.run({ parameters: weights(made.network, 1e-12), moving, fixed });
    expect(displacement).toHaveLength(3 * count);
    expect(Math.max(...displacement!.map(Math.abs))).toBeLessThan(1e-9);
    expect(relativeError(moved!, moving)).toBeLessThan(1e-6);
  });

  it('puts its levels one behind the other, the same in every layout of features', async () => {
    const block = await detectBlockSize();
    const options = { ...small, halfResolution: true, integrationSteps: 2 };
    const portable = await program(options, PORTABLE_FEATURES);
    const feeds = { parameters: weights(portable.network), moving, fixed };
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
    const parameters = weights(made.network, 0.1);
    const { gradient } = await made.run({ parameters, moving, fixed });
    const length = Math.hypot(...gradient!);
    const at = async (step: number): Promise<number> =>
      (await made.run({ parameters: parameters.map((p, n) => p + (step * gradient![n]!) / length), moving, fixed }))
        .loss![0]!;
    const step = 2e-3;
    const slope = ((await at(step)) - (await at(-step))) / (2 * step);
    expect(Math.abs(slope / length - 1)).toBeLessThan(0.05);
  });

  it('checks its settings', () => {
    expect(() => chooseNetwork('pyramid', { levels: [8] })).toThrow(/levels" of the network "pyramid" must/);
    expect(() => chooseNetwork('pyramid', { encoder: [8] })).toThrow(/has no setting "encoder"/);
  });
});
