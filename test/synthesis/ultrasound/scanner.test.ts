import { describe, expect, it } from 'vitest';
import { mean } from '../../../src/metric/statistics.ts';
import { Acquisition, type BeamPoint } from '../../../src/synthesis/ultrasound/acquisition.ts';
import { BrainShift } from '../../../src/synthesis/ultrasound/brainShift.ts';
import { compressed, scan } from '../../../src/synthesis/ultrasound/scanner.ts';
import type { AcousticMaps } from '../../../src/synthesis/ultrasound/tissue.ts';
import type { Vec3, Volume } from '../../../src/volume/grid.ts';
import { applyToPoint } from '../../../src/volume/matrix.ts';

const DEPTH = 56;
const acquisition = new Acquisition(
  [0, 0, 0],
  [
    [0, 0, -1],
    [1, 0, 0],
    [0, -1, 0],
  ],
  DEPTH,
  new Float64Array(4),
);
const grid = { size: [48, 40, 36] as const, affine: [2, 0, 0, -47, 0, 2, 0, -39, 0, 0, 2, -65, 0, 0, 0, 1] };
/** Next to no displacement: the tissue is where it is written. */
const still = BrainShift.random(1, 0, { point: [0, 0, 0], inward: [0, 0, -1] }).withMeanDisplacement(0.01, [
  [0, 0, -20],
]);

interface Medium {
  readonly echogenicity: number;
  readonly impedance: number;
  readonly attenuation: number;
}

const plain: Medium = { echogenicity: 1, impedance: 1.6, attenuation: 0.3 };

/** Tissue on the ultrasound's own grid. */
function maps(at: (p: Vec3) => Medium): AcousticMaps {
  const count = grid.size[0] * grid.size[1] * grid.size[2];
  const row = (): Float32Array => new Float32Array(count);
  const out = { ...grid, echogenicity: row(), impedance: row(), attenuation: row() };
  each((p, n) => {
    const { echogenicity, impedance, attenuation } = at(p);
    out.echogenicity[n] = echogenicity;
    out.impedance[n] = impedance;
    out.attenuation[n] = attenuation;
  });
  return out;
}

function each(visit: (p: Vec3, n: number) => void): void {
  const [nx, ny, nz] = grid.size;
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, n++) visit(applyToPoint(grid.affine, [i, j, k]), n);
}

/** Mean grey value where a condition holds. */
function grey(image: Volume, where: (p: Vec3, beam: BeamPoint) => boolean): number {
  const values: number[] = [];
  each((p, n) => {
    const beam = acquisition.toBeam(p);
    if (acquisition.sees(beam, 2) && where(p, beam)) values.push(image.data[n]!);
  });
  return mean(values);
}

const seen = (at: (p: Vec3) => Medium, index = 0): Volume => scan(acquisition, grid, still, maps(at), 3, index);
const uniform = seen(() => plain);

describe('a scan', () => {
  it('is 0 outside the field of view and only there, in whole numbers up to 255', () => {
    each((p, n) => {
      const value = uniform.data[n]!;
      expect(value > 0).toBe(acquisition.sees(acquisition.toBeam(p)));
      expect(Number.isInteger(value) && value <= 255).toBe(true);
    });
  });

  it('is the same again, and another for another case', () => {
    expect(seen(() => plain).data).toEqual(uniform.data);
    expect(seen(() => plain, 1).data).not.toEqual(uniform.data);
  });

  it('darkens with depth where tissue attenuates more than is compensated', () => {
    const near = (_: Vec3, { depth }: BeamPoint): boolean => depth > 10 && depth < 20;
    const far = (_: Vec3, { depth }: BeamPoint): boolean => depth > 30 && depth < 40;
    const strong = seen(() => ({ ...plain, attenuation: 0.45 }));
    const lost = grey(strong, near) - grey(strong, far) - (grey(uniform, near) - grey(uniform, far));
    // 2 · 0.15 dB/mm over 20 mm are 6 dB, 3.2 grey values each.
    expect(lost).toBeGreaterThan(14);
    expect(lost).toBeLessThan(24);
  });

  it('has a shadow behind a stone, along the beam', () => {
    const isStone = ([x, y, z]: Vec3): boolean => Math.hypot(x, y, z + 20) < 5;
    const image = seen((p) => (isStone(p) ? { echogenicity: 2, impedance: 3.2, attenuation: 3 } : plain));
    const behind = ([x, y]: Vec3, { depth }: BeamPoint): boolean => Math.hypot(x, y) < 4 && depth > 28 && depth < 45;
    const beside = ([x, y]: Vec3, { depth }: BeamPoint): boolean => Math.hypot(x, y) > 16 && depth > 28 && depth < 45;
    expect(grey(image, behind)).toBeLessThan(0.3 * grey(uniform, behind));
    expect(grey(image, beside)).toBeCloseTo(grey(uniform, beside), 0);
    const stone = (p: Vec3): boolean => Math.hypot(p[0], p[1], p[2] + 15) < 2;
    expect(grey(image, stone)).toBeGreaterThan(grey(uniform, stone) + 40);
  });

  it('shows an interface across the beams brightly, and the same one along the beams not at all', () => {
    const step = (level: boolean): Medium => ({ ...plain, impedance: level ? 1.5 : 1.6 });
    const across = seen(([, , z]) => step(z > -30));
    const along = seen(([, y]) => step(y > 0));
    const atAcross = ([x, y, z]: Vec3): boolean => Math.abs(z + 30) < 2 && Math.hypot(x, y) < 8;
    const atAlong = ([, y, z]: Vec3): boolean => Math.abs(y) < 2 && z < -15 && z > -45;
    expect(grey(across, atAcross)).toBeGreaterThan(grey(uniform, atAcross) + 15);
    expect(Math.abs(grey(along, atAlong) - grey(uniform, atAlong))).toBeLessThan(5);
  });

  it('takes tissue from where the brain shift has it', () => {
    const ball = ([x, y, z]: Vec3): Medium => ({ ...plain, echogenicity: Math.hypot(x, y, z + 30) < 8 ? 8 : 1 });
    const shift = BrainShift.random(1, 0, { point: [0, 0, 0], inward: [0, 0, -1] }).withMeanDisplacement(8, [
      [0, 0, -30],
    ]);
    const image = scan(acquisition, grid, shift, maps(ball), 3, 0);
    const sums = [0, 0, 0, 0];
    each((p, n) => {
      const weight = Math.max(0, image.data[n]! - 90);
      for (let axis = 0; axis < 3; axis++) sums[axis]! += weight * p[axis]!;
      sums[3]! += weight;
    });
    const found = sums.slice(0, 3).map((sum) => sum / sums[3]!);
    const expected = shift.toUltrasound([0, 0, -30]);
    expect(Math.hypot(...expected.map((mm, axis) => mm - found[axis]!))).toBeLessThan(1.6);
  });
});

it('compression is logarithmic: twice the amplitude is the same step everywhere', () => {
  const steps = [0.2, 0.4, 0.8, 1.6].map((amplitude) => compressed(amplitude, 0));
  for (let n = 1; n < steps.length; n++)
    expect(Math.abs(steps[n]! - steps[n - 1]! - (255 * 6.02) / 80)).toBeLessThan(1.01);
  expect(compressed(0, 0)).toBe(1);
  expect(compressed(1e9, 0)).toBe(255);
});
