import type { DataType } from './onnx/schema.ts';
import { type Graph, neededOperations, type Tensor } from './tensor.ts';

/**
 * What a run takes, in multiples of what its tensors take: the runtime gets memory in blocks that double, and operators
 * need room of their own. Measured: 2.3 to 2.9 for networks, 3 to 4.8 for refinement.
 */
export const RESERVE = 3;

/** Operators whose result is what they are given, seen otherwise. */
const VIEWS: ReadonlySet<string> = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Identity']);

/**
 * Bytes that a run of a graph takes at its fullest: inputs and constants, and at each operation what is made by then
 * and still read later. The runtime holds back some of what it frees, and operators need room of their own; see {@link
 * RESERVE}.
 */
export function graphMemory(
  graph: Graph,
  outputs: Readonly<Record<string, Tensor>>,
  given: readonly Tensor[] = [],
): number {
  const fed = new Set(given);
  const operations = neededOperations(graph, Object.values(outputs), fed);
  const lastReader = new Map<Tensor, number>();
  const readAt = (tensor: Tensor, at: number): unknown => lastReader.set(original(tensor, fed), at);
  for (const [at, { inputs }] of operations.entries()) for (const input of inputs) if (input) readAt(input, at);
  for (const tensor of Object.values(outputs)) readAt(tensor, operations.length);
  const outside = [...graph.inputs, ...given].filter((tensor) => lastReader.has(tensor));
  const constants = graph.constants.filter((tensor) => lastReader.has(tensor));
  // Constants are written into a model file, and read from it by the runtime.
  let live = sumOf(outside) + 2 * sumOf(constants);
  let most = live;
  const ends = new Map<number, Tensor[]>();
  for (const operation of operations) {
    for (const tensor of VIEWS.has(operation.op) ? [] : operation.outputs) {
      const at = lastReader.get(tensor) ?? operations.indexOf(operation);
      ends.set(at, [...(ends.get(at) ?? []), tensor]);
    }
  }
  for (const [at, { op, outputs: made }] of operations.entries()) {
    if (!VIEWS.has(op)) live += sumOf(made);
    most = Math.max(most, live);
    live -= sumOf(ends.get(at) ?? []);
  }
  return most;
}

/** What a view shows, unless the view itself is fed. */
function original(tensor: Tensor, fed: ReadonlySet<Tensor>): Tensor {
  const { source } = tensor;
  const isView = typeof source === 'object' && 'op' in source && VIEWS.has(source.op);
  return isView && !fed.has(tensor) ? original(source.inputs[0] as Tensor, fed) : tensor;
}

function sumOf(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
}

const BYTES: Readonly<Partial<Record<DataType, number>>> = { int64: 8, bool: 1 };

function bytesOf({ type, count }: Tensor): number {
  return count * (BYTES[type] ?? 4);
}
