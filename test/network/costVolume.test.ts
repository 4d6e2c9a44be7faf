import { expect, it } from 'vitest';
import { compile, Graph } from '../../src/graph/index.ts';
import { shiftsWithin, squaredDifferences } from '../../src/network/costVolume.ts';
import { randomStream } from '../../src/random.ts';
import { checkGradient } from '../support/finiteDifferences.ts';

const SHAPE = [1, 4, 3, 4, 5];
const [C, D, H, W] = [4, 3, 4, 5];

it('compares each voxel with its neighbours in the order of the shifts, the border going on', async () => {
  const random = randomStream(1, 'features');
  const [own, other] = [0, 1].map(() => Float32Array.from({ length: C * D * H * W }, () => random.normal())) as [
    Float32Array,
    Float32Array,
  ];
  const graph = new Graph('cost');
  const found = squaredDifferences(graph.input('own', SHAPE), graph.input('other', SHAPE), 1);
  expect(found.shape).toEqual([1, 27, D, H, W]);
  const values = (await (await compile(graph, { found })).run({ own, other })).found!;
  const within = (at: number, extent: number): number => Math.min(Math.max(at, 0), extent - 1);
  const at = (c: number, z: number, y: number, x: number): number => ((c * D + z) * H + y) * W + x;
  let largest = 0;
  shiftsWithin(1).forEach(([dz, dy, dx], n) => {
    for (let z = 0; z < D; z++)
      for (let y = 0; y < H; y++)
        for (let x = 0; x < W; x++) {
          let sum = 0;
          for (let c = 0; c < C; c++)
            sum += (own[at(c, z, y, x)]! - other[at(c, within(z + dz, D), within(y + dy, H), within(x + dx, W))]!) ** 2;
          largest = Math.max(largest, Math.abs(values[at(n, z, y, x)]! - sum / C));
        }
  });
  expect(largest).toBeLessThan(1e-5);
});

it('has the gradient of finite differences', async () => {
  const error = await checkGradient({
    inputs: [SHAPE, SHAPE],
    build: (a, b) => squaredDifferences(a!, b!, 1),
  });
  expect(error).toBeLessThan(1e-2);
});
