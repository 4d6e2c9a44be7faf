import { expect, it } from 'vitest';
import { compile, Graph } from '../../src/graph/index.ts';
import { correlation } from '../../src/network/correlation.ts';
import { randomStream } from '../../src/random.ts';
import { checkGradient } from '../support/finiteDifferences.ts';

const SHAPE = [1, 4, 3, 4, 5];
const [D, H, W] = [3, 4, 5];

it('is 1 where features lie, shifted, and less elsewhere', async () => {
  const random = randomStream(1, 'features');
  const own = Float32Array.from({ length: 4 * D * H * W }, () => random.normal());
  // What the first has at (z, y, x), the second has at (z, y + 1, x).
  const other = Float32Array.from(own, (_, n) => {
    const y = Math.floor(n / W) % H;
    return y === 0 ? 0 : own[n - W]!;
  });
  const graph = new Graph('correlation');
  const found = correlation(graph.input('own', SHAPE), graph.input('other', SHAPE), 1);
  expect(found.shape).toEqual([1, 27, D, H, W]);
  const values = (await (await compile(graph, { found })).run({ own, other })).found!;
  const at = (shift: number, z: number, y: number, x: number): number => values[x + W * (y + H * (z + D * shift))]!;
  const ahead = 9 + 6 + 1;
  for (let z = 0; z < D; z++)
    for (let y = 0; y < H - 1; y++)
      for (let x = 0; x < W; x++) {
        expect(at(ahead, z, y, x)).toBeCloseTo(1, 2);
        expect(at(13, z, y, x)).toBeLessThan(0.999);
      }
  expect(values.every((value) => Math.abs(value) < 1.001)).toBe(true);
  // Beyond the grid there is nothing to be alike.
  expect(at(ahead, 1, H - 1, 2)).toBe(0);
});

it('has the gradient of finite differences', async () => {
  const error = await checkGradient({
    inputs: [SHAPE, SHAPE],
    build: (a, b) => correlation(a!, b!, 1),
  });
  expect(error).toBeLessThan(1e-2);
});
