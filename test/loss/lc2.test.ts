import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/graph/index.ts';
import { gradientMagnitude } from '../../src/loss/localContrast.ts';
import { chooseSimilarity } from '../../src/loss/registry.ts';
import { RandomInputs } from '../../src/loss/similarity.ts';
import { randomStream } from '../../src/random.ts';
import { evaluate } from '../support/evaluate.ts';
import { checkGradient } from '../support/finiteDifferences.ts';

type Settings = Readonly<Record<string, unknown>>;

const EXTENT = [9, 10, 11] as const;
const SHAPE = [1, 1, ...EXTENT] as const;
const COUNT = EXTENT[0] * EXTENT[1] * EXTENT[2];
const random = randomStream(8, 'lc2');
const normal = (): Float32Array => Float32Array.from({ length: COUNT }, () => random.normal());

/** Waves of mean about 0 and SD about 1. */
const mri = Float32Array.from({ length: COUNT }, (_, n) => {
  const [x, y, z] = [n % 11, Math.floor(n / 11) % 10, Math.floor(n / 110)];
  return Math.sin(x / 1.9) + Math.cos(y / 1.5 + z / 2.3) + 0.1 * random.normal();
});
const noise = normal();
/** 1 in a block inside the volume. */
const inside = Float32Array.from({ length: COUNT }, (_, n) => (n % 11 < 8 && Math.floor(n / 110) > 1 ? 1 : 0));

function build(moved: Tensor, fixed: Tensor, settings: Settings, weight?: Tensor): Tensor {
  const { similarity, options } = chooseSimilarity('lc2', { window: 5, ...settings });
  return similarity.build(moved, fixed, options, new RandomInputs(moved.graph), weight);
}

async function lc2(
  moved: Float32Array,
  fixed: Float32Array,
  settings: Settings = {},
  weight?: Float32Array,
): Promise<number> {
  const given = [moved, fixed, ...(weight ? [weight] : [])].map((values) => ({ shape: SHAPE, values }));
  return (await evaluate(given, (a, b, w) => ({ value: build(a!, b!, settings, w) }))).value[0]!;
}

/** z-scores over the voxels that count. */
function zScored(x: ArrayLike<number>, weight: ArrayLike<number>): number[] {
  const values = Array.from(x);
  const total = values.reduce((sum, _, n) => sum + weight[n]!, 0);
  const mean = values.reduce((sum, v, n) => sum + weight[n]! * v, 0) / total;
  const sd = Math.sqrt(values.reduce((sum, v, n) => sum + weight[n]! * (v - mean) ** 2, 0) / total);
  return values.map((v) => (v - mean) / sd);
}

/** Gradient magnitude as the loss works it out: it is tested on its own. */
async function magnitude(x: Float32Array, sigma: number, weight?: Float32Array): Promise<Float32Array> {
  const given = [x, ...(weight ? [weight] : [])].map((values) => ({ shape: SHAPE, values }));
  return (await evaluate(given, (a, w) => ({ g: gradientMagnitude(a!, sigma, w) }))).g;
}

/** Share of the variance of y that the regressors explain, by Gram-Schmidt, in double precision. */
function explainedShare(y: readonly number[], regressors: readonly (readonly number[])[]): number {
  const centred = (v: readonly number[]): number[] => {
    const mean = v.reduce((a, b) => a + b, 0) / v.length;
    return v.map((value) => value - mean);
  };
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, n) => sum + v * b[n]!, 0);
  const basis: number[][] = [];
  for (const regressor of regressors) {
    let rest = centred(regressor);
    for (const unit of basis) rest = rest.map((v, n) => v - dot(rest, unit) * unit[n]!);
    const length = Math.sqrt(dot(rest, rest));
    basis.push(rest.map((v) => v / length));
  }
  const target = centred(y);
  return basis.reduce((sum, unit) => sum + dot(target, unit) ** 2, 0) / dot(target, target);
}

/** The definition, window by window. */
async function plain(
  { p: mriValues, u: us }: { readonly p: Float32Array; readonly u: Float32Array },
  { window = 5, sigma = 0, weighting = 'variance' }: { window?: number; sigma?: number; weighting?: string },
  weight = new Float32Array(COUNT).fill(1),
): Promise<number> {
  const p = zScored(mriValues, weight);
  const g = await magnitude(Float32Array.from(p), sigma, weight);
  const u = zScored(us, weight);
  const reach = (window - 1) / 2;
  const [nz, ny, nx] = EXTENT;
  const sums = { explained: 0, all: 0 };
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++)
      for (let x = 0; x < nx; x++) {
        if (weight[x + nx * (y + ny * z)] === 0) continue;
        const members: number[] = [];
        for (let k = Math.max(0, z - reach); k <= Math.min(nz - 1, z + reach); k++)
          for (let j = Math.max(0, y - reach); j <= Math.min(ny - 1, y + reach); j++)
            for (let i = Math.max(0, x - reach); i <= Math.min(nx - 1, x + reach); i++) {
              const n = i + nx * (j + ny * k);
              if (weight[n] === 1) members.push(n);
            }
        const of = (v: ArrayLike<number>): number[] => members.map((n) => v[n]!);
        const mean = of(u).reduce((a, b) => a + b, 0) / members.length;
        const variance = of(u).reduce((sum, v) => sum + (v - mean) ** 2, 0) / members.length;
        const counts = (members.length / window ** 3) * (weighting === 'variance' ? variance : Math.sqrt(variance));
        sums.explained += counts * explainedShare(of(u), [of(p), of(g)]);
        sums.all += counts;
      }
  return -sums.explained / sums.all;
}

describe('lc2', () => {
  it.each([
    [{ sigma: 0 }, undefined],
    [{ window: 3, sigma: 1 }, undefined],
    [{ sigma: 0, weighting: 'sd' }, undefined],
    [{ sigma: 0, window: 5 }, inside],
  ] as const)('is least squares window by window: %o', async (settings, weight) => {
    const g = await magnitude(mri, settings.sigma);
    const u = mri.map((v, n) => 0.4 * v + 3 * g[n]! + 0.5 * noise[n]!);
    const expected = await plain({ p: mri, u }, settings, weight);
    expect(expected).toBeLessThan(-0.2);
    expect(expected).toBeGreaterThan(-0.9);
    expect(Math.abs((await lc2(mri, u, settings, weight)) - expected)).toBeLessThan(3e-3);
  });

  it('is −1 where the ultrasound is an affine combination of the MRI and its gradient', async () => {
    const g = await magnitude(Float32Array.from(zScored(mri, new Float32Array(COUNT).fill(1))), 0);
    const u = mri.map((v, n) => 3 - 0.8 * v + 9 * g[n]!);
    const explained = await lc2(mri, u);
    expect(explained).toBeLessThan(-0.99);
    expect(explained).toBeGreaterThanOrEqual(-1);
    // Neither regressor does it alone.
    expect(await lc2(mri, normal())).toBeGreaterThan(-0.3);
  });

  it('does not change under affine maps of either volume', async () => {
    const u = mri.map((v, n) => Math.abs(v) + 0.5 * noise[n]!);
    const value = await lc2(mri, u);
    const scaled = mri.map((v) => 700 - 40 * v);
    expect(await lc2(scaled, u)).toBeCloseTo(value, 4);
    const brighter = u.map((v) => 120 + 30 * v);
    expect(await lc2(mri, brighter)).toBeCloseTo(value, 4);
  });

  it('is the other way round with the ultrasound as the moving volume', async () => {
    const u = mri.map((v, n) => Math.abs(v) + 0.5 * noise[n]!);
    const value = await lc2(mri, u);
    expect(await lc2(u, mri, { ultrasound: 'moving' })).toBeCloseTo(value, 6);
    expect(Math.abs((await lc2(u, mri)) - value)).toBeGreaterThan(0.02);
  });

  it('is 0 where the ultrasound or the MRI is constant, or nothing counts', async () => {
    const constant = new Float32Array(COUNT).fill(2);
    expect(await lc2(mri, constant)).toBeCloseTo(0, 5);
    expect(await lc2(constant, noise)).toBeCloseTo(0, 5);
    expect(await lc2(mri, noise, {}, new Float32Array(COUNT))).toBeCloseTo(0, 6);
  });

  it('stays in range where gradient and MRI are nearly the same in every window', async () => {
    // Exponential along x: its slope is proportional to itself.
    const exponential = Float32Array.from({ length: COUNT }, (_, n) => Math.exp((n % 11) / 5));
    const value = await lc2(exponential, noise, { sigma: 0 });
    expect(value).toBeGreaterThan(-0.3);
    expect(value).toBeLessThan(0);
    expect(await lc2(exponential, exponential, { sigma: 0 })).toBeGreaterThanOrEqual(-1);
  });

  it('does not see what lies outside the field of view', async () => {
    const u = mri.map((v, n) => v + 0.5 * noise[n]!);
    const value = await lc2(mri, u, {}, inside);
    const spoiled = (x: Float32Array, by: number): Float32Array => x.map((v, n) => (inside[n] === 1 ? v : by * v + 5));
    expect(await lc2(spoiled(mri, -3), spoiled(u, 7), {}, inside)).toBeCloseTo(value, 5);
    expect(await lc2(spoiled(mri, -3), spoiled(u, 7))).not.toBeCloseTo(await lc2(mri, u), 2);
    expect(await lc2(mri, u, {}, new Float32Array(COUNT).fill(1))).toBeCloseTo(await lc2(mri, u), 5);
  });

  it.each([
    [{}, false],
    [{}, true],
    [{ ultrasound: 'moving', weighting: 'sd' }, true],
  ] as const)('has the gradient of central differences: %o (weights: %s)', async (settings, weighted) => {
    const u = mri.map((v, n) => 0.7 * v + 0.3 * noise[n]!);
    const worst = await checkGradient({
      inputs: [SHAPE, SHAPE],
      build: (a, b) => build(a!, b!, settings, weighted ? a!.graph.constant(inside, SHAPE) : undefined),
      values: [mri, u],
      step: 2e-2,
    });
    expect(worst).toBeLessThan(2e-2);
  });

  it('refuses a window with an even edge and an unknown side', () => {
    expect(() => chooseSimilarity('lc2', { window: 4 })).toThrow(/must be odd/);
    expect(() => chooseSimilarity('lc2', { ultrasound: 'both' })).toThrow(/"ultrasound"/);
  });
});
