import { type Graph, neededOperations, type Operation, type Tensor } from './tensor.ts';

/**
 * What a computation works out from inputs that stay the same over many runs: the tensors at which it can be cut in
 * two. Compile them once (`compile(graph, cut)`), run that once, and feed what it gives to `compile(graph, outputs,
 * options, [...cut])`.
 *
 * @param outputs what each run is to give
 * @param constant names of the inputs that stay the same
 * @returns the tensors by name; empty where nothing can be worked out beforehand
 */
export function hoisted(
  graph: Graph,
  outputs: Readonly<Record<string, Tensor>>,
  constant: readonly string[],
): Record<string, Tensor> {
  const wanted = Object.values(outputs);
  const operations = neededOperations(graph, wanted);
  const unchanging = new Set<Tensor>([
    ...graph.constants,
    ...graph.inputs.filter(({ name }) => constant.includes(name)),
  ]);
  /** Depends on an input, not only on constants, which the runtime folds by itself. */
  const worth = new Set<Tensor>(graph.inputs);
  const varying: Operation[] = [];
  for (const operation of operations) {
    if (!operation.inputs.every((input) => input === undefined || unchanging.has(input))) {
      varying.push(operation);
      continue;
    }
    const depends = operation.inputs.some((input) => input && worth.has(input));
    for (const output of operation.outputs) {
      unchanging.add(output);
      if (depends) worth.add(output);
    }
  }
  const read = new Set([...wanted, ...varying.flatMap(({ inputs }) => inputs)]);
  const made = operations.flatMap((operation) => operation.outputs);
  const cut = made.filter((tensor) => unchanging.has(tensor) && worth.has(tensor) && read.has(tensor));
  if (cut.some(({ type }) => type !== 'float32')) return {};
  return Object.fromEntries(cut.map((tensor) => [tensor.name, tensor]));
}
