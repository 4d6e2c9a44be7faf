import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/graph/index.ts';
import { chooseSimilarity } from '../../src/loss/registry.ts';
import { RandomInputs } from '../../src/loss/similarity.ts';
import { randomStream } from '../../src/random.ts';
import { evaluate } from '../support/evaluate.ts';
import { checkGradient } from '../support/finiteDifferences.ts';

const SHAPE = [1, 1, 12, 14, 16] as const;
const COUNT = 12 * 14 * 16;
const random = randomStream(4, 'nmi');
const normal = (): Float32Array => Float32Array.from({ length: COUNT }, () => random.normal());

function build(moved: Tensor, fixed: Tensor, weight?: Tensor, settings = {}): Tensor {
  const { similarity, options } = chooseSimilarity('nmi', settings);
  return similarity.build(moved, fixed, options, new RandomInputs(moved.graph), weight);
}

async function nmi(moved: Float32Array, fixed: Float32Array, weight?: Float32Array, settings = {}): Promise<number> {
  const given = [moved, fixed, ...(weight ? [weight] : [])].map((values) => ({ shape: SHAPE, values }));
  const { value } = await evaluate(given, (a, b, w) => ({ value: build(a!, b!, w, settings) }));
  return value[0]!;
}

/** 2 − (H(a) + H(b)) / H(a, b) of plain counts, the intensities being whole numbers from 0. */
function counted(a: Float32Array, b: Float32Array): number {
  const entropy = (keys: readonly string[]): number => {
    const counts = new Map<string, number>();
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    return [...counts.values()].reduce((h, n) => h - (n / keys.length) * Math.log(n / keys.length), 0);
  };
  const [x, y] = [Array.from(a, String), Array.from(b, String)];
  return 2 - (entropy(x) + entropy(y)) / entropy(x.map((value, n) => `${value},${y[n]}`));
}

const volume = normal();
const noise = normal();

describe('normalised mutual information', () => {
  it('is least for a volume with itself, and about 1 for one that has nothing to do with it', async () => {
    const same = await nmi(volume, volume);
    expect(same).toBeGreaterThan(0);
    expect(same).toBeLessThan(0.6);
    const near = await nmi(
      volume.map((v, i) => v + 0.3 * noise[i]!),
      volume,
    );
    const shuffled = await nmi(Float32Array.from(random.shuffle([...volume])), volume);
    expect(near).toBeGreaterThan(same + 0.1);
    expect(shuffled).toBeGreaterThan(near + 0.1);
    // Few voxels for 32² bins leave some chance agreement; with fewer bins it goes.
    expect(await nmi(noise, volume, undefined, { bins: 8 })).toBeGreaterThan(0.99);
  });

  it('does not depend on brightness, contrast or their sign, and little on a monotone map', async () => {
    const moved = volume.map((v, i) => v + 0.4 * noise[i]!);
    const plain = await nmi(moved, volume);
    expect(
      await nmi(
        moved.map((v) => 40 * v + 700),
        volume,
      ),
    ).toBeCloseTo(plain, 4);
    expect(
      await nmi(
        moved.map((v) => 5 - 2 * v),
        volume,
      ),
    ).toBeCloseTo(plain, 4);
    expect(Math.abs((await nmi(moved.map(Math.exp), volume)) - plain)).toBeLessThan(0.05);
  });

  it('is symmetric', async () => {
    const moved = volume.map((v, i) => Math.abs(v) + 0.2 * noise[i]!);
    expect(await nmi(moved, volume)).toBeCloseTo(await nmi(volume, moved), 5);
  });

  it('sees a relation that no correlation sees', async () => {
    expect(await nmi(volume.map(Math.abs), volume)).toBeLessThan((await nmi(noise, volume)) - 0.3);
  });

  it('is the value of a plain histogram where intensities are few and far apart', async () => {
    // Four and three intensities, each more than three bins of 256 from the next: the windows keep them apart.
    const fixed = Float32Array.from({ length: COUNT }, () => random.integer(4));
    const moved = fixed.map((v) => (random.uniform() < 0.2 ? random.integer(3) : Math.abs(v - 1)));
    // Each intensity is spread over bins by a window of constant entropy h, which adds to H(a) and H(b) once and to
    // H(a, b) twice.
    const window = Array.from({ length: 13 }, (_, d) => Math.exp(-1.5 * (d - 6) ** 2));
    const total = window.reduce((x, y) => x + y);
    const h = -window.reduce((s, w) => s + (w / total) * Math.log(w / total), 0);
    const plain = counted(moved, fixed);
    const entropies = (x: Float32Array): number => {
      const counts = [0, 0, 0, 0];
      for (const v of x) counts[v]!++;
      return -counts.reduce((s, n) => (n > 0 ? s + (n / COUNT) * Math.log(n / COUNT) : s), 0);
    };
    const marginals = entropies(moved) + entropies(fixed);
    const joint = marginals / (2 - plain);
    const expected = 2 - (marginals + 2 * h) / (joint + 2 * h);
    expect(await nmi(moved, fixed, undefined, { bins: 256 })).toBeCloseTo(expected, 2);
  });

  it('counts only voxels with weight', async () => {
    const half = Float32Array.from({ length: COUNT }, (_, i) => (i < COUNT / 2 ? 1 : 0));
    const moved = volume.map((v, i) => v + 0.4 * noise[i]!);
    const changed = moved.map((v, i) => (half[i] ? v : 9 * noise[COUNT - 1 - i]!));
    expect(await nmi(changed, volume, half)).toBeCloseTo(await nmi(moved, volume, half), 4);
    expect(await nmi(changed, volume)).not.toBeCloseTo(await nmi(moved, volume), 2);
    expect(await nmi(moved, volume, new Float32Array(COUNT).fill(0.5))).toBeCloseTo(await nmi(moved, volume), 4);
    expect(await nmi(moved, volume, new Float32Array(COUNT))).toBeCloseTo(1, 5);
  });

  it.each([false, true])('has the gradient of central differences (weights: %s)', async (weighted) => {
    const small = [1, 1, 6, 7, 8] as const;
    const weight = Float32Array.from({ length: 336 }, (_, i) => (i % 3 === 0 ? 0 : 1));
    const fixed = volume.subarray(0, 336);
    const moved = fixed.map((v, i) => v + 0.5 * noise[i]!);
    const worst = await checkGradient({
      inputs: [small, small],
      build: (a, b) => build(a!, b!, weighted ? a!.graph.constant(weight, small) : undefined, { bins: 16 }),
      values: [moved, fixed],
      step: 2e-2,
    });
    expect(worst).toBeLessThan(2e-2);
  });
});
