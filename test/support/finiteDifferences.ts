import { compile, Graph, gradients, multiply, sum, type Tensor } from '../../src/graph/index.ts';
import { randomStream } from '../../src/random.ts';

/** Options of {@link checkGradient}. */
export interface GradientCheck {
  /** Shapes of the float inputs. */
  readonly inputs: readonly (readonly number[])[];
  /** The operation under test. */
  readonly build: (...inputs: Tensor[]) => Tensor;
  /** Values of the inputs; standard normal when left out. */
  readonly values?: readonly Float32Array[];
  /** Step of the central difference. */
  readonly step?: number;
  readonly seed?: number;
  /** Values of what the operation takes beside its float inputs, by name. */
  readonly given?: Readonly<Record<string, Float32Array>>;
}

/**
 * Compares the symbolic gradient of Σ cotangent · build(inputs) with central differences along random directions.
 * Returns the largest relative deviation over inputs and directions; the sums are taken in double precision.
 */
export async function checkGradient({
  inputs,
  build,
  values,
  step = 1e-2,
  seed = 1,
  given = {},
}: GradientCheck): Promise<number> {
  const graph = new Graph('check');
  const tensors = inputs.map((shape, k) => graph.input(`x${k}`, shape));
  const out = build(...tensors);
  const random = randomStream(seed, 'finite differences');
  const normal = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal());
  const cotangentValues = normal(out.count);
  const cotangent = graph.input('cotangent', out.shape);
  const grads = gradients(sum(multiply(out, cotangent)), tensors);
  const program = await compile(graph, { out, ...Object.fromEntries(grads.map((g, k) => [`g${k}`, g])) });
  const base = values ?? tensors.map((tensor) => normal(tensor.count));
  const feeds = (at: readonly Float32Array[]): Record<string, Float32Array> => ({
    cotangent: cotangentValues,
    ...given,
    ...Object.fromEntries(at.map((data, k) => [`x${k}`, data])),
  });
  const analytic = await program.run(feeds(base));
  const objective = async (at: readonly Float32Array[]): Promise<number> => {
    const result = (await program.run(feeds(at))).out as Float32Array;
    return result.reduce((total, value, i) => total + value * (cotangentValues[i] as number), 0);
  };
  let worst = 0;
  for (let k = 0; k < inputs.length; k++) {
    for (let trial = 0; trial < 3; trial++) {
      const gradient = analytic[`g${k}`] as Float32Array;
      // A direction with a known share along the gradient, so that the expected slope is not close to zero.
      const scale = 1 / (Math.hypot(...gradient) || 1);
      const noise = normal(gradient.length);
      const noiseScale = 1 / Math.hypot(...noise);
      const direction = gradient.map((g, i) => g * scale + (noise[i] as number) * noiseScale);
      const moved = (sign: number): Float32Array[] =>
        base.map((data, j) => (j === k ? data.map((v, i) => v + sign * step * (direction[i] as number)) : data));
      const numeric = ((await objective(moved(1))) - (await objective(moved(-1)))) / (2 * step);
      const expected = gradient.reduce((total, g, i) => total + g * (direction[i] as number), 0);
      worst = Math.max(worst, Math.abs(numeric - expected) / Math.max(Math.abs(expected), 1e-3));
    }
  }
  await program.release();
  return worst;
}
