import { describe, expect, it } from 'vitest';
import { compile, Graph } from '../../src/graph/index.ts';
import { adam, adamOnNumbers, adamValues } from '../../src/optimise/adam.ts';

const GRADIENTS = [
  [0.3, -2, 1e-3],
  [0.1, -1, 5e-3],
  [-0.2, 4, 0],
  [0.5, 0.5, -1e-2],
];

describe('Adam', () => {
  it('moves by the rate against the sign of the gradient in its first step', () => {
    const change = adamOnNumbers(3)([0.3, -2, 1e-3], 0.1);
    expect(change[0]).toBeCloseTo(-0.1, 6);
    expect(change[1]).toBeCloseTo(0.1, 6);
    expect(change[2]).toBeCloseTo(-0.1, 5);
  });

  it('is the same rule in a graph and on numbers', async () => {
    const graph = new Graph('adam');
    const [parameters, gradient, first, second] = ['parameters', 'gradient', 'first', 'second'].map((name) =>
      graph.input(name, [3]),
    );
    const [rate, correction1, correction2] = ['rate', 'correction1', 'correction2'].map((name) =>
      graph.input(name, []),
    );
    const next = adam(
      parameters!,
      gradient!,
      { first: first!, second: second! },
      { rate: rate!, correction1: correction1!, correction2: correction2! },
    );
    const program = await compile(graph, {
      next: next.parameters,
      next_first: next.moments.first,
      next_second: next.moments.second,
    });
    const changeOf = adamOnNumbers(3);
    let state = { parameters: new Float32Array(3), first: new Float32Array(3), second: new Float32Array(3) };
    const numbers = [0, 0, 0];
    for (const [n, slope] of GRADIENTS.entries()) {
      const out = await program.run({ ...state, gradient: Float32Array.from(slope), ...adamValues(n + 1, 0.1) });
      state = {
        parameters: Float32Array.from(out.next!),
        first: Float32Array.from(out.next_first!),
        second: Float32Array.from(out.next_second!),
      };
      for (const [k, change] of changeOf(slope, 0.1).entries()) numbers[k]! += change;
      for (const [k, number] of numbers.entries()) expect(state.parameters[k]).toBeCloseTo(number, 5);
    }
    await program.release();
  });
});
