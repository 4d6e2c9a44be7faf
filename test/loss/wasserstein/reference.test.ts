import { describe, expect, it } from 'vitest';
import { compile, Graph, gemm, gradients, multiply, reshape, sum, transpose } from '../../../src/graph/index.ts';
import { sortedDistance } from '../../../src/loss/wasserstein/oneDimensional.ts';
import { extractPatches } from '../../../src/loss/wasserstein/patches.ts';
import { lossProgram } from '../../support/lossProgram.ts';
import { reference, relativeError, type Stored, values } from '../../support/reference.ts';

type Extent = readonly [number, number, number];

/** Value and gradient of a registered loss against known ones, in relative norm. */
async function deviations(
  name: string,
  options: Readonly<Record<string, unknown>>,
  known: { moved: Stored; fixed: Stored; value: number; gradient: Stored; given?: Record<string, Float32Array> },
  unit = 1,
): Promise<{ value: number; gradient: number }> {
  const program = await lossProgram(name, options, known.moved.shape.slice(2) as unknown as Extent);
  const { value, toMoved } = await program.run(values(known.moved), values(known.fixed), known.given ?? {});
  await program.release();
  return {
    value: Math.abs((value * unit) / known.value - 1),
    gradient: relativeError(
      toMoved.map((g) => g * unit),
      values(known.gradient),
    ),
  };
}

describe('known answers', () => {
  it('sliced distance of two point clouds, p = 1 and 2', async () => {
    type Answer = { value: number; grad_X: Stored };
    const { X, Y, directions, p1, p2 } = reference<{
      X: Stored;
      Y: Stored;
      directions: Stored;
      p1: Answer;
      p2: Answer;
    }>('sliced_points');
    for (const [order, known] of [
      [1, p1],
      [2, p2],
    ] as const) {
      const graph = new Graph('points');
      const x = graph.input('x', X.shape);
      const y = graph.input('y', Y.shape);
      const theta = graph.input('theta', directions.shape);
      const [count] = directions.shape as [number];
      const each = sortedDistance(gemm(theta, transpose(x, [1, 0])), gemm(theta, transpose(y, [1, 0])), order);
      const value = multiply(sum(each), 1 / count);
      const [gradient] = gradients(value, [x]);
      const program = await compile(graph, { value, gradient: gradient as NonNullable<typeof gradient> });
      const out = await program.run({ x: values(X), y: values(Y), theta: values(directions) });
      expect(Math.abs((out.value?.[0] as number) / known.value - 1)).toBeLessThan(1e-4);
      expect(relativeError(out.gradient as Float32Array, values(known.grad_X))).toBeLessThan(1e-4);
      await program.release();
    }
  });

  it('Radon: the volume as a mass', async () => {
    const known = reference<{ a: Stored; b: Stored; directions: Stored; bins: number; value: number; grad_a: Stored }>(
      'radon',
    );
    const { value, gradient } = await deviations(
      'radon',
      { mass: 'affine', zero: 0, directions: known.directions.shape[0] },
      {
        moved: known.a,
        fixed: known.b,
        value: known.value,
        gradient: known.grad_a,
        given: { directions: values(known.directions) },
      },
      // The answer is in voxels, the loss in half edges of the longest side.
      (12 - 1) / 2,
    );
    expect(value).toBeLessThan(1e-4);
    expect(gradient).toBeLessThan(1e-4);
  });

  it('the grid of patches, and their sorted intensities', async () => {
    const known = reference<{
      size: number;
      stride: number;
      count: number;
      first: Stored;
      last: Stored;
      sorted_intensity: { value: number; grad_a: Stored };
      a: Stored;
      b: Stored;
    }>('patches');
    const graph = new Graph('patches');
    const a = graph.input('a', known.a.shape);
    const patches = extractPatches(a, { size: known.size, stride: known.stride, border: 'inside' });
    expect(patches.shape[0]).toBe(known.count);
    const program = await compile(graph, { patches: reshape(patches, [known.count, known.size ** 3]) });
    const out = (await program.run({ a: values(known.a) })).patches as Float32Array;
    expect(relativeError(out.slice(0, known.size ** 3), values(known.first))).toBe(0);
    expect(relativeError(out.slice(-(known.size ** 3)), values(known.last))).toBe(0);
    await program.release();
    const deviation = await deviations(
      'pswd',
      { embedding: 'scalars', patch: known.size, stride: known.stride, order: 2 },
      {
        moved: known.a,
        fixed: known.b,
        value: known.sorted_intensity.value,
        gradient: known.sorted_intensity.grad_a,
      },
    );
    expect(deviation.value).toBeLessThan(1e-4);
    expect(deviation.gradient).toBeLessThan(1e-4);
  });

  it('PSWD: patches as masses', async () => {
    const known = reference<{
      moved: Stored;
      fixed: Stored;
      directions: Stored;
      size: number;
      stride: number;
      bins: number;
      value: number;
      grad_moved: Stored;
    }>('patch_mass');
    const { value, gradient } = await deviations(
      'pswd',
      { patch: known.size, stride: known.stride, bins: known.bins, directions: known.directions.shape[0] },
      { ...known, gradient: known.grad_moved, given: { directions: values(known.directions) } },
    );
    expect(value).toBeLessThan(1e-4);
    expect(gradient).toBeLessThan(1e-4);
  });

  it.each([0, 1, 2] as const)('SWD: scan lines along axis %i as points', async (axis) => {
    type Answer = { directions: Stored; value: number; grad_moved: Stored };
    const known = reference<{ moved: Stored; fixed: Stored; weight: number } & Record<`axis${0 | 1 | 2}`, Answer>>(
      'volume_lines',
    );
    const answer = known[`axis${axis}`];
    const { value, gradient } = await deviations(
      'swd',
      { axis, coordinates: known.weight, directions: answer.directions.shape[0] },
      {
        moved: known.moved,
        fixed: known.fixed,
        value: answer.value,
        gradient: answer.grad_moved,
        given: { directions: values(answer.directions) },
      },
    );
    expect(value).toBeLessThan(1e-4);
    expect(gradient).toBeLessThan(1e-4);
  });
});
