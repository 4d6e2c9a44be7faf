import { describe, expect, it } from 'vitest';
import { compile, Graph } from '../../src/graph/index.ts';
import { type SelfSimilarityOptions, selfSimilarityContext } from '../../src/neighbourhood/selfSimilarity.ts';
import { checkGradient } from '../support/finiteDifferences.ts';
import { smallTexture } from '../support/texture.ts';

type Extent = readonly [number, number, number];
const { extent, waves: structured, noise: normal } = smallTexture();
const count = structured.length;

async function descriptors(
  volume: Float32Array,
  options: SelfSimilarityOptions,
  of: Extent = extent,
): Promise<Float32Array> {
  const graph = new Graph('mind');
  const program = await compile(graph, { out: selfSimilarityContext(graph.input('volume', [1, 1, ...of]), options) });
  const { out } = await program.run({ volume });
  await program.release();
  return out!;
}

/**
 * The formula voxel by voxel, in double precision. Pairs are compared as a set: their order is no part of the
 * definition.
 */
function plainDescriptors(volume: Float32Array, { radius, dilation }: SelfSimilarityOptions): number[][] {
  const [nz, ny, nx] = extent;
  const within = (at: number, length: number): number => Math.min(Math.max(at, 0), length - 1);
  const at = (p: readonly number[]): number =>
    volume[within(p[2]!, nx) + nx * (within(p[1]!, ny) + ny * within(p[0]!, nz))]!;
  const six = [0, 1, 2].flatMap((axis) => [-1, 1].map((sign) => [0, 1, 2].map((a) => (a === axis ? sign : 0))));
  const pairs = six.flatMap((p, k) => six.slice(k + 1).map((q) => [p, q] as const));
  const neighbouring = pairs.filter(([p, q]) => Math.hypot(...p.map((v, a) => v - q[a]!)) < 1.5);
  const each = (length: number): number[] => Array.from({ length }, (_, n) => n);
  const steps = each(2 * radius + 1).map((n) => n - radius);
  const all = each(nz).flatMap((z) => each(ny).flatMap((y) => each(nx).map((x) => [z, y, x])));
  const distances = all.map((voxel) =>
    neighbouring.map(([p, q]) => {
      let total = 0;
      for (const dz of steps)
        for (const dy of steps)
          for (const dx of steps) {
            // The centre of a patch stays in the volume; its border goes on.
            const centre = [dz, dy, dx].map((d, a) => within(voxel[a]! + d, extent[a]!));
            total +=
              (at(centre.map((c, a) => c + dilation * p[a]!)) - at(centre.map((c, a) => c + dilation * q[a]!))) ** 2;
          }
      return total / steps.length ** 3;
    }),
  );
  const variances = distances.map((row) => row.reduce((a, b) => a + b, 0) / 12);
  const usual = variances.reduce((a, b) => a + b, 0) / variances.length;
  return distances.map((row, n) => {
    const v = Math.min(Math.max(variances[n]!, 1e-3 * usual), 1e3 * usual);
    return row.map((d) => Math.exp(-(d - Math.min(...row)) / v));
  });
}

describe('self-similarity context', () => {
  it.each([
    { radius: 1, dilation: 1 },
    { radius: 1, dilation: 2 },
    { radius: 2, dilation: 3 },
    { radius: 0, dilation: 1 },
  ])('is its formula, voxel by voxel: %o', async (options) => {
    const volume = normal();
    const computed = await descriptors(volume, options);
    const expected = plainDescriptors(volume, options);
    let worst = 0;
    for (let n = 0; n < count; n++) {
      const own = Array.from({ length: 12 }, (_, c) => computed[c * count + n]!).sort();
      for (const [c, value] of expected[n]!.sort().entries()) worst = Math.max(worst, Math.abs(own[c]! - value));
    }
    expect(worst).toBeLessThan(1e-5);
  });

  it.each([
    ['scaled and shifted', (v: number) => 2.5 * v + 4],
    ['inverted', (v: number) => -v],
    ['inverted, compressed and shifted', (v: number) => -0.3 * v + 1],
  ])('stays the same when intensities are %s', async (_, map) => {
    const options = { radius: 1, dilation: 2 };
    const before = await descriptors(structured, options);
    const after = await descriptors(structured.map(map), options);
    expect(Math.max(...after.map((v, n) => Math.abs(v - before[n]!)))).toBeLessThan(1e-3);
    expect(Math.max(...before)).toBeCloseTo(1, 6);
    expect(Math.min(...before)).toBeGreaterThanOrEqual(0);
  });

  it('of a constant volume is 1 everywhere', async () => {
    expect([...new Set(await descriptors(new Float32Array(count).fill(3), { radius: 1, dilation: 2 }))]).toEqual([1]);
  });

  it('tells of an edge where it is and nothing where nothing is', async () => {
    const step = Float32Array.from({ length: count }, (_, n) => (n % 11 < 5 ? 0 : 1));
    const out = await descriptors(step, { radius: 0, dilation: 1 });
    const at = (x: number): number[] => Array.from({ length: 12 }, (_, c) => out[c * count + x + 11 * (5 + 10 * 4)]!);
    expect(at(1)).toEqual(Array(12).fill(1));
    // On the last dark voxel only the brighter neighbour differs, from the four beside it.
    expect(at(4).filter((v) => v < 0.1)).toHaveLength(4);
  });

  it.each([
    { radius: 1, dilation: 2 },
    { radius: 0, dilation: 1 },
  ])('has the gradient of central differences: %o', async (options) => {
    const shape = [1, 1, 6, 7, 8];
    const smooth = Float32Array.from({ length: 336 }, (_, n) => structured[n]!);
    const deviation = await checkGradient({
      inputs: [shape],
      values: [smooth],
      step: 3e-3,
      build: (x) => selfSimilarityContext(x!, options),
    });
    expect(deviation).toBeLessThan(2e-2);
  });
});
