import { add, constantLike } from './operators/elementwise.ts';
import { neededOperations, type Operation, type Tensor } from './tensor.ts';

/**
 * Reverse-mode differentiation: symbolic gradients of a scalar to tensors of the same graph.
 *
 * @param loss scalar (shape []), or any tensor when `seed` gives the gradient to it
 * @param targets tensors to differentiate to
 * @param seed gradient that reaches `loss` (default 1)
 * @returns one tensor a target, of its shape; zeros where the loss does not depend on it
 * @throws Error when the path from a target to the loss crosses an operation that has no gradient
 */
export function gradients(loss: Tensor, targets: readonly Tensor[], seed?: Tensor): Tensor[] {
  if (!seed && loss.count !== 1) throw new Error(`The loss must be a scalar, not of shape [${loss.shape}].`);
  const graph = loss.graph;
  const operations = neededOperations(graph, [loss]);

  const active = new Set<Tensor>(targets);
  for (const operation of operations)
    if (operation.sources.some((input) => input && active.has(input)))
      for (const output of operation.outputs) if (output.type === 'float32') active.add(output);

  const found = new Map<Tensor, Tensor>();
  found.set(loss, seed ?? constantLike(loss, 1));
  const collect = (tensor: Tensor, gradient: Tensor): void => {
    if (gradient.shape.join() !== tensor.shape.join())
      throw new Error(`The gradient to ${tensor.name} has shape [${gradient.shape}], not [${tensor.shape}].`);
    const sum = found.get(tensor);
    found.set(tensor, sum ? add(sum, gradient) : gradient);
  };

  for (let i = operations.length - 1; i >= 0; i--) {
    const operation = operations[i] as Operation;
    const arriving = operation.outputs.map((output) => found.get(output));
    if (arriving.every((gradient) => gradient === undefined)) continue;
    const needed = operation.sources.map((input) => input !== undefined && active.has(input));
    if (!needed.includes(true)) continue;
    if (!operation.gradient)
      throw new Error(`${operation.op} has no gradient, but the loss depends on a target through it.`);
    const leaving = operation.gradient(arriving, needed);
    operation.sources.forEach((input, k) => {
      const gradient = leaving[k];
      if (input && needed[k] && gradient) collect(input, gradient);
    });
  }
  return targets.map((target) => found.get(target) ?? constantLike(target, 0));
}
