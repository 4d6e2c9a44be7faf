import { describe, expect, it } from 'vitest';
import { compile, conv3d, Graph, gradients, type Tensor } from '../../src/graph/index.ts';
import { randomStream } from '../../src/random.ts';

const [depth, height, width] = [24, 64, 62] as const;
const taps = [0, 1, 2];

/** Σ over voxels of gradient[o, m] · x[i, m + k − 1], in double precision. */
function expected(x: Float32Array, gradient: Float32Array, inputs: number, outputs: number): number[] {
  const at = (values: Float32Array, c: number, z: number, y: number, u: number): number =>
    z < 0 || y < 0 || u < 0 || z >= depth || y >= height || u >= width
      ? 0
      : (values[((c * depth + z) * height + y) * width + u] as number);
  const kernel: number[] = [];
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < inputs; i++)
      for (const a of taps)
        for (const b of taps)
          for (const c of taps) {
            let sum = 0;
            for (let z = 0; z < depth; z++)
              for (let y = 0; y < height; y++)
                for (let u = 0; u < width; u++)
                  sum += at(gradient, o, z, y, u) * at(x, i, z + a - 1, y + b - 1, u + c - 1);
            kernel.push(sum);
          }
  return kernel;
}

describe('the gradient of a convolution to its weights', () => {
  // Both ways round: whichever side has fewer channels is the one that is copied nine times.
  it.each([
    [5, 6],
    [6, 5],
  ])('in slabs of planes is that of the whole, from %d to %d channels', async (inputs, outputs) => {
    const graph = new Graph('slabs');
    const x = graph.input('x', [1, inputs, depth, height, width]);
    const weight = graph.input('weight', [outputs, inputs, 3, 3, 3]);
    const arriving = graph.input('arriving', [1, outputs, depth, height, width]);
    const y = conv3d(x, weight, { before: [1, 1, 1], after: [1, 1, 1] });
    const [toWeight] = gradients(y, [weight], arriving) as [Tensor];
    expect(graph.operations.filter(({ op }) => op === 'Gemm').length).toBe(2);
    const program = await compile(graph, { toWeight });
    const random = randomStream(1, 'slabs');
    const draw = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal());
    const feeds = { x: draw(x.count), weight: draw(weight.count), arriving: draw(arriving.count) };
    const { toWeight: found } = await program.run(feeds);
    await program.release();
    for (const [k, value] of expected(feeds.x, feeds.arriving, inputs, outputs).entries())
      expect(Math.abs(found![k]! - value)).toBeLessThan(0.01);
  });
});
