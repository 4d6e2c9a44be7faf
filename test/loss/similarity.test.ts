import { describe, expect, it } from 'vitest';
import { compile, Graph, gradients, type Tensor } from '../../src/graph/index.ts';
import { chooseSimilarity } from '../../src/loss/registry.ts';
import { RandomInputs } from '../../src/loss/similarity.ts';
import { reference, relativeError, type Stored, values } from '../support/reference.ts';

interface SimilarityReference {
  moved: Stored;
  fixed: Stored;
  mse: { value: number; grad_moved: Stored };
  ncc9: { value: number; grad_moved: Stored };
}

async function evaluate(
  name: string,
  moved: Stored,
  fixed: Stored,
  settings: Record<string, unknown> = {},
): Promise<{ value: number; gradient: Float32Array }> {
  const graph = new Graph(name);
  const a = graph.input('moved', moved.shape);
  const b = graph.input('fixed', fixed.shape);
  const { similarity, options } = chooseSimilarity(name, settings);
  const value = similarity.build(a, b, options, new RandomInputs(graph));
  const [gradient] = gradients(value, [a]) as [Tensor];
  const program = await compile(graph, { value, gradient });
  const result = await program.run({ moved: values(moved), fixed: values(fixed) });
  return { value: result.value![0] as number, gradient: result.gradient! };
}

describe('similarities against PyTorch', () => {
  const known = reference<SimilarityReference>('similarity');
  for (const [name, expected, settings] of [
    ['mse', known.mse, {}],
    ['ncc', known.ncc9, { window: 9, epsilon: 1e-5 }],
  ] as const)
    it(name, async () => {
      const { value, gradient } = await evaluate(name, known.moved, known.fixed, settings);
      expect(Math.abs(value - expected.value) / Math.abs(expected.value)).toBeLessThan(1e-4);
      expect(relativeError(gradient, values(expected.grad_moved))).toBeLessThan(1e-4);
    });
});

describe('identities', () => {
  const known = reference<SimilarityReference>('similarity');
  it('mse of a volume with itself is 0', async () => {
    const { value, gradient } = await evaluate('mse', known.fixed, known.fixed);
    expect(value).toBe(0);
    expect(Math.max(...gradient.map(Math.abs))).toBe(0);
  });
  it('ncc of a volume with itself is −1 up to its ε', async () => {
    expect((await evaluate('ncc', known.fixed, known.fixed, { epsilon: 1e-5 })).value).toBeCloseTo(-1, 4);
  });
});
