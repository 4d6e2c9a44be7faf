import { describe, expect, it } from 'vitest';
import { mean, standardDeviation } from '../../../src/metric/statistics.ts';
import { randomStream } from '../../../src/random.ts';
import { coherentGain, convolve, envelope, scatterers } from '../../../src/synthesis/ultrasound/speckle.ts';

const grid = { depths: 60, lines: 48, frames: 40 };
const count = grid.depths * grid.lines * grid.frames;
const spread = { axial: 0.9, lateral: (i: number) => 1 + i / 60, elevational: () => 1.2 };

/** Values of samples that are at least 6 away from every border. */
function interior(values: ArrayLike<number>, fromDepth = 6, toDepth = grid.depths - 6): number[] {
  const kept: number[] = [];
  for (let n = 0; n < count; n++) {
    const i = n % grid.depths;
    const line = Math.floor(n / grid.depths) % grid.lines;
    const frame = Math.floor(n / (grid.depths * grid.lines));
    const inside = (x: number, size: number): boolean => x >= 6 && x < size - 6;
    if (i >= fromDepth && i < toDepth && inside(line, grid.lines) && inside(frame, grid.frames)) kept.push(values[n]!);
  }
  return kept;
}

describe('fully developed speckle', () => {
  const field = convolve(scatterers(count, randomStream(5, 'test')), grid, spread);
  const amplitudes = interior(envelope(field));

  it('is Rayleigh distributed: mean over SD 1.91, power 1', () => {
    expect(mean(amplitudes) / standardDeviation(amplitudes)).toBeCloseTo(Math.sqrt(Math.PI / (4 - Math.PI)), 1);
    expect(mean(amplitudes.map((a) => a * a))).toBeCloseTo(1, 1);
    // A Rayleigh variable of power 1 exceeds its root mean square with the probability 1/e.
    expect(amplitudes.filter((a) => a > 1).length / amplitudes.length).toBeCloseTo(1 / Math.E, 1);
  });

  it('is wider across the beams than along them, and widens with depth as the point spread does', () => {
    const { real } = field;
    const correlation = (offset: number, from: number, to: number): number => {
      const shifted = Float32Array.from({ length: count }, (_, n) => (real[n + offset] ?? 0) * real[n]!);
      const own = real.map((value) => value * value);
      return mean(interior(shifted, from, to)) / mean(interior(own, from, to));
    };
    // Gaussian amplitude of deviation σ: correlation exp(−d²/4σ²). Few thousand independent samples tell it to about
    // 0.03.
    const expectNear = (found: number, distance: number, sigma: number): void =>
      expect(Math.abs(found - Math.exp(-(distance ** 2) / (4 * sigma ** 2)))).toBeLessThan(0.09);
    expectNear(correlation(1, 6, 54), 1, 0.9);
    expectNear(correlation(2 * grid.depths, 6, 18), 2, 1.2);
    expectNear(correlation(2 * grid.depths, 42, 54), 2, 1.8);
  });
});

it('a constant passes the filter with the coherent gains of its axes', () => {
  const constant = { real: new Float32Array(count).fill(1), imaginary: new Float32Array(count) };
  const { real, imaginary } = convolve(constant, grid, { ...spread, lateral: () => 1.5 });
  const gain = coherentGain(0.9) * coherentGain(1.5) * coherentGain(1.2);
  for (const value of interior(real)) expect(value).toBeCloseTo(gain, 3);
  expect(imaginary.every((value) => value === 0)).toBe(true);
});
