import { gradients } from './gradient.ts';
import { add, multiply } from './operators/elementwise.ts';
import type { Tensor } from './tensor.ts';

/**
 * Sum of scalars, one a chunk, in bounded memory: each chunk's gradient to `sources` is worked out beside its value, so nothing that a
 * chunk makes on the way is kept until the gradients of the whole graph are.
 *
 * @param sources what the gradient goes to; a chunk may use other tensors, which then get none
 * @param chunks builds the scalar (shape []) of each chunk
 */
export function sumOfChunks(sources: readonly Tensor[], chunks: readonly (() => Tensor)[]): Tensor {
  const parts = chunks.map((build) => {
    const value = build();
    return { value, toSources: gradients(value, sources) };
  });
  const value = parts.map((part) => part.value).reduce(add);
  return value.graph.apply(
    'Identity',
    [value],
    { shape: [] },
    {
      sources,
      gradient: ([arriving], needed) =>
        sources.map((_, k) =>
          needed[k]
            ? multiply(parts.map(({ toSources }) => toSources[k] as Tensor).reduce(add), arriving as Tensor)
            : undefined,
        ),
    },
  );
}
