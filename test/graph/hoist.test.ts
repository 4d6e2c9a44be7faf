import { describe, expect, it } from 'vitest';
import {
  abs,
  add,
  compile,
  Graph,
  hoisted,
  multiply,
  sortLast,
  square,
  subtract,
  sum,
  type Tensor,
} from '../../src/graph/index.ts';

function example(): { graph: Graph; outputs: Record<string, Tensor> } {
  const graph = new Graph('example');
  const still = graph.input('still', [2, 5]);
  const moving = graph.input('moving', [2, 5]);
  const sorted = sortLast(square(still)).values;
  const distance = sum(abs(subtract(sortLast(moving).values, sorted)));
  return { graph, outputs: { distance, twice: multiply(sorted, 2) } };
}

const STILL = Float32Array.from([3, -1, 2, 0.5, -4, 1, 1, -2, 0, 6]);
const MOVING = Float32Array.from([0.1, 7, -3, 2, 2, 5, -1, 0.4, 3, 1]);

describe('hoisted', () => {
  it('cuts a computation so that both parts together give what the whole gives', async () => {
    const { graph, outputs } = example();
    const whole = await compile(graph, outputs);
    const expected = await whole.run({ still: STILL, moving: MOVING });
    const cut = hoisted(graph, outputs, ['still']);
    const once = await compile(graph, cut);
    const rest = await compile(graph, outputs, {}, Object.values(cut));
    expect(once.takes('moving')).toBe(false);
    expect(rest.takes('still')).toBe(false);
    const ready = await once.run({ still: STILL });
    const found = await rest.run({ ...ready, moving: MOVING });
    expect(found.distance).toEqual(expected.distance);
    expect(found.twice).toEqual(expected.twice);
    await Promise.all([whole, once, rest].map((program) => program.release()));
  });

  it('cuts nothing where every input changes, and nothing that only constants decide', () => {
    const { graph, outputs } = example();
    expect(hoisted(graph, outputs, [])).toEqual({});
    const a = graph.input('a', [3]);
    const folded = square(graph.constant([1, 2, 3]));
    expect(hoisted(graph, { total: add(a, folded) }, [])).toEqual({});
  });
});
