import { compile, Graph, gradients, type Tensor } from '../../src/graph/index.ts';

/** An array with its shape. */
export interface Given {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** Builds a graph on inputs of these shapes and runs it once. */
export async function evaluate<Name extends string>(
  given: readonly Given[],
  build: (...inputs: Tensor[]) => Readonly<Record<Name, Tensor>>,
): Promise<Record<Name, Float32Array>> {
  const graph = new Graph('evaluate');
  const inputs = given.map(({ shape }, k) => graph.input(`x${k}`, shape));
  const program = await compile(graph, build(...inputs));
  const feeds = given.map(({ values }, k) => [`x${k}`, Float32Array.from(values)] as const);
  const out = await program.run(Object.fromEntries(feeds));
  await program.release();
  return out as Record<Name, Float32Array>;
}

/** A scalar of a graph and its gradients to all inputs. */
export async function withGradients(
  given: readonly Given[],
  build: (...inputs: Tensor[]) => Tensor,
): Promise<{ value: number; toInputs: Float32Array[] }> {
  const out = await evaluate(given, (...inputs) => {
    const value = build(...inputs);
    return { value, ...Object.fromEntries(gradients(value, inputs).map((g, k) => [`g${k}`, g])) };
  });
  const named = out as Record<string, Float32Array>;
  return { value: out.value[0] as number, toInputs: given.map((_, k) => named[`g${k}`] as Float32Array) };
}
