import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { UserError } from '../../src/errors.ts';
import { add, compile, Graph, type Program, sqrt, square, subtract, type Tensor } from '../../src/graph/index.ts';
import { FILTER_SUMMARIES, filtered, takeFilter } from '../../src/loss/filters.ts';
import { buildSimilarity, chooseSimilarity, registerSimilarity, similarities } from '../../src/loss/registry.ts';
import { defineSimilarity, RandomInputs } from '../../src/loss/similarity.ts';
import { weightedMean } from '../../src/neighbourhood/weightedMean.ts';
import { randomStream } from '../../src/random.ts';
import { checkGradient } from '../support/finiteDifferences.ts';
import { lossProgram } from '../support/lossProgram.ts';

const SHAPE = [1, 1, 12, 13, 14] as const;
const COUNT = 12 * 13 * 14;
const random = randomStream(7, 'filters');
const normal = (): Float32Array => Float32Array.from({ length: COUNT }, () => random.normal());
const place = (n: number): [number, number, number] => [n % 14, Math.floor(n / 14) % 13, Math.floor(n / 182)];
const of = (f: (x: number, y: number, z: number) => number): Float32Array =>
  Float32Array.from({ length: COUNT }, (_, n) => f(...place(n)));
const wave = of((x, y, z) => 1.5 * Math.sin(x / 2) + Math.cos(y / 1.5) * Math.sin(z / 2 + 1));
const half = of((x) => (x < 8 ? 1 : 0));
const names = [...FILTER_SUMMARIES.keys()];

const programs = new Map<string, Promise<Program>>();
afterAll(async () => {
  for (const program of programs.values()) await (await program).release();
});

/** A volume behind a filter, with options as a loss would get them. */
async function through(
  filter: string,
  volume: Float32Array,
  { weight, ...settings }: { weight?: Float32Array; [setting: string]: unknown } = {},
): Promise<Float32Array> {
  const key = JSON.stringify([filter, settings, weight !== undefined]);
  const compiled =
    programs.get(key) ??
    (() => {
      const graph = new Graph('filter');
      const inside = weight && graph.input('weight', SHAPE);
      const chosen = takeFilter({ filter, ...settings }).filter;
      return compile(graph, { seen: filtered(graph.input('volume', SHAPE), chosen, inside) });
    })();
  programs.set(key, compiled);
  return (await (await compiled).run({ volume, ...(weight ? { weight } : {}) })).seen!;
}

const largest = (a: Float32Array, b: Float32Array, where: (n: number) => boolean = () => true): number =>
  a.reduce((worst, v, n) => (where(n) ? Math.max(worst, Math.abs(v - b[n]!)) : worst), 0);
const meanOf = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

describe.each(names)('the filter %s', (name) => {
  it('gives a finite volume, for a constant one a constant', async () => {
    expect((await through(name, wave)).every(Number.isFinite)).toBe(true);
    const constant = await through(name, new Float32Array(COUNT).fill(2.5));
    expect(constant.every(Number.isFinite)).toBe(true);
    expect(largest(constant, new Float32Array(COUNT).fill(constant[0]!))).toBeLessThan(0.02);
  });

  it('has the gradient of central differences, with and without a field of view', async () => {
    const { filter } = takeFilter({
      filter: name,
      ...(name.startsWith('local') ? { filterWindow: 5 } : {}),
    });
    for (const weight of [undefined, half])
      expect(
        await checkGradient({
          inputs: [SHAPE],
          values: [wave],
          build: (x) => filtered(x!, filter, weight && x!.graph.constant(weight, SHAPE)),
        }),
      ).toBeLessThan(1e-2);
  });

  it('shows nothing of what lies outside the field of view', async () => {
    const inside = (n: number): boolean => half[n] === 1;
    const changed = wave.map((v, n) => (inside(n) ? v : 7 - v));
    const before = await through(name, wave, { weight: half });
    expect(largest(await through(name, changed, { weight: half }), before, inside)).toBeLessThan(1e-5);
  });

  it('with weight 1 everywhere is the one without weights', async () => {
    const everywhere = await through(name, wave, { weight: new Float32Array(COUNT).fill(1) });
    expect(largest(everywhere, await through(name, wave))).toBeLessThan(1e-4);
  });

  it('can stand before every loss', async () => {
    for (const loss of similarities().keys()) {
      const program = await lossProgram(loss, { filter: name, ...small(loss) }, [12, 13, 14]);
      const { value, toMoved } = await program.run(
        wave,
        of((x, y, z) => wave[x > 0 ? x - 1 + 14 * (y + 13 * z) : 0]!),
      );
      expect(Number.isFinite(value), loss).toBe(true);
      expect(toMoved.every(Number.isFinite), loss).toBe(true);
      expect(Math.max(...toMoved.map(Math.abs)), loss).toBeGreaterThan(0);
      await program.release();
    }
  });
});

function small(loss: string): Record<string, unknown> {
  if (loss === 'pswd') return { patch: 5, directions: 4 };
  return ['swd', 'radon', 'radon-profiles'].includes(loss) ? { directions: 4 } : {};
}

describe('local standardisation', () => {
  it('is (x − mean) / SD of the window, of what lies inside the volume', async () => {
    const volume = normal();
    const out = await through('local', volume, { filterWindow: 5 });
    const n = 1 + 14 * (6 + 13 * 5);
    const window = volume.filter((_, m) => place(m).every((p, a) => Math.abs(p - place(n)[a]!) <= 2));
    expect(window).toHaveLength(4 * 5 * 5);
    const m = meanOf(window);
    const variance = meanOf(window.map((v) => (v - m) ** 2));
    expect(out[n]).toBeCloseTo((volume[n]! - m) / Math.sqrt(variance + 0.01), 4);
  });

  it('does not see brightness and contrast, and hardly sees them where they vary slowly', async () => {
    const bright = normal().map((v) => 10 * v);
    const before = await through('local', bright, { filterWindow: 5 });
    expect(
      largest(
        await through(
          'local',
          bright.map((v) => 3 * v - 2),
          { filterWindow: 5 },
        ),
        before,
      ),
    ).toBeLessThan(0.01);
    const shaded = bright.map((v, n) => (1 + place(n)[0] / 30) * v + place(n)[1] / 3);
    const difference = (await through('local', shaded, { filterWindow: 5 })).map((v, n) => v - before[n]!);
    expect(Math.sqrt(meanOf(difference.map((v) => v * v)))).toBeLessThan(0.1);
  });

  it('of the inverted volume is inverted', async () => {
    const inverted = wave.map((v) => -v);
    expect(
      largest(
        await through('local', inverted),
        (await through('local', wave)).map((v) => -v),
      ),
    ).toBeLessThan(1e-4);
  });
});

describe('gradient magnitude', () => {
  it('of a ramp is the length of its slope, also at the border and at the edge of the field of view', async () => {
    const ramps = of((x, y, z) => (z < 6 ? 0 : 3 * (x - 6.5) + 4 * (y - 6)));
    const out = await through('gradient', ramps, { filterSigma: 0 });
    const [flat, steep] = [(2 * 13 + 5) * 14 + 6, (9 * 13 + 5) * 14 + 6];
    for (const z of [8, 9, 11])
      for (const x of [0, 6, 13]) expect(out[(z * 13 + 5) * 14 + x]).toBeCloseTo(out[steep]!, 4);
    expect(out[steep]! - out[flat]!).toBeGreaterThan(1);
    const masked = await through('gradient', ramps, { filterSigma: 0, weight: half });
    expect(masked[(9 * 13 + 5) * 14 + 7]).toBeCloseTo(masked[(9 * 13 + 5) * 14 + 4]!, 3);
  });

  it.each(['gradient', 'edge', 'local-gradient'])(
    '%s does not see the sign of contrast, nor brightness',
    async (name) => {
      const inverted = wave.map((v) => 4 - v);
      expect(largest(await through(name, inverted), await through(name, wave))).toBeLessThan(1e-3);
    },
  );

  it.each(['gradient', 'edge'])('%s has mean 0 and SD 1', async (name) => {
    const out = await through(name, wave);
    expect(meanOf(out)).toBeCloseTo(0, 4);
    expect(meanOf(out.map((v) => v * v))).toBeCloseTo(1, 2);
  });
});

describe('a loss with a filter', () => {
  const charbonnier = defineSimilarity({
    name: 'own-of-filter-test',
    summary: 'smoothed absolute difference',
    options: z.strictObject({ epsilon: z.number().positive().default(0.1) }),
    smoothness: 1,
    build: (moved, fixed, { epsilon }, _random, weight) =>
      weightedMean(subtractSquareRoot(moved, fixed, epsilon), weight),
  });
  registerSimilarity(charbonnier);

  it('is the loss of the filtered volumes, also one from outside', async () => {
    const [a, b] = [normal(), normal()];
    for (const [loss, options] of [
      ['mse', {}],
      ['own-of-filter-test', { epsilon: 0.2 }],
    ] as const) {
      const direct = await lossProgram(loss, options, [12, 13, 14]);
      const indirect = await lossProgram(loss, { ...options, filter: 'gradient', filterSigma: 0.5 }, [12, 13, 14]);
      const seen = (volume: Float32Array) => through('gradient', volume, { filterSigma: 0.5 });
      const expected = (await direct.run(await seen(a), await seen(b))).value;
      expect((await indirect.run(a, b)).value).toBeCloseTo(expected, 4);
      await direct.release();
      await indirect.release();
    }
  });

  it('has its gradient at the volume before the filter', async () => {
    const chosen = chooseSimilarity('mse', { filter: 'local', filterWindow: 5 });
    const build = (a: Tensor): Tensor =>
      buildSimilarity(chosen, a, a.graph.constant(wave, SHAPE), new RandomInputs(a.graph));
    expect(await checkGradient({ inputs: [SHAPE], build: (a) => build(a!), values: [normal()] })).toBeLessThan(1e-2);
  });

  it('knows a filter by the name that earlier files have', () => {
    expect(chooseSimilarity('mse', { transform: 'local', transformWindow: 5 })).toEqual(
      chooseSimilarity('mse', { filter: 'local', filterWindow: 5 }),
    );
  });

  it('keeps its own options, and the filter keeps only its settings', () => {
    const { options, filter } = chooseSimilarity('ncc', { window: 5, filter: 'local', filterWindow: 7 });
    expect(options).toEqual({ window: 5, epsilon: 1 });
    expect(filter).toEqual({ name: 'local', settings: { filterWindow: 7 } });
    expect(chooseSimilarity('ncc').filter).toEqual({ name: 'none', settings: {} });
    expect(chooseSimilarity('mse', { filter: 'gradient' }).filter.settings).toEqual({ filterSigma: 1 });
  });

  it.each([
    [{ filter: 'lokal' }, /no filter "lokal"; choose one of none, local, /],
    [{ filter: 3 }, /no filter "3"/],
    [{ filter: 'toString' }, /no filter "toString"/],
    [{ filterWindow: 5 }, /"none" has no setting "filterWindow"/],
    [{ filter: 'gradient', filterWindow: 5 }, /"gradient" has no setting "filterWindow", only filterSigma\./],
    [{ filter: 'local', filterWindow: 4 }, /The setting "filterWindow" of the filter "local" must be odd\./],
    [{ filter: 'gradient', filterSigma: 'wide' }, /setting "filterSigma"/],
    [{ filter: 'local', patch: 5 }, /no option "patch"/],
  ])('refuses %o in one sentence', (options, words) => {
    expect(() => chooseSimilarity('mse', options)).toThrow(UserError);
    expect(() => chooseSimilarity('mse', options)).toThrow(words);
  });
});

function subtractSquareRoot(a: Tensor, b: Tensor, epsilon: number): Tensor {
  return sqrt(add(square(subtract(a, b)), epsilon ** 2));
}
