import { describe, expect, it } from 'vitest';
import { Graph } from '../../../src/graph/index.ts';
import { chooseSimilarity } from '../../../src/loss/registry.ts';
import { RandomInputs } from '../../../src/loss/similarity.ts';
import {
  boxStarts,
  patchMap,
  type WassersteinProfile,
  wassersteinOptions,
  wassersteinProfile,
} from '../../../src/loss/wasserstein/profile.ts';
import { randomStream } from '../../../src/random.ts';
import { lossProgram } from '../../support/lossProgram.ts';

const extent = [9, 12, 10] as const;
const noise = (name: string): Float32Array => {
  const random = randomStream(3, name);
  return new Float32Array(9 * 12 * 10).map((_, n) => random.normal() + Math.sin(n / 100));
};
const moved = noise('moved');
const fixed = noise('fixed');

/** The loss, and its scales taken apart with the same random directions. */
async function apart(
  name: string,
  given: Readonly<Record<string, unknown>>,
): Promise<{ value: number; scales: WassersteinProfile[] }> {
  const program = await lossProgram(name, given, extent);
  const { value } = await program.run(moved, fixed, {}, { seed: 5, step: 0 });
  await program.release();
  const loss = chooseSimilarity(name, given);
  const graph = new Graph('loss');
  const random = new RandomInputs(graph);
  const shape = [1, 1, ...extent];
  loss.similarity.build(graph.input('moved', shape), graph.input('fixed', shape), loss.options, random);
  const options = wassersteinOptions(loss)!;
  const scales = [];
  for (const scale of options.patch.keys())
    scales.push(await wassersteinProfile({ moved, fixed, extent }, options, random.values(5, 0), scale));
  return { value, scales };
}

const mean = (values: Float32Array): number => values.reduce((a, b) => a + b, 0) / values.length;

describe('wassersteinProfile', () => {
  it.each([
    ['pswd', { patch: 5, stride: 2, directions: 12 }],
    ['pswd', { patch: 5, stride: 2, directions: 12, order: 2, border: 'cover' }],
    ['pswd', { patch: '4,7', stride: '2,3', directions: 7, standardise: 'patch' }],
    ['pswd', { patch: 5, stride: 3, directions: 9, embedding: 'points', order: 2 }],
    ['pswd', { patch: 5, stride: 3, directions: 9, embedding: 'rows', row: 25 }],
    ['pswd', { patch: 5, stride: 3, embedding: 'scalars' }],
    ['pswd', { patch: 5, stride: 3, directions: 9, embedding: 'lines' }],
    ['swd', { directions: 9 }],
    ['swd', { directions: 9, axis: 1, coordinates: 0, order: 1 }],
    ['radon', { directions: 6, mass: 'affine' }],
    ['radon', { directions: 6, order: 2, bins: 9, drawing: 'orthogonal', fresh: false }],
  ])('%s %o: the distances of its boxes average to its value', async (name, options) => {
    const { value, scales } = await apart(name, options);
    const average = scales.reduce((sum, { distances }) => sum + mean(distances), 0) / scales.length;
    expect(average / value).toBeCloseTo(1, 4);
  });

  it('gives the box with the largest distance along three of the directions', async () => {
    const { scales } = await apart('pswd', { patch: 5, stride: 2, directions: 15 });
    const { distances, telling, projections } = scales[0]!;
    expect(distances[telling]).toBe(Math.max(...distances));
    expect(projections.map(({ rank }) => rank)).toEqual(['largest', 'median', 'smallest']);
    const [largest, median, smallest] = projections.map(({ distance }) => distance) as [number, number, number];
    expect(largest).toBeGreaterThan(median);
    expect(median).toBeGreaterThan(smallest);
    for (const { direction } of projections) expect(Math.hypot(...direction)).toBeCloseTo(1, 5);
  });

  it('the area between two distribution functions is W1', async () => {
    const { scales } = await apart('radon', { directions: 5 });
    const { projections, binWidth } = scales[0]!;
    for (const { distance, moved: f, fixed: g } of projections)
      expect(f.reduce((sum, value, bin) => sum + Math.abs(value - g[bin]!) * binWidth!, 0)).toBeCloseTo(distance, 6);
  });

  it('the mean gap between sorted points is W1', async () => {
    const { scales } = await apart('pswd', { patch: 5, stride: 3, directions: 4, embedding: 'points' });
    for (const { distance, moved: x, fixed: y } of scales[0]!.projections) {
      expect([...x]).toEqual([...x].sort((a, b) => a - b));
      expect(x.reduce((sum, value, n) => sum + Math.abs(value - y[n]!), 0) / x.length).toBeCloseTo(distance, 6);
    }
  });

  it('shows the middle box of equal volumes, and one projection of one direction', async () => {
    const options = wassersteinOptions(chooseSimilarity('pswd', { patch: 5, stride: 2, directions: 1 }))!;
    const directions = Float32Array.of(0, 0.6, 0.8);
    const profile = await wassersteinProfile({ moved, fixed: moved, extent }, options, { directions });
    expect(mean(profile.distances)).toBe(0);
    expect(profile.telling).toBe(profile.starts.length >> 1);
    expect(profile.projections).toHaveLength(1);
    expect(profile.projections[0]!.direction[2]).toBeCloseTo(0.8, 6);
  });
});

describe('patchMap', () => {
  it('averages patches where they overlap, and has no value where there is none', () => {
    const profile = {
      box: [1, 1, 3],
      starts: [
        [0, 0, 0],
        [0, 0, 2],
      ],
      distances: Float32Array.of(2, 4),
    } as const;
    const map = patchMap(profile as unknown as WassersteinProfile, [1, 2, 6]);
    expect([...map]).toEqual([2, 2, 3, 4, 4, Number.NaN, ...new Array<number>(6).fill(Number.NaN)]);
  });
});

describe('wassersteinOptions', () => {
  it('knows the family by what it computes', () => {
    expect(wassersteinOptions(chooseSimilarity('radon'))).toMatchObject({ embedding: 'mass', bins: 50 });
    expect(wassersteinOptions(chooseSimilarity('mse'))).toBeUndefined();
    expect(wassersteinOptions(chooseSimilarity('ncc'))).toBeUndefined();
  });

  it('a patch larger than the volume has no place', () => {
    const options = wassersteinOptions(chooseSimilarity('pswd', { patch: 11 }))!;
    expect(boxStarts(extent, options, 0)).toEqual([]);
    expect(boxStarts([11, 16, 11], options, 0)).toEqual([
      [0, 0, 0],
      [0, 5, 0],
    ]);
  });
});
