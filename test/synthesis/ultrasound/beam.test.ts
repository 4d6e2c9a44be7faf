import { describe, expect, it } from 'vitest';
import { type BeamTissue, beamEchoes } from '../../../src/synthesis/ultrasound/beam.ts';

const STEP = 0.4;
const COUNT = 100;

function medium(
  attenuation: number,
  change: Partial<Record<keyof BeamTissue, (i: number) => number>> = {},
): BeamTissue {
  const row = (f: (i: number) => number): Float32Array => Float32Array.from({ length: COUNT }, (_, i) => f(i));
  return {
    echogenicity: row(change.echogenicity ?? (() => 1)),
    impedance: row(change.impedance ?? (() => 1.6)),
    attenuation: row(change.attenuation ?? (() => attenuation)),
  };
}

describe('beamEchoes', () => {
  it('loses 2α dB/mm, and reflects nothing, in a homogeneous medium', () => {
    const { scattered, reflected } = beamEchoes(medium(0.3), STEP);
    for (let i = 0; i < COUNT; i++) expect(20 * Math.log10(scattered[i]!)).toBeCloseTo(-2 * 0.3 * STEP * i, 3);
    expect(reflected.every((value) => value === 0)).toBe(true);
  });

  it('reflects (Z₂ − Z₁)/(Z₂ + Z₁) at an interface, and passes 1 − Γ² there and back', () => {
    const { scattered, reflected } = beamEchoes(medium(0, { impedance: (i) => (i < 50 ? 1.5 : 4.5) }), STEP);
    expect(reflected[50]! * STEP).toBeCloseTo(0.5, 5);
    expect(reflected.filter((value) => value > 0).length).toBe(1);
    expect(scattered[49]).toBe(1);
    expect(scattered[60]).toBeCloseTo(1 - 0.5 ** 2, 5);
  });

  it('leaves a shadow behind what attenuates and reflects, and none before it', () => {
    const stone = (i: number): boolean => i >= 40 && i < 48;
    const plain = beamEchoes(medium(0.3), STEP).scattered;
    const shadowed = beamEchoes(
      medium(0.3, { impedance: (i) => (stone(i) ? 3.2 : 1.6), attenuation: (i) => (stone(i) ? 3 : 0.3) }),
      STEP,
    ).scattered;
    expect([...shadowed.slice(0, 40)]).toEqual([...plain.slice(0, 40)]);
    for (let i = 55; i < COUNT; i++) expect(20 * Math.log10(shadowed[i]! / plain[i]!)).toBeLessThan(-17);
  });

  it('an interface at an angle returns the cosine of it', () => {
    // Impedance rises by 0.01 MRayl per mm along the interface's normal, which makes an angle with the beam.
    const slope = (cosine: number): number => {
      const { reflected } = beamEchoes(medium(0, { impedance: (i) => 1.6 + 0.01 * cosine * i * STEP }), STEP);
      return reflected[1]!;
    };
    expect(slope(Math.cos(Math.PI / 3)) / slope(1)).toBeCloseTo(0.5, 2);
    expect(slope(0)).toBe(0);
  });
});
