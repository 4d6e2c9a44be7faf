import { executionOrder } from './execution.ts';
import type { DataType } from './onnx/schema.ts';
import { type Graph, neededOperations, type Operation, type Tensor } from './tensor.ts';

/** What a run takes beside its tensors, and in multiples of what they take: see {@link runMemory}. */
const START = 6e7;
const RESERVE = 2;

/** Operators whose result is what they are given, seen otherwise. */
const VIEWS: ReadonlySet<string> = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Identity']);

/** What a run keeps in memory at its peak. */
export interface MemoryPeak {
  /** All of it: inputs, constants and what is alive. */
  readonly bytes: number;
  /** What is computed then. */
  readonly operation: Operation | undefined;
  /** Results that are alive then, the largest first. */
  readonly alive: readonly LiveTensor[];
}

/** A result while it is kept. */
interface LiveTensor {
  readonly tensor: Tensor;
  readonly bytes: number;
  /** The operation that reads it last; undefined where it leaves the graph. */
  readonly lastReader: Operation | undefined;
}

/**
 * The peak memory of a run of a graph: inputs and constants, and the results that exist at an operation and are still
 * read later. Operations are in the order of {@link executionOrder}. The runtime holds back some of what it frees, and
 * operators need room of their own; see {@link runMemory}.
 */
export function memoryPeak(
  graph: Graph,
  outputs: Readonly<Record<string, Tensor>>,
  given: readonly Tensor[] = [],
): MemoryPeak {
  const fed = new Set(given);
  const operations = executionOrder(neededOperations(graph, Object.values(outputs), fed), fed);
  const lastReader = new Map<Tensor, number>();
  const readAt = (tensor: Tensor, at: number): unknown => lastReader.set(shownBy(tensor, fed), at);
  for (const [at, { inputs }] of operations.entries()) for (const input of inputs) if (input) readAt(input, at);
  for (const tensor of Object.values(outputs)) readAt(tensor, operations.length);
  const outside = [...graph.inputs, ...given].filter((tensor) => lastReader.has(tensor));
  const constants = graph.constants.filter((tensor) => lastReader.has(tensor));
  // Constants are written into a model file, and read from it by the runtime.
  const always = sumOf(outside) + 2 * sumOf(constants);
  const alive = new Set<Tensor>();
  let live = always;
  let peak: MemoryPeak = { bytes: always, operation: undefined, alive: [] };
  const ends = new Map<number, Tensor[]>();
  for (const [at, { op, outputs: made }] of operations.entries()) {
    for (const tensor of VIEWS.has(op) ? [] : made) {
      const end = lastReader.get(tensor) ?? at;
      ends.set(end, [...(ends.get(end) ?? []), tensor]);
      alive.add(tensor);
      live += bytesOf(tensor);
    }
    if (live > peak.bytes)
      peak = { bytes: live, operation: operations[at], alive: kept(alive, lastReader, operations) };
    for (const tensor of ends.get(at) ?? []) {
      alive.delete(tensor);
      live -= bytesOf(tensor);
    }
  }
  return peak;
}

/** Bytes of {@link memoryPeak}. */
export function graphMemory(
  graph: Graph,
  outputs: Readonly<Record<string, Tensor>>,
  given: readonly Tensor[] = [],
): number {
  return memoryPeak(graph, outputs, given).bytes;
}

/**
 * Bytes that a run may take, for a graph whose tensors take this many at their peak. The runtime gets memory in blocks
 * that double, and operators need room of their own. Measured: 60 MB and 1.1 to 1.4 times the tensors for training
 * steps, 1.2 to 1.9 for refinements.
 */
export function runMemory(bytes: number): number {
  return START + RESERVE * bytes;
}

/** Bytes of tensors that a run in so much memory may have: the inverse of {@link runMemory}. */
export function tensorRoom(bytes: number): number {
  return (bytes - START) / RESERVE;
}

function kept(
  alive: ReadonlySet<Tensor>,
  lastReader: ReadonlyMap<Tensor, number>,
  operations: readonly Operation[],
): LiveTensor[] {
  return [...alive]
    .map((tensor) => ({ tensor, bytes: bytesOf(tensor), lastReader: operations[lastReader.get(tensor) ?? 0] }))
    .sort((a, b) => b.bytes - a.bytes);
}

/** What a view shows, unless the view itself is fed; any other tensor itself. */
export function shownBy(tensor: Tensor, fed: ReadonlySet<Tensor> = new Set()): Tensor {
  const { source } = tensor;
  const isView = typeof source === 'object' && 'op' in source && VIEWS.has(source.op);
  return isView && !fed.has(tensor) ? shownBy(source.inputs[0] as Tensor, fed) : tensor;
}

function sumOf(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
}

const BYTES: Readonly<Partial<Record<DataType, number>>> = { int64: 8, bool: 1 };

/** Bytes of a tensor. */
export function bytesOf({ type, count }: Tensor): number {
  return count * (BYTES[type] ?? 4);
}
