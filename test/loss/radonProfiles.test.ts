import { describe, expect, it } from 'vitest';
import { chooseSimilarity } from '../../src/loss/registry.ts';
import { RandomInputs } from '../../src/loss/similarity.ts';
import { drawDirections } from '../../src/loss/wasserstein/directions.ts';
import { randomStream } from '../../src/random.ts';
import { checkGradient } from '../support/finiteDifferences.ts';
import { lossProgram } from '../support/lossProgram.ts';

const EXTENT = [5, 6, 7] as const;
const COUNT = 210;
const stream = randomStream(3, 'volumes');
const normal = (): Float32Array => Float32Array.from({ length: COUNT }, () => stream.normal());
const moved = normal();
const fixed = normal();
const BINS = 9;
const DIRECTIONS = 6;

/** The loss as its definition says it, in double precision. */
function byDefinition(directions: Float32Array): number {
  const half = (Math.max(...EXTENT) - 1) / 2;
  const radius = Math.hypot(...EXTENT.map((n) => (n - 1) / 2)) / half;
  let total = 0;
  for (let l = 0; l < DIRECTIONS; l++) {
    const profile = new Float64Array(BINS);
    for (let n = 0; n < COUNT; n++) {
      const index = [Math.floor(n / 42), Math.floor(n / 7) % 6, n % 7];
      const along = index.reduce(
        (sum, i, a) => sum + ((i - ((EXTENT[a] as number) - 1) / 2) / half) * (directions[3 * l + a] as number),
        0,
      );
      const at = ((along + radius) / (2 * radius)) * (BINS - 1);
      for (let b = 0; b < BINS; b++)
        profile[b]! += ((moved[n]! - fixed[n]!) * Math.max(0, 1 - Math.abs(at - b)) * BINS) / COUNT;
    }
    total += profile.reduce((sum, value) => sum + value ** 2, 0) / BINS;
  }
  return total / DIRECTIONS;
}

describe('radon-profiles', () => {
  const options = { bins: BINS, directions: DIRECTIONS };

  it('is what its definition says', async () => {
    const directions = new Float32Array(3 * DIRECTIONS);
    drawDirections('uniform', 3, randomStream(1, 'directions'), directions);
    const program = await lossProgram('radon-profiles', options, EXTENT);
    const { value } = await program.run(moved, fixed, { directions });
    await program.release();
    expect(Math.abs(value / byDefinition(directions) - 1)).toBeLessThan(1e-4);
  });

  it('is 0 on itself and symmetric', async () => {
    const program = await lossProgram('radon-profiles', options, EXTENT);
    expect((await program.run(moved, moved)).value).toBe(0);
    const [there, back] = [await program.run(moved, fixed), await program.run(fixed, moved)];
    expect(there.value).toBeGreaterThan(0);
    expect(back.value).toBeCloseTo(there.value, 6);
    await program.release();
  });

  it('does not see outside the field of view', async () => {
    const weight = Float32Array.from({ length: COUNT }, (_, i) => (i < COUNT / 2 ? 1 : 0));
    const program = await lossProgram('radon-profiles', options, EXTENT, { weighted: true });
    const changed = moved.map((v, i) => (weight[i] === 1 ? v : v + 3));
    const { value } = await program.run(moved, fixed, {}, { weight });
    expect((await program.run(changed, fixed, {}, { weight })).value).toBeCloseTo(value, 6);
    await program.release();
  });

  it('has the gradient of central differences', async () => {
    const shape = [1, 1, ...EXTENT];
    const directions = new Float32Array(3 * DIRECTIONS);
    drawDirections('uniform', 3, randomStream(1, 'directions'), directions);
    const { similarity, options: chosen } = chooseSimilarity('radon-profiles', options);
    const deviation = await checkGradient({
      inputs: [shape],
      values: [moved],
      build: (a) => {
        const random = new RandomInputs(a!.graph);
        random.input = (_, extents) => a!.graph.constant(directions, extents);
        return similarity.build(a!, a!.graph.constant(fixed, shape), chosen, random);
      },
    });
    expect(deviation).toBeLessThan(1e-2);
  });
});
