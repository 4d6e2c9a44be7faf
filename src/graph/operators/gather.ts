import { elementCount, type Tensor } from '../tensor.ts';
import { constantLike } from './elementwise.ts';
import { reshape } from './layout.ts';

/**
 * Rows of a matrix by a tensor of row numbers: [rows, columns] and indices of any shape S (int32 or int64) → [count of
 * S, columns]. The gradient adds each row back where it came from.
 */
export function gatherRows(x: Tensor, indices: Tensor): Tensor {
  const [, columns] = x.shape as [number, number];
  const rows = elementCount(indices.shape);
  const flat = reshape(indices, [rows]);
  return x.graph.apply(
    'Gather',
    [x, flat],
    { shape: [rows, columns], type: x.type },
    {
      attributes: { axis: 0 },
      gradient: ([gradient]) => [scatterAddRows(x, flat, gradient as Tensor), undefined],
    },
  );
}

/** Zeros of the shape of `like`, to which each row of `values` is added at its row number. */
function scatterAddRows(like: Tensor, indices: Tensor, values: Tensor): Tensor {
  const { graph } = like;
  const wide = graph.apply('Cast', [indices], { type: 'int64', shape: indices.shape }, { attributes: { to: 7 } });
  return graph.apply(
    'ScatterND',
    [constantLike(like, 0), reshape(wide, [elementCount(indices.shape), 1]), values],
    { shape: like.shape, type: like.type },
    {
      attributes: { reduction: 'add' },
      gradient: ([gradient]) => [undefined, undefined, gatherRows(gradient as Tensor, indices)],
    },
  );
}

/** Reorders one axis by a fixed permutation: output element i is input element order[i]. */
export function permuteAxis(x: Tensor, axis: number, order: readonly number[]): Tensor {
  const inverse = order.map((_, i) => order.indexOf(i));
  return x.graph.apply(
    'Gather',
    [x, x.graph.ints(order)],
    { shape: x.shape, type: x.type },
    { attributes: { axis }, gradient: ([gradient]) => [permuteAxis(gradient as Tensor, axis, inverse), undefined] },
  );
}
