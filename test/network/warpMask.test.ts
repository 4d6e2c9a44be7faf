import { expect, it } from 'vitest';
import { compile, Graph } from '../../src/graph/index.ts';
import { warpMask } from '../../src/network/spatialTransformer.ts';

it('moves a mask by the nearest voxel and is 0 outside', async () => {
  const graph = new Graph('mask');
  const mask = graph.input('mask', [1, 1, 1, 1, 5]);
  const displacement = graph.input('displacement', [1, 3, 1, 1, 5]);
  const program = await compile(graph, { out: warpMask(mask, displacement) });
  const shift = (x: number): Float32Array => Float32Array.from({ length: 15 }, (_, i) => (i < 10 ? 0 : x));
  const run = async (x: number): Promise<number[]> =>
    Array.from((await program.run({ mask: Float32Array.of(1, 1, 1, 0, 1), displacement: shift(x) })).out!);
  expect(await run(0)).toEqual([1, 1, 1, 0, 1]);
  expect(await run(0.4)).toEqual([1, 1, 1, 0, 1]);
  expect(await run(1.3)).toEqual([1, 1, 0, 1, 0]);
  expect(await run(-2)).toEqual([0, 0, 1, 1, 1]);
});
