import type { OnnxModel } from './onnx/schema.ts';

/**
 * A model as ONNX Runtime computes it in the least memory. Same operations, same numbers; for the runtime alone, since
 * other readers of ONNX may ask for nodes in order.
 *
 * **Order.** The runtime does not follow the nodes' order. It goes from the outputs back, and of what a node reads it
 * computes first what stands last in the file: of a chain of sums all parts, before the first sum. Written backwards,
 * it computes first what was made first, and everything else when it is needed: the gradient to a layer's weights as
 * soon as that to its output is there.
 *
 * **Lifetimes.** Its planner gives a result the memory of an earlier one of equal shape that is no longer read, and
 * holds that memory from the first of them to the last, a whole training step long. It does so where it knows shapes.
 * A shape that a Reshape is given as an input, with its value as the default, it does not know; what follows gets memory
 * when it is made, and gives it back after its last reader.
 */
export function inLeastMemory(model: OnnxModel): OnnxModel {
  const shapes = new Set(model.nodes.filter(({ op }) => op === 'Reshape').map(({ inputs }) => inputs[1]));
  const open = model.constants.filter(({ name }) => shapes.has(name));
  return { ...model, nodes: model.nodes.toReversed(), inputs: [...model.inputs, ...open] };
}
