import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { compile, Graph } from '../../../src/graph/index.ts';
import { determinant } from '../../../src/loss/regulariser/folding.ts';
import { buildRegulariser, chooseRegulariser, regularisers } from '../../../src/loss/regulariser/registry.ts';
import { voxelJacobianDeterminant } from '../../../src/metric/jacobian.ts';
import { randomStream } from '../../../src/random.ts';
import { checkGradient } from '../../support/finiteDifferences.ts';

type Point = readonly [number, number, number];
const EXTENT = [5, 6, 7] as const;

/** A displacement [1, 3, D, H, W] from its formula in z, y, x. */
function field(of: (at: Point) => readonly number[], extent: readonly number[] = EXTENT): Float32Array {
  const [d, h, w] = extent as [number, number, number];
  const count = d * h * w;
  const values = new Float32Array(3 * count);
  for (let n = 0; n < count; n++) {
    const u = of([Math.floor(n / (h * w)), Math.floor(n / w) % h, n % w]);
    for (let c = 0; c < 3; c++) values[c * count + n] = u[c]!;
  }
  return values;
}

/** Smooth noise that folds nowhere or, at a larger scale, in places. */
function noise(scale: number): Float32Array {
  const random = randomStream(3, 'regulariser');
  return Float32Array.from({ length: 3 * EXTENT[0] * EXTENT[1] * EXTENT[2] }, () => scale * random.normal());
}

async function value(
  name: string,
  displacement: Float32Array,
  options: Record<string, unknown> = {},
  extent: readonly number[] = EXTENT,
): Promise<number> {
  const graph = new Graph(name);
  const flow = graph.input('flow', [1, 3, ...extent]);
  const penalty = buildRegulariser(chooseRegulariser(name, options), { flow, displacement: flow });
  const program = await compile(graph, { penalty });
  const result = await program.run({ flow: displacement });
  await program.release();
  return result.penalty![0]!;
}

describe.each([...regularisers().keys()])('%s', (name) => {
  it('is 0 for no deformation and for a shift', async () => {
    expect(
      await value(
        name,
        field(() => [0, 0, 0]),
      ),
    ).toBe(0);
    expect(
      await value(
        name,
        field(() => [2, -1, 0.5]),
      ),
    ).toBe(0);
  });

  it('is positive for noise, and does not see in which direction it points', async () => {
    const u = noise(0.1);
    const penalty = await value(name, u);
    expect(penalty).toBeGreaterThan(0);
    if (name !== 'folding')
      expect(
        await value(
          name,
          u.map((mm) => -mm),
        ),
      ).toBeCloseTo(penalty, 6);
  });

  it.each([
    ['smooth', 0.1],
    ['folded', 1.5],
  ])('has the gradient that finite differences show, %s', async (_, scale) => {
    const error = await checkGradient({
      inputs: [[1, 3, ...EXTENT]],
      build: (flow) => buildRegulariser(chooseRegulariser(name), { flow, displacement: flow }),
      values: [noise(scale)],
      step: 1e-3,
    });
    expect(error).toBeLessThan(2e-2);
  });

  it.each([[[1, 6, 7]], [[2, 6, 7]], [[5, 6, 1]]])(
    'is a number where an axis has one or two voxels: %j',
    async (extent) => {
      expect(
        await value(
          name,
          field(([z, y, x]) => [y * y, x + z, y * x], extent),
          {},
          extent,
        ),
      ).toBeGreaterThan(0);
    },
  );
});

describe('bending energy', () => {
  it('is 0 for affine deformations, where diffusion is not', async () => {
    const sheared = field(([z, y, x]) => [0.1 * y, 0.2 * x - 0.1 * z, 0.3 * x]);
    expect(await value('bending', sheared)).toBeCloseTo(0, 10);
    expect(await value('diffusion', sheared)).toBeGreaterThan(0.01);
  });

  it('is the sum of squared second derivatives of a quadratic field', async () => {
    // u_z = x², u_y = y·x: second derivatives 2 and, mixed and counted twice, 1.
    expect(
      await value(
        'bending',
        field(([, y, x]) => [x * x, y * x, 0]),
      ),
    ).toBeCloseTo(4 + 2, 4);
  });
});

describe('diffusion', () => {
  it('is a third of the mean squared slopes, over the components', async () => {
    // The slopes of the three components along z, y, x: one of 0.6 in nine.
    expect(
      await value(
        'diffusion',
        field(([, , x]) => [0, 0.6 * x, 0]),
      ),
    ).toBeCloseTo(0.36 / 9, 6);
  });
});

describe('folding', () => {
  it('is diffusion where nothing folds, whatever the penalty', async () => {
    const u = noise(0.05);
    expect(await value('folding', u, { penalty: 1e4 })).toBeCloseTo(await value('diffusion', u), 6);
  });

  it('adds the mean negative determinant: 1 for a reflection along x', async () => {
    const reflected = field(([, , x]) => [0, 0, -2 * x]);
    const without = await value('folding', reflected, { penalty: 0 });
    expect(without).toBeCloseTo(4 / 9, 5);
    expect(await value('folding', reflected, { penalty: 3 })).toBeCloseTo(without + 3, 5);
  });

  it('takes the determinant that the metric counts folds by', async () => {
    const u = noise(0.7);
    const graph = new Graph('determinant');
    const program = await compile(graph, { det: determinant(graph.input('u', [1, 3, ...EXTENT])) });
    const { det } = await program.run({ u });
    await program.release();
    const expected = voxelJacobianDeterminant(u, [EXTENT[2], EXTENT[1], EXTENT[0]]);
    expect(det!.length).toBe(expected.length);
    for (const [n, right] of expected.entries()) expect(det![n]).toBeCloseTo(right, 4);
  });
});

describe('choosing a regulariser', () => {
  it.each([
    [['bendig', {}], 'There is no regulariser "bendig"; choose one of diffusion, bending, folding.'],
    [['diffusion', { penalty: 1 }], 'The regulariser "diffusion" has no option "penalty".'],
    [['folding', { penality: 1 }], 'The regulariser "folding" has no option "penality", only penalty.'],
    [['folding', { penalty: -1 }], 'The option "penalty" of the regulariser "folding" must be at least 0.'],
  ] as const)('refuses %j in a sentence', ([name, options], sentence) => {
    expect(() => chooseRegulariser(name, options)).toThrow(new UserError(sentence));
  });
});
