import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/random.ts';
import { Acquisition } from '../../../src/synthesis/ultrasound/acquisition.ts';
import { dot, length, minus, unit } from '../../../src/synthesis/ultrasound/vector.ts';
import type { Vec3 } from '../../../src/volume/grid.ts';
import { applyToPoint, determinant, spacingOf } from '../../../src/volume/matrix.ts';

const inward = unit([-0.5, 0.2, -0.8]);
const point: Vec3 = [40, -10, 50];
const acquisitions = [0, 1, 2, 3].map((index) => Acquisition.over(point, inward, 60, 7, index));

describe('an acquisition', () => {
  it('takes points to the beams and back', () => {
    const random = randomStream(1, 'test');
    for (const acquisition of acquisitions) {
      for (let n = 0; n < 50; n++) {
        const beam = {
          depth: 60 * random.uniform(),
          angle: 1.2 * random.uniform() - 0.6,
          tilt: 0.7 * random.uniform() - 0.35,
        };
        const back = acquisition.toBeam(acquisition.toWorld(beam));
        expect(back.depth).toBeCloseTo(beam.depth, 9);
        expect(back.angle).toBeCloseTo(beam.angle, 9);
        expect(back.tilt).toBeCloseTo(beam.tilt, 9);
      }
    }
  });

  it('keeps lengths along a beam', () => {
    const beam = { angle: 0.4, tilt: -0.2 };
    const [a, b] = [10, 35].map((depth) => acquisitions[0]!.toWorld({ depth, ...beam })) as [Vec3, Vec3];
    expect(length(minus(a, b))).toBeCloseTo(25, 9);
  });

  it('stands on the brain and looks into it', () => {
    for (const acquisition of acquisitions) {
      expect(length(minus(acquisition.face, point))).toBeLessThan(3);
      expect(dot(acquisition.axes[0], inward)).toBeGreaterThan(Math.cos(0.15));
    }
  });

  it('lies in a right-handed, isotropic, oblique grid, and leaves 40 to 65 % of it empty', () => {
    for (const [index, acquisition] of acquisitions.entries()) {
      const grid = acquisition.grid(1, 7, index);
      for (const mm of spacingOf(grid.affine)) expect(mm).toBeCloseTo(1, 9);
      expect(determinant(grid.affine)).toBeCloseTo(1, 6);
      const [nx, ny, nz] = grid.size;
      let seen = 0;
      let atBorder = 0;
      for (let k = 0; k < nz; k++)
        for (let j = 0; j < ny; j++)
          for (let i = 0; i < nx; i++) {
            if (!acquisition.sees(acquisition.toBeam(applyToPoint(grid.affine, [i, j, k])))) continue;
            seen++;
            if (i === 0 || j === 0 || k === 0 || i === nx - 1 || j === ny - 1 || k === nz - 1) atBorder++;
          }
      expect(1 - seen / (nx * ny * nz)).toBeGreaterThan(0.4);
      expect(1 - seen / (nx * ny * nz)).toBeLessThan(0.65);
      expect(atBorder / seen).toBeLessThan(0.005);
    }
  });
});
