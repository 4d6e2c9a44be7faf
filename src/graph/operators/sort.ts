import type { Tensor } from '../tensor.ts';
import { abs, add, cast, constantLike, divide, multiply } from './elementwise.ts';
import { broadcastTo } from './reduce.ts';

/** A tensor sorted along its last axis, and where each element came from. */
export interface Sorted {
  /** Ascending along the last axis, of the input's shape. */
  readonly values: Tensor;
  /** int64, of the input's shape: values[…, r] = x[…, order[…, r]]. */
  readonly order: Tensor;
}

/** What the largest magnitude becomes as a key to sort by. */
const LARGEST_KEY = 2 ** 30;

/**
 * Sorts along the last axis, ascending. The gradient of the values goes back to where each came from.
 *
 * Sorted are whole numbers, because ONNX Runtime's CPU takes a fifth less for them. Values that differ by less than
 * 2⁻²³ of the largest magnitude may count as equal, and keep their order.
 */
export function sortLast(x: Tensor): Sorted {
  const { graph, shape } = x;
  const largest = graph.apply('ReduceMax', [abs(x)], { shape: [] }, { attributes: { keepdims: 0 } });
  const keys = cast(multiply(x, divide(LARGEST_KEY, add(largest, 1e-25))), 'int32');
  const [, order] = graph.applyMany(
    'TopK',
    [keys, graph.ints([shape.at(-1)!])],
    [
      { shape, type: 'int32' },
      { shape, type: 'int64' },
    ],
    { attributes: { axis: -1, largest: 0, sorted: 1 } },
  ) as [Tensor, Tensor];
  return { values: gatherLast(x, order), order };
}

/** out[…, order[…, r]] = values[…, r] for an order that is a permutation of the last axis: undoes a sort. */
export function scatterLast(order: Tensor, values: Tensor): Tensor {
  return values.graph.apply(
    'ScatterElements',
    [constantLike(values, 0), order, values],
    { shape: values.shape, type: values.type },
    {
      attributes: { axis: -1 },
      gradient: ([gradient]) => [undefined, undefined, gatherLast(gradient as Tensor, order)],
    },
  );
}

/** out[…, r] = x[…, order[…, r]]. The gradient is right for an order that is a permutation of the last axis. */
export function gatherLast(x: Tensor, order: Tensor): Tensor {
  return x.graph.apply(
    'GatherElements',
    [x, order],
    { shape: order.shape, type: x.type },
    { attributes: { axis: -1 }, gradient: ([gradient]) => [scatterLast(order, gradient as Tensor), undefined] },
  );
}

/**
 * Sums of values by index: out[…, i] is the sum of all values[…, k] with indices[…, k] = i; 0 if there are none.
 * @param indices int64, of the shape of `values`, from 0 to extent − 1 along the last axis
 */
export function scatterAddLast(indices: Tensor, values: Tensor, extent: number): Tensor {
  const shape = values.shape.with(-1, extent);
  return values.graph.apply(
    'ScatterElements',
    [broadcastTo(values.graph.scalar(0), shape), indices, values],
    { shape, type: values.type },
    {
      attributes: { axis: -1, reduction: 'add' },
      gradient: ([gradient]) => [undefined, undefined, gatherLast(gradient as Tensor, indices)],
    },
  );
}
