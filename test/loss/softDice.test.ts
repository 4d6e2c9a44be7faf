import { describe, expect, it } from 'vitest';
import { compile, Graph } from '../../src/graph/index.ts';
import { oneHot, softDiceLoss } from '../../src/loss/softDice.ts';
import { checkGradient } from '../support/finiteDifferences.ts';

const shape = [1, 2, 1, 2, 3];

async function loss(moved: number[], fixed: number[], weights: number[]): Promise<number> {
  const graph = new Graph('dice');
  const value = softDiceLoss(
    graph.input('moved', shape),
    graph.input('fixed', shape),
    graph.input('weights', [1, 2, 1, 1, 1]),
  );
  const program = await compile(graph, { value });
  const [moving, still, counts] = [moved, fixed, weights].map((values) => Float32Array.from(values));
  const out = await program.run({ moved: moving!, fixed: still!, weights: counts! });
  return out.value![0]!;
}

const first = [1, 1, 0, 0, 0, 0];
const second = [0, 0, 0, 0, 0.5, 1];

describe('soft Dice', () => {
  it('is 0 for equal maps, 1 for disjoint ones, and as worked out by hand between', async () => {
    expect(await loss([...first, ...first], [...first, ...first], [1, 1])).toBeCloseTo(0, 4);
    expect(await loss([...first, ...first], [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1], [1, 1])).toBeCloseTo(1, 4);
    // 2·(0.5·1 + 1·1) / (1.5 + 2) for the second label.
    const both = await loss([...first, ...second], [...first, 0, 0, 0, 0, 1, 1], [1, 1]);
    expect(both).toBeCloseTo((1 - 3 / 3.5) / 2, 4);
  });

  it('counts labels by their weights, and is 0 where none counts', async () => {
    const moved = [...first, ...second];
    const fixed = [0, 0, 1, 1, 0, 0, ...second.map(Math.ceil)];
    expect(await loss(moved, fixed, [0, 1])).toBeCloseTo(1 - 3 / 3.5, 4);
    expect(await loss(moved, fixed, [3, 1])).toBeCloseTo((3 + 1 - 3 / 3.5) / 4, 4);
    expect(await loss(moved, fixed, [0, 0])).toBe(0);
  });

  it('has the gradient of finite differences', async () => {
    const values = [shape, shape].map((_, k) =>
      Float32Array.from({ length: 12 }, (_, n) => 0.2 + ((5 * n + 3 * k) % 7) / 10),
    );
    const error = await checkGradient({
      inputs: [shape, shape],
      values,
      build: (moved, fixed) =>
        softDiceLoss(moved!, fixed!, moved!.graph.constant(Float32Array.of(1, 2), [1, 2, 1, 1, 1])),
    });
    expect(error).toBeLessThan(1e-2);
  });

  it('takes a map of labels apart', async () => {
    const graph = new Graph('labels');
    const program = await compile(graph, { out: oneHot(graph.input('map', [1, 1, 1, 2, 3]), 3) });
    const { out } = await program.run({ map: Float32Array.of(0, 1, 2, 3, 1, 0) });
    expect([...out!]).toEqual([0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
  });
});
