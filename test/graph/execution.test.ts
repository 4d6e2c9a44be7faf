import { describe, expect, it } from 'vitest';
import { inLeastMemory } from '../../src/graph/execution.ts';
import { add, Graph, loadModel, loadOnnx, multiply, reshape, toOnnx, writeOnnx } from '../../src/graph/index.ts';

function model() {
  const graph = new Graph('chain');
  const x = graph.input('x', [4, 6]);
  const row = reshape(multiply(x, 3), [24]);
  return toOnnx(graph, { sum: add(row, 1), product: reshape(multiply(row, row), [2, 12]) });
}

describe('a model as the runtime computes it in the least memory', () => {
  it('has the same operations backwards, and the shapes of Reshape as inputs with a value', () => {
    const before = model();
    const after = inLeastMemory(before);
    expect(after.nodes.map(({ name }) => name)).toEqual(before.nodes.map(({ name }) => name).reverse());
    const added = after.inputs.slice(before.inputs.length).map(({ shape }) => shape);
    expect(added).toEqual([[1], [2]]);
    expect(after.constants).toEqual(before.constants);
  });

  it('gives the same numbers, fed with its own inputs alone', async () => {
    const x = { data: Float32Array.from({ length: 24 }, (_, i) => i / 7), shape: [4, 6], type: 'float32' } as const;
    const plain = await loadOnnx(writeOnnx(model()));
    const least = await loadModel(model());
    expect(await least.run({ x })).toEqual(await plain.run({ x }));
    await Promise.all([plain.release(), least.release()]);
  });
});
