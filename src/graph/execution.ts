import type { OnnxModel, TensorData } from './onnx/schema.ts';
import type { Operation, Tensor } from './tensor.ts';

/** In models of more nodes, and in those that load quickly, only large results are taken from the planner. */
const MANY_NODES = 4000;
const LARGE = 2 ** 21;

/**
 * A model as ONNX Runtime computes it in the least memory. Same operations, same numbers; for the runtime alone, since
 * other readers of ONNX may ask for nodes in order.
 *
 * **Order.** The runtime does not follow the nodes' order. It goes from the outputs back. Of a node's inputs it
 * computes first what stands last in the file, so of a chain of sums all parts before the first sum. If nodes are
 * written backwards, it computes first what was made first, and everything else when it is needed. The gradient to a
 * layer's weights then follows at once on that to its output.
 *
 * **Lifetimes.** If the planner knows shapes, a result takes over the memory of an earlier one of equal shape that is
 * no longer read. This memory is held from the first of them to the last, for the whole step. If the shape of a Reshape
 * is an input with a default value, the planner does not know it. Results after it get memory when they are made, and
 * give it back after their last reader. The time to load such a model rises with the square of its nodes: 4 s for 5,500.
 * So in larger ones only the shapes of large results are unknown.
 *
 * @param quick whether the time to load it counts
 */
export function inLeastMemory(model: OnnxModel, quick = false): OnnxModel {
  const shapes = new Set(model.nodes.filter(({ op }) => op === 'Reshape').map(({ inputs }) => inputs[1]));
  const least = quick || model.nodes.length > MANY_NODES ? LARGE : 0;
  const open = model.constants.filter(({ name, data }) => shapes.has(name) && valuesOf(data) >= least);
  return { ...model, nodes: model.nodes.toReversed(), inputs: [...model.inputs, ...open] };
}

/** Values of a tensor of this shape. */
function valuesOf(shape: TensorData): number {
  return Array.from(shape as ArrayLike<number | bigint>, Number).reduce((a, b) => a * b, 1);
}

/**
 * The order in which the runtime computes operations that {@link inLeastMemory} wrote: only what the outputs need, and
 * of an operation's inputs first the one that was made first.
 *
 * @param operations in the order in which they were made
 * @param given tensors that are worked out elsewhere
 */
export function executionOrder(operations: readonly Operation[], given: ReadonlySet<Tensor> = new Set()): Operation[] {
  const place = new Map(operations.map((operation, at) => [operation, at]));
  const sources = new Map(operations.map((operation) => [operation, sourcesOf(operation, place, given)]));
  const read = new Set([...sources.values()].flat());
  const order: Operation[] = [];
  const seen = new Set<Operation>();
  const pending = operations
    .filter((operation) => !read.has(operation))
    .map((operation) => ({ operation, ready: false }));
  pending.reverse();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { operation, ready } = next;
    if (ready) order.push(operation);
    if (seen.has(operation)) continue;
    seen.add(operation);
    pending.push({ operation, ready: true });
    for (const source of (sources.get(operation) ?? []).toReversed())
      if (!seen.has(source)) pending.push({ operation: source, ready: false });
  }
  return order;
}

/** The operations whose results one reads, first made first. */
function sourcesOf(
  { inputs }: Operation,
  place: ReadonlyMap<Operation, number>,
  given: ReadonlySet<Tensor>,
): Operation[] {
  const found = new Set<Operation>();
  for (const input of inputs)
    if (input && !given.has(input) && typeof input.source === 'object' && 'op' in input.source) found.add(input.source);
  return [...found].sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
}
