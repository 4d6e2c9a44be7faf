import { expect, it } from 'vitest';
import { Graph } from '../../src/graph/index.ts';

it('constants of equal contents, type and shape are stored once', () => {
  const graph = new Graph('constants');
  const long = (change = 0): Float32Array => Float32Array.from({ length: 100 }, (_, n) => n + change);
  const first = graph.constant(long(), [10, 10]);
  expect(graph.constant(long(), [10, 10])).toBe(first);
  expect(graph.constant(long(), [100])).not.toBe(first);
  expect(graph.constant(long(1), [10, 10])).not.toBe(first);
  expect(graph.constant([1, 2], [2])).toBe(graph.constant([1, 2]));
  expect(graph.constant([1, 2], [2], 'int64')).not.toBe(graph.constant([1, 2]));
  expect(graph.constants).toHaveLength(5);
});
