import { expect, it } from 'vitest';
import { PlannedRegistrar } from '../../src/registration/planned.ts';
import { invert, multiply, translation } from '../../src/volume/matrix.ts';
import { obliqueGrid, scene, speckled, volumeOf } from '../support/scene.ts';

it('aligns an ultrasound the same way round, whichever of the two scans it is', async () => {
  const grid = obliqueGrid([44, 40, 26], [2, 2.4, 3], [0.3, -0.2], [1, -2, 3]);
  const scan = volumeOf(grid, (p) => 40 * scene(p) + 5);
  const ultrasound = speckled(scan, 1);
  const other = {
    ...scan,
    affine: multiply(translation([3, -2, 2]), scan.affine),
    data: scan.data.map((value) => 300 - value),
  };
  const registrar = new PlannedRegistrar();
  const there = await registrar.register({ fixed: ultrasound, moving: other });
  const back = await registrar.register({ fixed: other, moving: ultrasound });
  expect(there.done?.plan.ultrasound).toBe('fixed');
  expect(back.done?.plan.ultrasound).toBe('moving');
  for (const [n, value] of invert(back.alignment!).entries()) expect(there.alignment![n]).toBeCloseTo(value, 9);
  expect(Math.abs(there.alignment![3]! - 3)).toBeLessThan(1);
});
