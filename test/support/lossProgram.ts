import { compile, Graph, gradients } from '../../src/graph/index.ts';
import { buildSimilarity, chooseSimilarity } from '../../src/loss/registry.ts';
import { RandomInputs } from '../../src/loss/similarity.ts';

/** Value of a loss and its gradients to both volumes. */
export interface Evaluated {
  readonly value: number;
  readonly toMoved: Float32Array;
  readonly toFixed: Float32Array;
}

/** A loss compiled for volumes of one extent. */
export interface LossProgram {
  /** Evaluates it; `given` takes the place of random inputs by name, the others are drawn from the seed and step. */
  run(
    moved: Float32Array,
    fixed: Float32Array,
    given?: Readonly<Record<string, Float32Array>>,
    at?: { readonly seed?: number; readonly step?: number; readonly weight?: Float32Array },
  ): Promise<Evaluated>;
  release(): Promise<void>;
}

/** Compiles a registered loss by its name and options. */
export async function lossProgram(
  name: string,
  options: Readonly<Record<string, unknown>>,
  extent: readonly [number, number, number],
  { weighted = false }: { readonly weighted?: boolean } = {},
): Promise<LossProgram> {
  const graph = new Graph('loss');
  const shape = [1, 1, ...extent];
  const moved = graph.input('moved', shape);
  const fixed = graph.input('fixed', shape);
  const weight = weighted ? graph.input('weight', shape) : undefined;
  const random = new RandomInputs(graph);
  const value = buildSimilarity(chooseSimilarity(name, options), moved, fixed, random, weight);
  const [toMoved, toFixed] = gradients(value, [moved, fixed]);
  const program = await compile(graph, { value, ...(toMoved && toFixed ? { toMoved, toFixed } : {}) });
  return {
    async run(a, b, given = {}, { seed = 1, step = 1, weight: inside } = {}) {
      const out = await program.run({
        moved: a,
        fixed: b,
        ...(inside ? { weight: inside } : {}),
        ...random.values(seed, step),
        ...given,
      });
      return {
        value: out.value?.[0] as number,
        toMoved: out.toMoved as Float32Array,
        toFixed: out.toFixed as Float32Array,
      };
    },
    release: () => program.release(),
  };
}
