import { describe, expect, it } from 'vitest';
import { compile, Graph, type Tensor } from '../../src/graph/index.ts';
import { extended, gaussianMean } from '../../src/neighbourhood/windows.ts';

async function computed(values: readonly number[], build: (x: Tensor) => Tensor): Promise<number[]> {
  const graph = new Graph('windows');
  const program = await compile(graph, { out: build(graph.input('x', [1, 1, 1, 1, values.length])) });
  const { out } = await program.run({ x: Float32Array.from(values) });
  await program.release();
  return [...out!];
}

describe('windows', () => {
  it('a Gaussian mean keeps a constant to the border, and its weights fall with the distance', async () => {
    for (const value of await computed(Array(9).fill(3), (x) => gaussianMean(x, 1.5))) expect(value).toBeCloseTo(3, 5);
    const spread = await computed([0, 0, 0, 0, 1, 0, 0, 0, 0], (x) => gaussianMean(x, 1));
    expect(spread[3]! / spread[4]!).toBeCloseTo(Math.exp(-0.5), 2);
    // Beyond three standard deviations there is nothing.
    expect(spread[0]).toBe(0);
  });

  it('a volume goes on beyond its border', async () => {
    expect(await computed([1, 2, 3], (x) => extended(x, [0, 0, 2], [0, 0, 1]))).toEqual([1, 1, 1, 2, 3, 3]);
  });
});
