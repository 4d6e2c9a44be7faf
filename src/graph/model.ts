import { ONNX_TYPE, type OnnxConstant, type OnnxModel, type OnnxValue } from './onnx/schema.ts';
import { type Graph, neededOperations, type Tensor, toOnnxNode } from './tensor.ts';

/** Options of {@link toOnnx}. */
interface ModelOptions {
  /** Properties written into the file (ONNX metadata_props). */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Tensors that are worked out elsewhere and fed by their names. */
  readonly given?: readonly Tensor[];
}

/**
 * Turns the part of a graph that the named outputs need into an ONNX model.
 * Outputs keep the names they are given here; inputs that nothing needs are left out.
 */
export function toOnnx(graph: Graph, outputs: Readonly<Record<string, Tensor>>, options: ModelOptions = {}): OnnxModel {
  const named = Object.entries(outputs).map(([name, tensor]) => ({
    name,
    tensor:
      tensor.name === name ? tensor : graph.apply('Identity', [tensor], { type: tensor.type, shape: tensor.shape }),
  }));
  const given = options.given ?? [];
  const operations = neededOperations(
    graph,
    named.map(({ tensor }) => tensor),
    new Set(given),
  );
  const alias = new Map(named.map(({ name, tensor }) => [tensor.name, name]));
  const used = new Set(operations.flatMap(({ inputs }) => inputs));
  const constants = graph.constants.filter((tensor) => used.has(tensor)).map((tensor) => tensor.source as OnnxConstant);
  return {
    name: graph.name,
    nodes: operations.map((operation) => {
      const node = toOnnxNode(operation);
      return { ...node, outputs: node.outputs.map((output) => alias.get(output) ?? output) };
    }),
    inputs: [...graph.inputs, ...given].filter((tensor) => used.has(tensor)).map(describe),
    outputs: named.map(({ name, tensor }) => ({ ...describe(tensor), name })),
    constants,
    metadata: options.metadata ?? {},
  };
}

function describe(tensor: Tensor): OnnxValue {
  if (!(tensor.type in ONNX_TYPE)) throw new Error(`Unknown element type ${tensor.type}.`);
  return { name: tensor.name, type: tensor.type, shape: tensor.shape };
}
