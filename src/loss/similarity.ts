import type { z } from 'zod';
import type { Graph, Shape, Tensor } from '../graph/index.ts';
import { type Random, randomStream } from '../random.ts';

/** Draws the values of a random input of the graph. */
type Draw = (random: Random, values: Float32Array) => void;

/** How often a random input is drawn: anew at each step, or once for a seed. */
type Freshness = 'fresh' | 'fixed';

interface RandomInput {
  readonly name: string;
  readonly shape: Shape;
  readonly draw: Draw;
  readonly freshness: Freshness;
  readonly tensor: Tensor;
}

/**
 * Random quantities of a loss, such as projection directions or patches. They are inputs of the graph, drawn outside it
 * from named streams of one seed. So the same seed and step give the same loss on every device.
 * @example
 * const direction = new RandomInputs(a.graph).input('direction', [3], (random, values) => {
 *   values.forEach((_, n) => { values[n] = random.normal() })
 * })
 */
export class RandomInputs {
  readonly #inputs: RandomInput[] = [];

  constructor(private readonly graph: Graph) {}

  /** Declares a random input that `draw` fills. A loss that is built twice in a graph shares it. */
  input(name: string, shape: Shape, draw: Draw, freshness: Freshness = 'fresh'): Tensor {
    const known = this.#inputs.find((input) => input.name === name && input.shape.join() === shape.join());
    if (known) return known.tensor;
    const tensor = this.graph.input(name, shape);
    this.#inputs.push({ name, shape, draw, freshness, tensor });
    return tensor;
  }

  /** Names of the inputs that change from step to step. */
  get fresh(): readonly string[] {
    return this.#inputs.flatMap(({ name, freshness }) => (freshness === 'fresh' ? [name] : []));
  }

  /** Values for one step. Equal seeds and steps give equal values. */
  values(seed: number, step: number | string): Record<string, Float32Array> {
    return Object.fromEntries(
      this.#inputs.map(({ name, shape, draw, freshness }) => {
        const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
        draw(randomStream(seed, 'loss', name, freshness === 'fresh' ? step : 'fixed'), values);
        return [name, values];
      }),
    );
  }
}

/**
 * A similarity loss: how far a moved volume is from the fixed one; smaller is more alike.
 * One file in `loss/` and one line in the registry make a loss known everywhere; its gradient comes from the graph.
 */
export interface Similarity<Options = unknown> {
  /** Name on the command line. */
  readonly name: string;
  /** One line for the help. */
  readonly summary: string;
  /**
   * Options with their defaults. `filter` and its settings (`filters.ts`) are every loss's, and never reach it.
   */
  readonly options: z.ZodType<Options>;
  /** Weight of the smoothness penalty that suits this loss on z-scored intensities, chosen on validation pairs. */
  readonly smoothness: number;
  /**
   * The same for the refinement of single pairs, where it differs: there no network holds the displacement together.
   */
  readonly refinementSmoothness?: number;
  /** Unit of the value; left out where it has none. */
  unit?(options: Options): string;
  /**
   * Builds the loss.
   * @param moved [1, 1, D, H, W]
   * @param fixed [1, 1, D, H, W]
   * @param weight [1, 1, D, H, W], how much each voxel counts (0 outside the field of view); all voxels alike when left
   * out
   * @returns a scalar (shape [])
   */
  build(moved: Tensor, fixed: Tensor, options: Options, random: RandomInputs, weight?: Tensor): Tensor;
}

/**
 * Gives a similarity its types.
 * @example
 * const mae = defineSimilarity({
 *   name: 'mae',
 *   summary: 'mean absolute error of the intensities',
 *   options: z.strictObject({}),
 *   smoothness: 1,
 *   unit: () => 'intensity',
 *   build: (moved, fixed) => graph.mean(graph.abs(graph.subtract(moved, fixed))),
 * })
 */
export function defineSimilarity<Options>(similarity: Similarity<Options>): Similarity<Options> {
  return similarity;
}
