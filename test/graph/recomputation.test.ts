import { describe, expect, it } from 'vitest';
import {
  add,
  compile,
  exp,
  fastestFeatures,
  Graph,
  gradients,
  multiply,
  recomputed,
  sqrt,
  sum,
  type Tensor,
} from '../../src/graph/index.ts';
import { graphMemory } from '../../src/graph/memory.ts';
import { chooseSimilarity } from '../../src/loss/registry.ts';
import { chooseNetwork } from '../../src/network/registry.ts';
import { randomStream } from '../../src/random.ts';
import { trainingStep } from '../../src/training/stepGraph.ts';

/** A chain whose gradient needs every link. */
function chain() {
  const graph = new Graph('chain');
  const x = graph.input('x', [100, 100]);
  let y: Tensor = x;
  for (let n = 0; n < 12; n++) y = multiply(add(exp(multiply(y, 0.1)), sqrt(y)), 0.5);
  const value = sum(y);
  const [slope] = gradients(value, [x]) as [Tensor];
  return { graph, outputs: { value, slope } };
}

describe('a computation that makes results again', () => {
  it('is left as it is where it fits', () => {
    const { graph, outputs } = chain();
    const { repeated, ...same } = recomputed(graph, outputs, 1e9);
    expect(same.graph).toBe(graph);
    expect(same.outputs).toBe(outputs);
    expect(repeated).toBe(0);
  });

  it('fits into less memory, and does no more than it must', () => {
    const { graph, outputs } = chain();
    const whole = graphMemory(graph, outputs);
    const some = recomputed(graph, outputs, 0.8 * whole);
    const most = recomputed(graph, outputs, 0.65 * whole);
    expect(some.bytes).toBeLessThanOrEqual(0.8 * whole);
    expect(most.bytes).toBeLessThanOrEqual(0.65 * whole);
    expect(some.bytes).toBe(graphMemory(some.graph, some.outputs));
    expect(some.repeated).toBeGreaterThan(0);
    expect(some.repeated).toBeLessThan(most.repeated);
    expect(recomputed(graph, outputs, 1).bytes).toBeLessThanOrEqual(most.bytes);
  });

  it('gives the numbers of the whole, to the bit, in a training step', async () => {
    const { graph, outputs } = trainingStep({
      network: chooseNetwork(),
      loss: chooseSimilarity('mse'),
      smoothness: 0.01,
      extent: [32, 32, 32],
      features: await fastestFeatures('cpu'),
    });
    const less = recomputed(graph, outputs, 1);
    expect(less.bytes).toBeLessThan(0.85 * graphMemory(graph, outputs));
    const random = randomStream(3, 'recomputation');
    const scalars: Readonly<Record<string, number>> = { rate: 1e-3, correction1: 0.1, correction2: 1e-3 };
    const feeds = Object.fromEntries(
      graph.inputs.map(({ name, count }) => [
        name,
        Float32Array.from({ length: count }, () => scalars[name] ?? 0.1 * random.uniform()),
      ]),
    );
    const plain = await compile(graph, outputs, { threads: 2 });
    const again = await compile(less.graph, less.outputs, { threads: 2, mergeEqual: false });
    const [expected, found] = [await plain.run(feeds), await again.run(feeds)];
    await Promise.all([plain.release(), again.release()]);
    for (const name of ['next_parameters', 'next_first', 'loss']) expect(found[name]).toEqual(expected[name]);
  });
});
