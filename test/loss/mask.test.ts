import { describe, expect, it } from 'vitest';
import { compile, Graph, type Tensor } from '../../src/graph/index.ts';
import { chooseSimilarity } from '../../src/loss/registry.ts';
import { RandomInputs } from '../../src/loss/similarity.ts';
import { randomStream } from '../../src/random.ts';
import { checkGradient } from '../support/finiteDifferences.ts';

const SHAPE = [1, 1, 8, 9, 10] as const;
const COUNT = 720;
const random = randomStream(2, 'mask');
const normal = (): Float32Array => Float32Array.from({ length: COUNT }, () => random.normal());
const moved = normal();
const fixed = normal();
/** 1 in the first half of the planes. */
const half = Float32Array.from({ length: COUNT }, (_, i) => (i < COUNT / 2 ? 1 : 0));

async function value(name: string, a: Float32Array, b: Float32Array, weight?: Float32Array): Promise<number> {
  const graph = new Graph(name);
  const { similarity, options } = chooseSimilarity(name, name === 'ncc' ? { window: 3 } : {});
  const inputs = ['moved', 'fixed', 'weight'].map((input) => graph.input(input, SHAPE)) as [Tensor, Tensor, Tensor];
  const w = weight ? inputs[2] : undefined;
  const loss = similarity.build(inputs[0], inputs[1], options, new RandomInputs(graph), w);
  const program = await compile(graph, { loss });
  const result = await program.run({ moved: a, fixed: b, ...(weight ? { weight } : {}) });
  await program.release();
  return result.loss![0] as number;
}

describe.each(['mse', 'ncc'])('%s inside a field of view', (name) => {
  it('does not depend on what lies outside', async () => {
    const changed = moved.map((v, i) => (half[i] === 1 ? v : v + 5));
    expect(await value(name, changed, fixed, half)).toBeCloseTo(await value(name, moved, fixed, half), 5);
    expect(await value(name, changed, fixed)).not.toBeCloseTo(await value(name, moved, fixed), 3);
  });

  it('is 0 where nothing is inside', async () => {
    expect(await value(name, moved, fixed, new Float32Array(COUNT))).toBeCloseTo(0, 6);
  });

  it('has the gradient of central differences', async () => {
    const { similarity, options } = chooseSimilarity(name, name === 'ncc' ? { window: 3 } : {});
    const build = (a: Tensor): Tensor => {
      const b = a.graph.constant(fixed, SHAPE);
      return similarity.build(a, b, options, new RandomInputs(a.graph), a.graph.constant(half, SHAPE));
    };
    expect(await checkGradient({ inputs: [SHAPE], build: (a) => build(a!), values: [moved] })).toBeLessThan(1e-2);
  });
});

it('mse with weight 1 everywhere is mse without weights', async () => {
  expect(await value('mse', moved, fixed, new Float32Array(COUNT).fill(1))).toBeCloseTo(
    await value('mse', moved, fixed),
    5,
  );
});

it('mse with weights is the weighted mean of the squares', async () => {
  const expected =
    moved.reduce((sum, v, i) => sum + (half[i] as number) * (v - (fixed[i] as number)) ** 2, 0) / (COUNT / 2);
  expect(await value('mse', moved, fixed, half)).toBeCloseTo(expected, 4);
});
