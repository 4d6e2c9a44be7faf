import type { Shape, Tensor } from '../tensor.ts';
import { cast, divide, greater, multiply, subtract } from './elementwise.ts';
import { reshape } from './layout.ts';

/** Repeats a tensor along axes of extent 1 (and new leading axes) to the given shape. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (x.shape.join() === shape.join()) return x;
  return x.graph.apply(
    'Expand',
    [x, x.graph.ints(shape)],
    { shape, type: x.type },
    { gradient: ([gradient]) => [reduceToShape(gradient as Tensor, x.shape), undefined] },
  );
}

/** Sums a tensor over the axes along which `shape` was broadcast to it: the transpose of {@link broadcastTo}. */
export function reduceToShape(x: Tensor, shape: Shape): Tensor {
  if (x.shape.join() === shape.join()) return x;
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((extent, axis) =>
    axis < lead || (shape[axis - lead] === 1 && extent !== 1) ? [axis] : [],
  );
  return reshape(axes.length ? sum(x, axes) : x, shape);
}

/** Sum over the axes (all when left out), which are kept with extent 1 if `keep`. */
export function sum(x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis), keep = false): Tensor {
  const kept = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const shape = keep ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  return x.graph.apply(
    'ReduceSum',
    [x, x.graph.ints(axes)],
    { shape, type: x.type },
    {
      attributes: { keepdims: keep ? 1 : 0 },
      gradient: ([gradient]) => [broadcastTo(reshape(gradient as Tensor, kept), x.shape), undefined],
    },
  );
}

/** Mean over the axes (all when left out). */
export function mean(x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis), keep = false): Tensor {
  const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
  return multiply(sum(x, axes, keep), 1 / count);
}

/**
 * Smallest value along an axis, which is kept with extent 1. Where several are smallest, each gets an equal share of
 * the gradient.
 */
export function smallest(x: Tensor, axis: number): Tensor {
  const out: Tensor = x.graph.apply(
    'ReduceMin',
    [x, x.graph.ints([axis])],
    { shape: x.shape.with(axis, 1), type: x.type },
    {
      attributes: { keepdims: 1 },
      gradient: ([gradient]) => {
        const isSmallest = subtract(1, cast(greater(x, out), 'float32'));
        return [multiply(isSmallest, divide(gradient as Tensor, sum(isSmallest, [axis], true))), undefined];
      },
    },
  );
  return out;
}
