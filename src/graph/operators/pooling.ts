import type { Tensor } from '../tensor.ts';
import { greater, where } from './elementwise.ts';
import { reshape, slice } from './layout.ts';

/** Cuts an axis of even extent 2n into its even and its odd elements, each of extent n. */
function evenAndOdd(x: Tensor, axis: number): [Tensor, Tensor] {
  const extent = x.shape[axis]!;
  const paired = reshape(x, [...x.shape.slice(0, axis), extent / 2, 2, ...x.shape.slice(axis + 1)]);
  const half = x.shape.with(axis, extent / 2);
  return [reshape(slice(paired, axis + 1, 0, 1), half), reshape(slice(paired, axis + 1, 1, 2), half)];
}

/**
 * Larger of each pair of neighbours along an axis; at a tie the gradient goes to the first, as PyTorch's max_pool has
 * it.
 */
export function maxOfPairs(x: Tensor, axis: number): Tensor {
  const [even, odd] = evenAndOdd(x, axis);
  const odder = greater(odd, even);
  return x.graph.apply(
    'Max',
    [even, odd],
    { shape: even.shape },
    {
      gradient: ([gradient]) => [where(odder, 0, gradient as Tensor), where(odder, gradient as Tensor, 0)],
    },
  );
}
