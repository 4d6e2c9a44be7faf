import { describe, expect, it } from 'vitest';
import { compile, Graph, gradients, multiply, sum, type Tensor } from '../../src/graph/index.ts';
import { type Outside, warp } from '../../src/network/spatialTransformer.ts';
import { checkGradient } from '../support/finiteDifferences.ts';
import { reference, relativeError, type Stored, values } from '../support/reference.ts';

interface WarpReference {
  moving: Stored;
  displacement: Stored;
  cotangent: Stored;
  border: { out: Stored; grad_u: Stored; grad_moving: Stored };
  zeros: { out: Stored; grad_u: Stored; grad_moving: Stored };
}

describe('spatial transformer', () => {
  const known = reference<WarpReference>('warp');
  for (const outside of ['border', 'zeros'] as const satisfies Outside[])
    it(`meets PyTorch's grid_sample, ${outside}`, async () => {
      const graph = new Graph('warp');
      const moving = graph.input('moving', known.moving.shape);
      const displacement = graph.input('displacement', known.displacement.shape);
      const cotangent = graph.input('cotangent', known.cotangent.shape);
      const out = warp(moving, displacement, outside);
      const [toField, toMoving] = gradients(sum(multiply(out, cotangent)), [displacement, moving]) as [Tensor, Tensor];
      const program = await compile(graph, { out, toField, toMoving });
      const result = await program.run({
        moving: values(known.moving),
        displacement: values(known.displacement),
        cotangent: values(known.cotangent),
      });
      const expected = known[outside];
      expect(relativeError(result.out!, values(expected.out))).toBeLessThan(1e-4);
      expect(relativeError(result.toField!, values(expected.grad_u))).toBeLessThan(1e-4);
      expect(relativeError(result.toMoving!, values(expected.grad_moving))).toBeLessThan(1e-4);
    });

  it('has the right gradient to a moving field of several channels', async () => {
    const step = 1e-3;
    expect(
      await checkGradient({
        inputs: [
          [1, 3, 4, 5, 4],
          [1, 3, 4, 5, 4],
        ],
        build: (m, u) => warp(m!, u!),
        step,
      }),
    ).toBeLessThan(2e-2);
  });
});
