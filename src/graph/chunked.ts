import { gradients } from './gradient.ts';
import { add, multiply } from './operators/elementwise.ts';
import type { Tensor } from './tensor.ts';

/**
 * Sum of scalars, one for each chunk, in bounded memory. Each chunk's gradient to `sources` is computed beside its
 * value. So no intermediate result of a chunk is kept until the gradients of the whole graph are computed.
 *
 * @param sources what the gradient goes to; a chunk may use other tensors, which then get none
 * @param chunks builds the scalar (shape []) of each chunk
 */
export function sumOfChunks(sources: readonly Tensor[], chunks: readonly (() => Tensor)[]): Tensor {
  let total: Tensor | undefined;
  let toSources: readonly Tensor[] = [];
  for (const build of chunks) {
    const value = build();
    const slopes = gradients(value, sources);
    // Added up at once, so that no chunk's gradient waits for the last chunk.
    toSources = total ? slopes.map((slope, k) => add(toSources[k] as Tensor, slope)) : slopes;
    total = total ? add(total, value) : value;
  }
  if (!total) throw new Error('There is nothing to sum.');
  return total.graph.apply(
    'Identity',
    [total],
    { shape: [] },
    {
      sources,
      gradient: ([arriving], needed) =>
        toSources.map((slope, k) => (needed[k] ? multiply(slope, arriving as Tensor) : undefined)),
    },
  );
}
