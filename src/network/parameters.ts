import { elementCount, type Graph, reshape, type Shape, split, type Tensor } from '../graph/index.ts';
import { randomStream } from '../random.ts';

/** How a parameter starts. */
export type Initialisation =
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'zero' };

/** A named array of weights. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly initial: Initialisation;
}

/** Number of values of all parameters together. */
export function parameterCount(specs: readonly ParameterSpec[]): number {
  return specs.reduce((total, { shape }) => total + elementCount(shape), 0);
}

/** Initial values, one parameter after the other in one array; each parameter has its own random stream. */
export function initialParameters(specs: readonly ParameterSpec[], seed: number): Float32Array {
  const values = new Float32Array(parameterCount(specs));
  let start = 0;
  for (const { name, shape, initial } of specs) {
    const count = elementCount(shape);
    const random = randomStream(seed, 'weights', name);
    for (let i = start; i < start + count; i++)
      values[i] =
        initial.kind === 'uniform'
          ? (2 * random.uniform() - 1) * initial.bound
          : initial.kind === 'normal'
            ? random.normal() * initial.deviation
            : 0;
    start += count;
  }
  return values;
}

/** The parameters as tensors by name, cut out of one flat tensor. */
export function unpackParameters(flat: Tensor, specs: readonly ParameterSpec[]): Map<string, Tensor> {
  const pieces = split(
    flat,
    0,
    specs.map(({ shape }) => elementCount(shape)),
  );
  return new Map(specs.map(({ name, shape }, k) => [name, reshape(pieces[k] as Tensor, shape)]));
}

/** The parameters as named graph constants: for networks that are only used, not trained. */
export function constantParameters(
  graph: Graph,
  values: Float32Array,
  specs: readonly ParameterSpec[],
  prefix = '',
): Map<string, Tensor> {
  let start = 0;
  return new Map(
    specs.map(({ name, shape }) => {
      const count = elementCount(shape);
      const piece = values.slice(start, start + count);
      start += count;
      return [name, graph.namedConstant(prefix + name, piece, shape)];
    }),
  );
}
