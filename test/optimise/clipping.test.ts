import { describe, expect, it } from 'vitest';
import { compile, Graph } from '../../src/graph/index.ts';
import { ADAM, adam, adamValues } from '../../src/optimise/adam.ts';
import { clippedGradient, clippedToUsual } from '../../src/optimise/clipping.ts';

const SIZE = 3;

/** Lengths of the clipped gradients of some steps along one direction, the moments fed back as training does it. */
async function clippedLengths(lengths: readonly number[], ratio: number): Promise<number[]> {
  const graph = new Graph('clip');
  const gradient = graph.input('gradient', [SIZE]);
  const moments = { first: graph.input('first', [SIZE]), second: graph.input('second', [SIZE]) };
  const inputs = {
    rate: graph.input('rate', []),
    correction1: graph.input('correction1', []),
    correction2: graph.input('correction2', []),
  };
  const clipped = clippedToUsual(gradient, ratio, moments.second, inputs.correction2);
  const next = adam(graph.input('parameters', [SIZE]), clipped, moments, inputs);
  const program = await compile(graph, {
    clipped,
    next_first: next.moments.first,
    next_second: next.moments.second,
  });
  let [first, second] = [new Float32Array(SIZE), new Float32Array(SIZE)];
  const out: number[] = [];
  for (const [index, length] of lengths.entries()) {
    const result = await program.run({
      gradient: Float32Array.of(length * 0.6, 0, -length * 0.8),
      parameters: new Float32Array(SIZE),
      first,
      second,
      ...adamValues(index + 1, 1e-3),
    });
    out.push(Math.hypot(...(result.clipped as Float32Array)));
    [first, second] = [Float32Array.from(result.next_first!), Float32Array.from(result.next_second!)];
  }
  await program.release();
  return out;
}

/**
 * The same by its definition: at most `ratio` times the root of the bias-corrected mean square of what was kept so far.
 */
function expected(lengths: readonly number[], ratio: number): number[] {
  const kept: number[] = [];
  for (const length of lengths) {
    const weights = kept.map((_, n) => (1 - ADAM.beta2) * ADAM.beta2 ** (kept.length - 1 - n));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const usual = Math.sqrt(weights.reduce((sum, weight, n) => sum + weight * kept[n]! ** 2, 0) / total);
    kept.push(kept.length === 0 ? length : Math.min(length, ratio * usual));
  }
  return kept;
}

describe('clippedToUsual', () => {
  it('keeps the first gradient and all of the usual length, and shortens longer ones to the multiple', async () => {
    const lengths = [1, 1.2, 0.8, 5, 1, 600, 1.1];
    const got = await clippedLengths(lengths, 2);
    for (const [index, value] of expected(lengths, 2).entries()) expect(got[index]! / value).toBeCloseTo(1, 3);
    expect(got[5]).toBeLessThan(3);
  });

  it('does the same at any scale', async () => {
    const lengths = [1, 1.2, 0.8, 5, 1];
    const small = await clippedLengths(
      lengths.map((length) => length * 1e-4),
      2,
    );
    for (const [index, value] of expected(lengths, 2).entries()) expect(small[index]! / value / 1e-4).toBeCloseTo(1, 2);
  });
});

describe('clippedGradient', () => {
  it.each([
    [0.5, 0.5],
    [4, 1],
  ])('makes a gradient of length %d %d long', async (length, limited) => {
    const graph = new Graph('clip');
    const gradient = graph.input('gradient', [2]);
    const program = await compile(graph, { clipped: clippedGradient(gradient, 1) });
    const { clipped } = await program.run({ gradient: Float32Array.of(length * 0.6, length * 0.8) });
    expect(Math.hypot(...(clipped as Float32Array))).toBeCloseTo(limited, 5);
    await program.release();
  });
});
