import { describe, expect, it } from 'vitest';
import { jacobianDeterminant } from '../../../src/metric/jacobian.ts';
import { randomStream } from '../../../src/random.ts';
import { BrainShift } from '../../../src/synthesis/ultrasound/brainShift.ts';
import { length, minus } from '../../../src/synthesis/ultrasound/vector.ts';
import type { Vec3 } from '../../../src/volume/grid.ts';

const craniotomy = { point: [40, 0, 45] as Vec3, inward: [-0.6, 0, -0.8] as Vec3 };
const random = randomStream(3, 'test');
const points = Array.from({ length: 60 }, (): Vec3 => {
  return [60 * random.uniform() - 20, 60 * random.uniform() - 30, 60 * random.uniform() - 10];
});
const shiftOf = (index: number, target: number): BrainShift =>
  BrainShift.random(1, index, craniotomy).withMeanDisplacement(target, points);

describe('BrainShift', () => {
  it.each([0.5, 5.3, 20])('displaces by %s mm on average, and is undone by its inverse', (target) => {
    for (let index = 0; index < 4; index++) {
      const shift = shiftOf(index, target);
      const moved = points.map((p) => shift.toMri(p));
      const mean = moved.reduce((sum, q, n) => sum + length(minus(q, points[n]!)), 0) / points.length;
      expect(mean).toBeCloseTo(target, 6);
      for (const [n, q] of moved.entries()) expect(length(minus(shift.toUltrasound(q), points[n]!))).toBeLessThan(1e-6);
    }
  });

  it.each([5.3, 50])('has no fold at a mean of %s mm', (target) => {
    const grid = { size: [30, 30, 30] as const, affine: [4, 0, 0, -30, 0, 4, 0, -60, 0, 0, 4, -50, 0, 0, 0, 1] };
    for (let index = 0; index < 3; index++) {
      const { data } = jacobianDeterminant(shiftOf(index, target).warpOn(grid));
      expect(data.every((det) => det > 0.05)).toBe(true);
    }
  });

  it('is no rigid motion: the tissue below the craniotomy has sunk further than the tissue far away', () => {
    // With the same rigid part everywhere, the distance between two points changes by the local part only.
    const shift = shiftOf(0, 6);
    const near: Vec3 = [35.2, 0, 38.6];
    const far: Vec3 = [-60, -60, -60];
    const before = length(minus(near, far));
    expect(Math.abs(length(minus(shift.toMri(near), shift.toMri(far))) - before)).toBeGreaterThan(0.5);
  });
});
