import { describe, expect, it } from 'vitest';
import { add, compile, Graph, negate } from '../../src/graph/index.ts';
import { displacementFromFlow, integrateVelocity, resizeDisplacement } from '../../src/network/displacement.ts';
import { initialParameters, parameterCount } from '../../src/network/parameters.ts';
import { warp } from '../../src/network/spatialTransformer.ts';
import { unetParameters, VOXELMORPH } from '../../src/network/unet.ts';
import { randomStream } from '../../src/random.ts';

describe('VoxelMorph', () => {
  it('has 327,331 parameters', () => {
    expect(parameterCount(unetParameters(VOXELMORPH))).toBe(327331);
  });

  it('starts the same for the same seed and differently for another', () => {
    const specs = unetParameters(VOXELMORPH);
    expect(initialParameters(specs, 1)).toEqual(initialParameters(specs, 1));
    expect(initialParameters(specs, 1)).not.toEqual(initialParameters(specs, 2));
  });
});

/** A smooth random velocity on a grid of 12³, up to about 1.5 voxels. */
function smoothField(): Float32Array {
  const random = randomStream(6, 'field');
  const waves = Array.from({ length: 3 }, () => [random.uniform(), random.uniform(), random.uniform()] as const);
  return Float32Array.from({ length: 3 * 1728 }, (_, n) => {
    const c = Math.floor(n / 1728);
    const i = n % 12;
    const j = Math.floor(n / 12) % 12;
    const k = Math.floor(n / 144) % 12;
    const [a, b, d] = waves[c]!;
    const fade =
      Math.sin((Math.PI * (i + 0.5)) / 12) *
      Math.sin((Math.PI * (j + 0.5)) / 12) *
      Math.sin((Math.PI * (k + 0.5)) / 12);
    return 1.5 * fade * Math.sin(0.4 * (a * i + b * j + d * k) + c);
  });
}

describe('velocity fields', () => {
  it('integrate to a displacement whose composition with the inverse is the identity', async () => {
    const graph = new Graph('exp');
    const velocity = graph.input('velocity', [1, 3, 12, 12, 12]);
    const options = { ...VOXELMORPH, integrationSteps: 6 };
    const forward = displacementFromFlow(velocity, options, [12, 12, 12]);
    const backward = displacementFromFlow(negate(velocity), options, [12, 12, 12]);
    const residual = add(forward, warp(backward, forward));
    const program = await compile(graph, { forward, residual });
    const result = await program.run({ velocity: smoothField() });
    const size = (field: Float32Array): number => Math.sqrt(field.reduce((s, v) => s + v * v, 0) / field.length);
    expect(size(result.forward!)).toBeGreaterThan(0.2);
    expect(size(result.residual!)).toBeLessThan(0.05 * size(result.forward!));
  });

  it('that are constant integrate to themselves', async () => {
    const graph = new Graph('constant');
    const velocity = graph.input('velocity', [1, 3, 4, 4, 4]);
    const program = await compile(graph, { out: integrateVelocity(velocity, 5) });
    const { out } = await program.run({ velocity: new Float32Array(192).fill(0.75) });
    expect(Math.max(...out!.map((v) => Math.abs(v - 0.75)))).toBeLessThan(1e-5);
  });

  it('resized to a finer grid mean the same motion', async () => {
    const graph = new Graph('resize');
    const field = graph.input('field', [1, 3, 4, 4, 4]);
    const program = await compile(graph, { out: resizeDisplacement(field, [8, 8, 12]) });
    const { out } = await program.run({ field: new Float32Array(192).fill(1) });
    const count = 8 * 8 * 12;
    expect([out![0], out![count], out![2 * count]].map((v) => Math.round(v! * 1e5) / 1e5)).toEqual([2, 2, 3]);
  });
});
