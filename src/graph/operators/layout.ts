import { elementCount, type Shape, type Tensor } from '../tensor.ts';
import { broadcastTo } from './reduce.ts';

/** The same elements in the same order under another shape. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (x.shape.join() === shape.join()) return x;
  if (elementCount(shape) !== x.count) throw new Error(`Cannot reshape [${x.shape}] to [${shape}].`);
  return x.graph.apply(
    'Reshape',
    [x, x.graph.ints(shape)],
    { shape, type: x.type },
    { gradient: ([gradient]) => [reshape(gradient as Tensor, x.shape), undefined] },
  );
}

/** Permutes the axes: output axis i is input axis order[i]. */
export function transpose(x: Tensor, order: readonly number[]): Tensor {
  const inverse = order.map((_, axis) => order.indexOf(axis));
  return x.graph.apply(
    'Transpose',
    [x],
    { shape: order.map((axis) => x.shape[axis]!), type: x.type },
    { attributes: { perm: order }, gradient: ([gradient]) => [transpose(gradient as Tensor, inverse)] },
  );
}

/** Elements from `start` (inclusive) to `end` (exclusive) along one axis, every `step`-th. */
export function slice(x: Tensor, axis: number, start: number, end: number, step = 1): Tensor {
  const extent = x.shape[axis]!;
  if (start < 0 || end > extent || start >= end)
    throw new Error(`No slice ${start}:${end} along axis ${axis} of [${x.shape}].`);
  if (end - start === extent && step === 1) return x;
  const { graph } = x;
  const shape = x.shape.with(axis, Math.ceil((end - start) / step));
  return graph.apply(
    'Slice',
    [x, graph.ints([start]), graph.ints([end]), graph.ints([axis]), graph.ints([step])],
    { shape, type: x.type },
    {
      gradient: ([gradient]) => {
        const spread = step === 1 ? (gradient as Tensor) : dilate(gradient as Tensor, axis, step, end - start);
        return [padAxis(spread, axis, start, extent - end), undefined, undefined, undefined, undefined];
      },
    },
  );
}

/** Puts step − 1 zeros after each element along an axis and cuts the result to `extent`. */
export function dilate(x: Tensor, axis: number, step: number, extent: number): Tensor {
  const split = reshape(x, [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)]);
  const spread = padAxis(split, axis + 1, 0, step - 1);
  const merged = reshape(spread, x.shape.with(axis, x.shape[axis]! * step));
  return merged.shape[axis]! === extent ? merged : slice(merged, axis, 0, extent);
}

/** Adds zeros before and after along one axis. */
export function padAxis(x: Tensor, axis: number, before: number, after: number): Tensor {
  return pad(
    x,
    x.shape.map((_, k) => (k === axis ? before : 0)),
    x.shape.map((_, k) => (k === axis ? after : 0)),
  );
}

/** Adds `before[k]` and `after[k]` elements along each axis k: a constant value, or copies of the border (`edge`). */
export function pad(x: Tensor, before: readonly number[], after: readonly number[], value = 0): Tensor {
  if ([...before, ...after].every((count) => count === 0)) return x;
  const { graph } = x;
  const shape = x.shape.map((extent, axis) => extent + before[axis]! + after[axis]!);
  return graph.apply(
    'Pad',
    [x, graph.ints([...before, ...after]), graph.scalar(value)],
    { shape, type: x.type },
    {
      gradient: ([gradient]) => [
        x.shape.reduce(
          (cut, extent, axis) =>
            shape[axis] === extent ? cut : slice(cut, axis, before[axis]!, before[axis]! + extent),
          gradient as Tensor,
        ),
        undefined,
        undefined,
      ],
    },
  );
}

/** Tensors that one Split or Concat may have: a WebGPU shader binds only so many buffers. */
const MOST_PARTS = 8;

/** Cuts a list into at most {@link MOST_PARTS} runs of about equal length. */
function runsOf<T>(items: readonly T[]): T[][] {
  const length = Math.ceil(items.length / MOST_PARTS);
  return Array.from({ length: Math.ceil(items.length / length) }, (_, k) => items.slice(k * length, (k + 1) * length));
}

/** Joins tensors along an axis. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const first = parts[0] as Tensor;
  if (parts.length === 1) return first;
  if (parts.length > MOST_PARTS)
    return concat(
      runsOf(parts).map((run) => concat(run, axis)),
      axis,
    );
  const extents = parts.map((part) => part.shape[axis]!);
  const total = extents.reduce((a, b) => a + b, 0);
  return first.graph.apply(
    'Concat',
    parts,
    { shape: first.shape.with(axis, total), type: first.type },
    {
      attributes: { axis },
      gradient: ([gradient], needed) => {
        let start = 0;
        return extents.map((extent, k) => {
          const from = start;
          start += extent;
          return needed[k] ? slice(gradient as Tensor, axis, from, from + extent) : undefined;
        });
      },
    },
  );
}

/** Cuts a tensor along an axis into pieces of the given extents: the inverse of {@link concat}. */
export function split(x: Tensor, axis: number, extents: readonly number[]): readonly Tensor[] {
  const { graph } = x;
  if (extents.length === 1) return [x];
  if (extents.length > MOST_PARTS) {
    const runs = runsOf(extents);
    const pieces = split(
      x,
      axis,
      runs.map((run) => run.reduce((a, b) => a + b, 0)),
    );
    return runs.flatMap((run, k) => split(pieces[k] as Tensor, axis, run));
  }
  return graph.applyMany(
    'Split',
    [x, graph.ints(extents)],
    extents.map((extent) => ({ shape: x.shape.with(axis, extent), type: x.type })),
    {
      attributes: { axis },
      gradient: (arriving) => [
        concat(
          arriving.map((gradient, k) => gradient ?? broadcastTo(graph.scalar(0), x.shape.with(axis, extents[k]!))),
          axis,
        ),
        undefined,
      ],
    },
  );
}
