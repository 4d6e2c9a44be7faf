import { describe, expect, it } from 'vitest';
import { compile, Graph, gradients, square, sum, type Tensor } from '../../src/graph/index.ts';
import { type Optimiser, optimiserValues } from '../../src/optimise/optimiser.ts';
import { chooseOptimiser, optimisers } from '../../src/optimise/registry.ts';

/** The numbers of each step of an optimiser on Σ x², as training runs it. */
async function descend(optimiser: Optimiser, start: readonly number[], steps: number, rate: number) {
  const graph = new Graph('descent');
  const x = graph.input('x', [start.length]);
  const [gradient] = gradients(sum(square(x)), [x]) as [Tensor];
  const moments = Object.fromEntries(optimiser.moments.map((name) => [name, graph.input(name, x.shape)]));
  const names = Object.keys(optimiserValues(optimiser, 1, rate));
  const scalars = Object.fromEntries(names.map((name) => [name, graph.input(name, [])])) as Record<'rate', Tensor>;
  const next = optimiser.step(x, gradient, moments, scalars);
  const after = Object.entries({ x: next.parameters, ...next.moments });
  const program = await compile(graph, Object.fromEntries(after.map(([name, tensor]) => [`next_${name}`, tensor])));
  let state: Record<string, Float32Array> = {
    x: Float32Array.from(start),
    ...Object.fromEntries(optimiser.moments.map((name) => [name, new Float32Array(start.length)])),
  };
  const path: number[][] = [];
  for (let step = 1; step <= steps; step++) {
    const out = await program.run({ ...state, ...optimiserValues(optimiser, step, rate) });
    state = Object.fromEntries(after.map(([name]) => [name, Float32Array.from(out[`next_${name}`]!)]));
    path.push([...state.x!]);
  }
  await program.release();
  return path;
}

describe.each([...optimisers().values()].map((optimiser) => [optimiser.name, optimiser] as const))('%s', (_, own) => {
  it('goes down', async () => {
    const last = (await descend(own, [1, -0.5], 300, 0.01)).at(-1)!;
    expect(Math.hypot(...last)).toBeLessThan(0.2);
  });
});

describe('momentum', () => {
  it('keeps nine tenths of its velocity', async () => {
    const path = await descend(chooseOptimiser('momentum'), [1], 4, 0.1);
    let [x, velocity] = [1, 0];
    for (const [got] of path) {
      velocity = 0.9 * velocity + 2 * x;
      x -= 0.1 * velocity;
      expect(got).toBeCloseTo(x, 5);
    }
  });
});

it('an unknown optimiser is refused by name', () => {
  expect(() => chooseOptimiser('lion')).toThrow('There is no optimiser "lion"; choose one of adam, momentum.');
});
