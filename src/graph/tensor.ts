import { crc32 } from '../crc32.ts';
import type { Attribute, DataType, OnnxConstant, OnnxNode, TensorData } from './onnx/schema.ts';

/** Extents of a tensor, outermost first. All shapes are static: a graph is compiled for one size of volume. */
export type Shape = readonly number[];

/** What a node's gradient rule gets: one gradient an output (undefined where the loss does not depend on it). */
type GradientRule = (
  gradients: readonly (Tensor | undefined)[],
  needed: readonly boolean[],
) => readonly (Tensor | undefined)[];

/** One operation applied to tensors. */
export interface Operation {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly (Tensor | undefined)[];
  readonly outputs: Tensor[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /**
   * Gradients of the loss to `sources`, given those to the outputs; absent where the operation has none (indices,
   * comparisons).
   */
  readonly gradient: GradientRule | undefined;
  /** What the gradient rule refers to: the inputs, or the inputs of a group of operations of which this is the last. */
  readonly sources: readonly (Tensor | undefined)[];
}

/** A symbolic tensor: the promise of an array of known type and shape, made by an operation, an input or a constant. */
export class Tensor {
  constructor(
    readonly graph: Graph,
    readonly name: string,
    readonly type: DataType,
    readonly shape: Shape,
    readonly source: Operation | 'input' | OnnxConstant,
  ) {}

  /** Number of elements. */
  get count(): number {
    return elementCount(this.shape);
  }
}

/** Number of elements of a shape. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Type and shape of an output that an operation declares. */
interface OutputSpec {
  readonly type?: DataType;
  readonly shape: Shape;
}

/** What {@link Graph.apply} takes beside the name of the operator and its inputs. */
interface ApplyOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
  readonly gradient?: GradientRule;
  /** Tensors that the gradient rule refers to, where they are not the inputs: see {@link Operation.sources}. */
  readonly sources?: readonly Tensor[];
}

/**
 * A computation under construction: inputs, constants and operations in the order in which they were made,
 * which is a valid order of execution.
 */
export class Graph {
  readonly operations: Operation[] = [];
  readonly inputs: Tensor[] = [];
  readonly constants: Tensor[] = [];
  readonly #shared = new Map<string, Tensor>();
  #count = 0;

  constructor(readonly name: string) {}

  /** Declares an input of the graph. */
  input(name: string, shape: Shape, type: DataType = 'float32'): Tensor {
    if (this.inputs.some((input) => input.name === name)) throw new Error(`The graph already has an input "${name}".`);
    const tensor = new Tensor(this, name, type, shape, 'input');
    this.inputs.push(tensor);
    return tensor;
  }

  /** Stores a constant. Those of equal contents and shape are stored once. */
  constant(data: TensorData | readonly number[], shape?: Shape, type: DataType = 'float32'): Tensor {
    const values = toTypedArray(data, type);
    const extents = shape ?? [values.length];
    if (elementCount(extents) !== values.length)
      throw new Error(`A constant of shape [${extents}] needs ${elementCount(extents)} values, not ${values.length}.`);
    const key = `${type}[${extents}]${contentKey(values)}`;
    const known = this.#shared.get(key);
    if (known && equal((known.source as OnnxConstant).data, values)) return known;
    const name = this.#name('const');
    const tensor = new Tensor(this, name, type, extents, { name, type, shape: extents, data: values });
    this.constants.push(tensor);
    if (!known) this.#shared.set(key, tensor);
    return tensor;
  }

  /** A float32 constant with its own name, like the weights of a model file. */
  namedConstant(name: string, data: Float32Array, shape: Shape): Tensor {
    const tensor = new Tensor(this, name, 'float32', shape, { name, type: 'float32', shape, data });
    this.constants.push(tensor);
    return tensor;
  }

  /** Float32 zeros, stored once for each shape. */
  zeros(shape: Shape): Tensor {
    const key = `zeros[${shape}]`;
    const known = this.#shared.get(key);
    if (known) return known;
    const tensor = this.constant(new Float32Array(elementCount(shape)), shape);
    this.#shared.set(key, tensor);
    return tensor;
  }

  /** A float32 scalar (shape []). */
  scalar(value: number): Tensor {
    return this.constant([value], []);
  }

  /** An int64 vector, as shapes, axes and pads are given to ONNX operators. */
  ints(values: readonly number[]): Tensor {
    return this.constant(values, [values.length], 'int64');
  }

  /** Applies an ONNX operator with one output. */
  apply(op: string, inputs: readonly (Tensor | undefined)[], output: OutputSpec, options: ApplyOptions = {}): Tensor {
    return this.applyMany(op, inputs, [output], options)[0] as Tensor;
  }

  /** Applies an ONNX operator with any number of outputs. */
  applyMany(
    op: string,
    inputs: readonly (Tensor | undefined)[],
    outputs: readonly OutputSpec[],
    { attributes = {}, domain = '', gradient, sources = inputs as readonly Tensor[] }: ApplyOptions = {},
  ): readonly Tensor[] {
    for (const input of inputs)
      if (input && input.graph !== this) throw new Error(`${op}: the tensor "${input.name}" belongs to another graph.`);
    const operation: Operation = { op, domain, inputs, outputs: [], attributes, gradient, sources };
    for (const { type, shape } of outputs)
      operation.outputs.push(new Tensor(this, this.#name(op), type ?? inputs[0]?.type ?? 'float32', shape, operation));
    this.operations.push(operation);
    return operation.outputs;
  }

  #name(prefix: string): string {
    return `${prefix}_${this.#count++}`;
  }
}

function toTypedArray(data: TensorData | readonly number[], type: DataType): TensorData {
  if (!Array.isArray(data)) return data as TensorData;
  if (type === 'float32') return Float32Array.from(data);
  if (type === 'int32') return Int32Array.from(data);
  if (type === 'bool') return Uint8Array.from(data);
  return BigInt64Array.from(data.map(BigInt));
}

/** The operations that the outputs need, in order of execution; those behind `given` tensors are not needed. */
export function neededOperations(
  graph: Graph,
  outputs: readonly Tensor[],
  given: ReadonlySet<Tensor> = new Set(),
): Operation[] {
  const needed = new Set<Operation>();
  const pending = [...outputs];
  for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop()) {
    const { source } = tensor;
    if (given.has(tensor) || source === 'input' || 'data' in source || needed.has(source)) continue;
    needed.add(source);
    for (const input of source.inputs) if (input) pending.push(input);
  }
  return graph.operations.filter((operation) => needed.has(operation));
}

/** Node list entry of an operation. */
export function toOnnxNode(operation: Operation): OnnxNode {
  return {
    op: operation.op,
    domain: operation.domain,
    name: operation.outputs[0]?.name ?? operation.op,
    inputs: operation.inputs.map((input) => input?.name ?? ''),
    outputs: operation.outputs.map((output) => output.name),
    attributes: operation.attributes,
  };
}

/** What tells most contents apart: the values of a short array, the checksum of a long one. */
function contentKey(values: TensorData): string {
  if (values.length <= 64) return Array.from(values as ArrayLike<number | bigint>).join();
  return `#${crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))}`;
}

function equal(a: TensorData, b: TensorData): boolean {
  return a === b || (a.length === b.length && a.every((value, n) => Object.is(value, b[n])));
}
