import { describe, expect, it } from 'vitest';
import { add, compile, concat, Graph, multiply, reshape, sum, type Tensor } from '../../src/graph/index.ts';
import { graphMemory, memoryPeak } from '../../src/graph/memory.ts';

const cells = 1000;

describe('the memory of a graph', () => {
  it('is what is alive at once: inputs, and results until their last reader', () => {
    const graph = new Graph('chain');
    const x = graph.input('x', [cells]);
    let y: Tensor = x;
    for (let n = 0; n < 20; n++) y = add(y, y);
    // x, and two links of the chain.
    expect(graphMemory(graph, { y })).toBe(3 * 4 * cells);
  });

  it('keeps what is read again at the end', () => {
    const graph = new Graph('kept');
    const x = graph.input('x', [cells]);
    const links = [x];
    for (let n = 0; n < 9; n++) links.push(add(links.at(-1) as Tensor, x));
    const y = links.reduceRight((sum, link) => multiply(sum, link));
    expect(graphMemory(graph, { y })).toBeGreaterThanOrEqual(10 * 4 * cells);
  });

  it('counts a view with what it shows, constants twice, and not what no output needs', () => {
    const graph = new Graph('views');
    const x = graph.input('x', [cells]);
    const constant = graph.constant(new Float32Array(cells).fill(2));
    const seen = reshape(add(x, constant), [10, cells / 10]);
    add(x, x);
    // And the two numbers of the view's shape, eight bytes each, twice.
    expect(graphMemory(graph, { seen })).toBe((1 + 2 + 1) * 4 * cells + 32);
    expect(graphMemory(graph, { y: add(seen, seen) }, [seen])).toBe(2 * 4 * cells);
  });

  it('is at its peak where most is alive, and says what that is and who reads it last', () => {
    const graph = new Graph('peak');
    const x = graph.input('x', [cells]);
    const small = add(x, x);
    const wide = concat([small, small, small], 0);
    const y = sum(wide, [0]);
    const { bytes, operation, alive } = memoryPeak(graph, { y, small });
    // And the number of the axis, eight bytes, twice, and the sum itself.
    expect(bytes).toBe((1 + 1 + 3) * 4 * cells + 16 + 4);
    expect(operation).toBe(y.source);
    expect(alive.map(({ tensor }) => tensor)).toEqual([wide, small, y]);
    expect(alive.map(({ lastReader }) => lastReader?.op)).toEqual(['ReduceSum', undefined, undefined]);
  });

  it('is asked for before anything is compiled', async () => {
    const graph = new Graph('huge');
    const x = graph.input('x', [100_000, 100_000, 1000]);
    await expect(compile(graph, { y: add(x, x) }, { remedy: 'take a smaller one' })).rejects.toThrow(
      /^The grid is too large: its computation needs about 160000 GB of memory, more than the [\d.]+ GB that are free; take a smaller one\.$/,
    );
  });
});
