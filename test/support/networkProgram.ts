import {
  compile,
  type FeatureOperators,
  Graph,
  gradients,
  mean,
  square,
  subtract,
  type Tensor,
} from '../../src/graph/index.ts';
import type { Extent } from '../../src/network/displacement.ts';
import { initialParameters, parameterCount, unpackParameters } from '../../src/network/parameters.ts';
import { buildNetwork, type ChosenNetwork, chooseNetwork, networkParameters } from '../../src/network/registry.ts';

/** A network with what it gives, the mean squared error of the moved volume, and its gradient to all weights. */
export async function networkProgram(
  name: string,
  options: Record<string, unknown>,
  features: FeatureOperators,
  extent: Extent,
) {
  const network = chooseNetwork(name, options);
  const specs = networkParameters(network);
  const graph = new Graph(name);
  const flat = graph.input('parameters', [parameterCount(specs)]);
  const [a, b] = ['moving', 'fixed'].map((volume) => graph.input(volume, [1, 1, ...extent])) as [Tensor, Tensor];
  const { flow, displacement, moved, inverse } = buildNetwork(network, a, b, unpackParameters(flat, specs), features);
  const loss = mean(square(subtract(moved, b)));
  const [gradient] = gradients(loss, [flat]) as [Tensor];
  const outputs = { flow, displacement, moved, loss, gradient, ...(inverse && { inverse: inverse() }) };
  const made = await compile(graph, outputs);
  return { network, run: (feeds: Record<string, Float32Array>) => made.run(feeds) };
}

/** Weights as `initialParameters` gives them; `deviation` is that of the layers that give the flow. */
export function weightsOf(network: ChosenNetwork, deviation?: number): Float32Array {
  return initialParameters(networkParameters(network, deviation), 5);
}

/** By how much, as a share, the slope along the gradient differs from that of central differences. */
export async function gradientError(
  { run }: Awaited<ReturnType<typeof networkProgram>>,
  feeds: { readonly parameters: Float32Array; readonly moving: Float32Array; readonly fixed: Float32Array },
): Promise<number> {
  const { gradient } = await run(feeds);
  const length = Math.hypot(...gradient!);
  const at = async (step: number): Promise<number> => {
    const parameters = feeds.parameters.map((p, n) => p + (step * gradient![n]!) / length);
    return (await run({ ...feeds, parameters })).loss![0]!;
  };
  const step = 2e-3;
  return Math.abs(((await at(step)) - (await at(-step))) / (2 * step) / length - 1);
}
