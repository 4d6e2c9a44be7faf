import { describe, expect, it } from 'vitest';
import { compile, Graph } from '../../src/graph/index.ts';
import { chooseSimilarity } from '../../src/loss/registry.ts';
import { chooseRegulariser } from '../../src/loss/regulariser/registry.ts';
import { RandomInputs } from '../../src/loss/similarity.ts';
import { defaultWeight, fedFieldOfView, objective } from '../../src/objective/objective.ts';

const EXTENT = [3, 4, 5];
const COUNT = 60;

describe('objective', () => {
  it('is similarity + weight · regulariser, and the similarity counts what both masks leave', async () => {
    const graph = new Graph('objective');
    const [moved, fixed] = ['moved', 'fixed'].map((name) => graph.input(name, [1, 1, ...EXTENT]));
    const flow = graph.input('flow', [1, 3, ...EXTENT]);
    const random = new RandomInputs(graph);
    const counts = fedFieldOfView(fixed!, flow);
    const terms = { loss: chooseSimilarity('mse'), regulariser: chooseRegulariser('diffusion'), smoothness: 2 };
    const { loss, similarity, penalty } = objective(
      { moved: moved!, fixed: fixed!, counts, random },
      { flow, displacement: flow },
      terms,
    );
    const program = await compile(graph, { loss, similarity, penalty });
    const half = Float32Array.from({ length: COUNT }, (_, n) => (n < COUNT / 3 ? 1 : 0));
    const out = await program.run({
      moved: Float32Array.from({ length: COUNT }, (_, n) => (n < COUNT / 3 ? 3 : 100)),
      fixed: new Float32Array(COUNT),
      flow: Float32Array.from({ length: 3 * COUNT }, (_, n) => (n < COUNT ? 0.1 * (n % 5) : 0)),
      fixed_mask: half,
      moving_mask: new Float32Array(COUNT).fill(1),
    });
    await program.release();
    expect(out.similarity![0]).toBeCloseTo(9, 4);
    expect(out.penalty![0]).toBeCloseTo(0.01 / 9, 6);
    expect(out.loss![0]).toBeCloseTo(9 + 2 * (0.01 / 9), 4);
  });

  it('weighs the regulariser as the loss asks, for networks and for single pairs', () => {
    const loss = chooseSimilarity('ncc');
    const { smoothness, refinementSmoothness } = loss.similarity;
    expect(defaultWeight(loss, 'network')).toBe(smoothness);
    expect(defaultWeight(loss, 'pair')).toBe(refinementSmoothness ?? smoothness);
    const bending = chooseRegulariser('bending');
    expect(defaultWeight(loss, 'network', bending)).toBe(smoothness * bending.regulariser.weight);
  });
});
