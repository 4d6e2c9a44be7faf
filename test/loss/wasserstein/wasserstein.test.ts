import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POINT_EMBEDDINGS } from '../../../src/loss/wasserstein/clouds.ts';
import { DRAWINGS, drawDirections } from '../../../src/loss/wasserstein/directions.ts';
import { randomStream } from '../../../src/random.ts';
import { type LossProgram, lossProgram } from '../../support/lossProgram.ts';
import { relativeError } from '../../support/reference.ts';

type Extent = readonly [number, number, number];
type Options = Readonly<Record<string, unknown>>;

const EMBEDDINGS = ['mass', ...POINT_EMBEDDINGS] as const;
const ORDERS = [1, 2] as const;
const EVERY_READING = EMBEDDINGS.flatMap((embedding) => ORDERS.map((order) => ({ embedding, order })));

const voxels = (extent: Extent): number => extent[0] * extent[1] * extent[2];
const filled = (count: number, value: (k: number) => number): Float32Array =>
  Float32Array.from({ length: count }, (_, k) => value(k));
const inner = (a: Float32Array, b: Float32Array): number => a.reduce((sum, v, k) => sum + v * b[k]!, 0);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const largest = (values: Float32Array): number => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

function normals(seed: number, count: number): Float32Array {
  const random = randomStream(seed, 'wasserstein');
  return filled(count, () => random.normal());
}

function directionsOf(count: number, dimensions: number, seed = 1): { values: Float32Array; rows: Float32Array[] } {
  const values = new Float32Array(count * dimensions);
  drawDirections('uniform', dimensions, randomStream(seed, 'directions'), values);
  return {
    values,
    rows: Array.from({ length: count }, (_, k) => values.subarray(k * dimensions, (k + 1) * dimensions)),
  };
}

async function using<T>(
  name: string,
  options: Options,
  extent: Extent,
  use: (program: LossProgram) => Promise<T>,
  weighted = false,
): Promise<T> {
  const program = await lossProgram(name, options, extent, { weighted });
  try {
    return await use(program);
  } finally {
    await program.release();
  }
}

const BOX: Extent = [5, 6, 7];
const FEW = { directions: 5, bins: 8 };
const VARIANTS: [string, Options][] = [
  ['swd', FEW],
  ['radon', FEW],
  ['pswd', { ...FEW, patch: 4, stride: 2 }],
  ...EVERY_READING.flatMap((reading): [string, Options][] => [
    ['pswd', { ...FEW, ...reading, patch: 0, row: 20, coordinates: 2 }],
    ['pswd', { ...FEW, ...reading, patch: 4, stride: 2, row: 20, coordinates: 2 }],
  ]),
  ...EMBEDDINGS.map((embedding): [string, Options] => [
    'pswd',
    { ...FEW, embedding, patch: 4, stride: 2, row: 20, coordinates: 2, standardise: 'patch' },
  ]),
  ['radon', { ...FEW, mass: 'affine', zero: -1 }],
  ['radon', { ...FEW, mass: 'affine', order: 2 }],
  ['radon', { ...FEW, gain: 3 }],
  ['pswd', { ...FEW, patch: '3,5', stride: '2,3' }],
  ['pswd', { ...FEW, patch: '3,0', stride: '2,1', border: 'cover', order: 2 }],
  ['swd', { ...FEW, patch: '3,5', stride: '2,3', border: 'cover' }],
  ['swd', { ...FEW, axis: 1, coordinates: 0 }],
  ['radon', { ...FEW, drawing: 'orthogonal' }],
  ['swd', { ...FEW, drawing: 'quasi' }],
];

/**
 * How far slopes along random directions are from what the gradient says, relatively: central differences at the step
 * that agrees best, since a large step meets kinks and a small one rounding.
 */
async function slopeDeviation(
  value: (at: Float32Array) => Promise<number>,
  at: Float32Array,
  gradient: Float32Array,
): Promise<number> {
  const deviations = [];
  for (const seed of [21, 22]) {
    const noise = normals(seed, at.length);
    const [along, across] = [Math.hypot(...gradient), Math.hypot(...noise)];
    const direction = gradient.map((g, k) => g / along + noise[k]! / across);
    const there = (h: number): Promise<number> => value(at.map((v, k) => v + h * direction[k]!));
    const ofSteps = [];
    for (const step of [2e-2, 5e-3, 1e-3]) {
      const slope = ((await there(step)) - (await there(-step))) / (2 * step);
      ofSteps.push(Math.abs(slope / inner(gradient, direction) - 1));
    }
    deviations.push(Math.min(...ofSteps));
  }
  return Math.max(...deviations);
}

describe.each(VARIANTS)('%s %j', (name, options) => {
  const count = voxels(BOX);
  const [moved, fixed] = [normals(1, count), normals(2, count)];
  const random = randomStream(3, 'field of view');
  const inside = filled(count, () => (random.uniform() < 0.7 ? 1 : 0));
  const everywhere = new Float32Array(count).fill(1);
  let plain: LossProgram;
  let weighted: LossProgram;
  beforeAll(async () => {
    plain = await lossProgram(name, options, BOX);
    weighted = await lossProgram(name, options, BOX, { weighted: true });
  });
  afterAll(async () => {
    await plain.release();
    await weighted.release();
  });

  it('is 0 from a volume to itself', async () => {
    const apart = await plain.run(moved, fixed);
    const same = await plain.run(moved, moved);
    expect(Math.abs(same.value)).toBeLessThan(1e-5 * apart.value);
    expect(largest(same.toMoved)).toBeLessThan(1e-2 * largest(apart.toMoved));
  });

  it('is positive between different volumes, and the same from either', async () => {
    const there = await plain.run(moved, fixed);
    const back = await plain.run(fixed, moved);
    expect(there.value).toBeGreaterThan(1e-4);
    expect(back.value / there.value).toBeCloseTo(1, 4);
  });

  it('has the gradient of central differences', async () => {
    const { toMoved } = await plain.run(moved, fixed);
    const value = async (at: Float32Array): Promise<number> => (await plain.run(at, fixed)).value;
    expect(await slopeDeviation(value, moved, toMoved)).toBeLessThan(2e-2);
  });

  it('has the gradient of central differences in a field of view, none outside', async () => {
    const { toMoved } = await weighted.run(moved, fixed, {}, { weight: inside });
    const value = async (at: Float32Array): Promise<number> =>
      (await weighted.run(at, fixed, {}, { weight: inside })).value;
    expect(await slopeDeviation(value, moved, toMoved)).toBeLessThan(2e-2);
    expect(largest(toMoved.filter((_, k) => inside[k] === 0))).toBe(0);
  });

  it('has the gradient to the fixed volume that it has to the moved one when they change places', async () => {
    const there = await plain.run(moved, fixed);
    const back = await plain.run(fixed, moved);
    expect(relativeError(there.toFixed, back.toMoved)).toBeLessThan(1e-3);
  });

  it('does not see voxels outside the field of view', async () => {
    const outside = (volume: Float32Array, by: number): Float32Array =>
      volume.map((v, k) => (inside[k] === 1 ? v : v + by));
    const value = async (a: Float32Array, b: Float32Array): Promise<number> =>
      (await weighted.run(a, b, {}, { weight: inside })).value;
    const known = await value(moved, fixed);
    expect((await value(outside(moved, 5), outside(fixed, -3))) / known).toBeCloseTo(1, 4);
    expect((await plain.run(outside(moved, 5), outside(fixed, -3))).value / known).not.toBeCloseTo(1, 2);
  });

  it('with weight 1 everywhere is the same as without', async () => {
    const known = await plain.run(moved, fixed);
    const found = await weighted.run(moved, fixed, {}, { weight: everywhere });
    expect(found.value / known.value).toBeCloseTo(1, 4);
    expect(relativeError(found.toMoved, known.toMoved)).toBeLessThan(1e-3);
  });

  it('is a number, with its gradient, on volumes without structure', async () => {
    const constant = (value: number): Float32Array => new Float32Array(count).fill(value);
    const levels = filled(count, (k) => (k % 3) - 1);
    for (const [a, b] of [
      [constant(0), constant(0)],
      [constant(-50), constant(-50)],
      [constant(0), constant(2)],
      [constant(-50), moved],
      [moved, constant(-50)],
      [levels, levels],
      [levels, constant(0)],
    ] as const)
      for (const out of [
        await plain.run(a, b),
        await weighted.run(a, b, {}, { weight: inside }),
        await weighted.run(a, b, {}, { weight: constant(0) }),
      ])
        for (const values of [[out.value], out.toMoved, out.toFixed])
          expect(values.every((v: number) => Number.isFinite(v))).toBe(true);
  });
});

describe.each<Extent>([
  [2, 2, 2],
  [1, 2, 3],
  [1, 1, 4],
  [1, 1, 1],
])('volumes of %i × %i × %i', (...extent) => {
  const patches = Math.min(...extent) > 1 ? [0, 1, 2] : [0, 1];
  const readings = EVERY_READING.flatMap((reading) => patches.map((patch) => ({ ...reading, patch })));
  it.each(readings.filter(({ embedding, patch }) => embedding !== 'mass' || patch !== 1))(
    'have a finite distance and gradient: %j',
    async (options) => {
      const [moved, fixed] = [normals(1, voxels(extent)), normals(2, voxels(extent))];
      await using('pswd', { ...options, stride: 1, directions: 3, bins: 5 }, extent, async (program) => {
        for (const [a, b] of [
          [moved, fixed],
          [moved, moved],
          [moved.map(() => 0), moved.map(() => 0)],
        ] as const) {
          const out = await program.run(a, b);
          expect(out.value).toBeGreaterThanOrEqual(0);
          for (const values of [[out.value], out.toMoved, out.toFixed])
            expect(values.every((v: number) => Number.isFinite(v))).toBe(true);
        }
      });
    },
  );
});

describe('a mass that moves by t', () => {
  const COUNT = 300;
  const { values: directions, rows } = directionsOf(COUNT, 3);
  /** Masses of a block at a corner, in a volume that has none elsewhere. */
  const volume = (extent: Extent, at: Extent, block: readonly number[], edge: number): Float32Array => {
    const out = new Float32Array(voxels(extent));
    block.forEach((mass, n) => {
      const [k, j, i] = [Math.floor(n / edge ** 2), Math.floor(n / edge) % edge, n % edge] as const;
      out[((at[0] + k) * extent[1] + at[1] + j) * extent[2] + at[2] + i] = mass;
    });
    return out;
  };
  const options = { mass: 'affine', zero: 0, bins: 64, directions: COUNT };

  describe.each<[string, number[], number]>([
    ['one voxel', [3], 1],
    ['a block', [1, 4, 2, 0, 3, 1, 1, 5], 2],
  ])('%s', (_, block, edge) => {
    it.each<[Options, Extent, Extent, Extent]>([
      [{ patch: 0 }, [9, 9, 9], [2, 3, 1], [2, -1, 5]],
      [{ patch: 0 }, [9, 9, 9], [1, 1, 1], [0, 0, 6]],
      [{ patch: 0 }, [5, 9, 7], [0, 1, 2], [3, 3, -1]],
      [{ patch: 9, stride: 4 }, [9, 9, 9], [2, 3, 1], [2, -1, 5]],
    ])('%j, volume %j, from %j by %j', async (where, extent, from, step) => {
      const half = (Math.max(...extent) - 1) / 2;
      const t = step.map((s) => s / half);
      const length = Math.hypot(...t);
      const [a, b] = [from, from.map((p, k) => p + step[k]!) as unknown as Extent].map((at) =>
        volume(extent, at, block, edge),
      );
      for (const order of ORDERS) {
        const along = rows.map((d) => Math.abs(inner(d, Float32Array.from(t))) ** order);
        const found = await using('radon', { ...options, ...where, order }, extent, (program) =>
          program.run(a!, b!, { directions }),
        );
        // Sharing between two bins leaves W1 of one voxel as it is and changes squares by less than a quarter of a
        // squared bin.
        expect(Math.abs(found.value - mean(along))).toBeLessThan(order === 1 && edge === 1 ? 1e-4 : 2e-3);
        const [exact, variance] =
          order === 1 ? [length / 2, length ** 2 / 12] : [length ** 2 / 3, (4 * length ** 4) / 45];
        expect(Math.abs(found.value - exact)).toBeLessThan(3 * Math.sqrt(variance / COUNT) + 2e-3);
      }
    });
  });

  it('costs about the same for every drawing', async () => {
    const extent: Extent = [9, 9, 9];
    const [a, b] = [volume(extent, [2, 2, 2], [1], 1), volume(extent, [4, 1, 6], [1], 1)];
    const exact = Math.hypot(2, 1, 4) / 4 / 2;
    for (const drawing of DRAWINGS)
      await using('radon', { ...options, drawing }, extent, async (program) => {
        const errors = [];
        for (let seed = 0; seed < 5; seed++) errors.push((await program.run(a, b, {}, { seed })).value - exact);
        expect(Math.abs(mean(errors))).toBeLessThan(drawing === 'uniform' ? 0.04 : 0.02);
      });
  });
});

/** ln Γ by Stirling's series, for arguments of 1 and more. */
function logGamma(x: number): number {
  if (x < 10) return logGamma(x + 1) - Math.log(x);
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3);
}

describe('intensities that all rise by c: every point moves alike', () => {
  const RISE = 0.7;
  const extent: Extent = [4, 4, 4];
  const COUNT = 600;
  it.each([
    [{ embedding: 'lines', coordinates: 3 }, 6, 4],
    [{ embedding: 'lines', coordinates: 0 }, 4, 4],
    [{ embedding: 'rows', row: 10 }, 10, 10],
    [{ embedding: 'points', intensity: 1 }, 4, 1],
    [{ embedding: 'points', intensity: 2 }, 4, 4],
    [{ embedding: 'scalars' }, 1, 1],
  ])('%j in R^%i', async (options, dimensions, squares) => {
    const fixed = normals(5, voxels(extent));
    const length = RISE * Math.sqrt(squares);
    const { values: directions } = directionsOf(COUNT, dimensions);
    for (const order of ORDERS) {
      const all = { ...options, order, patch: 0, directions: COUNT };
      const { value } = await using('pswd', all, extent, (program) =>
        program.run(
          fixed.map((v) => v + RISE),
          fixed,
          { directions },
        ),
      );
      const first = Math.exp(logGamma(dimensions / 2) - logGamma((dimensions + 1) / 2)) / Math.sqrt(Math.PI);
      const exact = order === 1 ? length * first : length ** 2 / dimensions;
      expect(value / exact).toBeCloseTo(1, dimensions === 1 ? 4 : 0.7);
      expect(Math.abs(value / exact - 1)).toBeLessThan(dimensions === 1 ? 1e-4 : 0.12);
    }
  });
});

describe('more directions', () => {
  it.each<[string, Options]>([
    ['radon', {}],
    ['radon', { order: 2 }],
    ['swd', { axis: 0, coordinates: 1 }],
    ['swd', { embedding: 'points', order: 1 }],
  ])('bring %s %j nearer to its limit, as one over the root of their number', async (name, options) => {
    const extent: Extent = [4, 4, 4];
    const [moved, fixed] = [normals(6, 64), normals(7, 64)];
    const all = { bins: 8, ...options };
    const limit = await using(
      name,
      { ...all, directions: 20000 },
      extent,
      async (program) => (await program.run(moved, fixed)).value,
    );
    const error = (directions: number): Promise<number> =>
      using(name, { ...all, directions }, extent, async (program) => {
        const squares = [];
        for (let seed = 2; seed < 82; seed++)
          squares.push(((await program.run(moved, fixed, {}, { seed })).value - limit) ** 2);
        return Math.sqrt(mean(squares));
      });
    const ratio = (await error(6)) / (await error(96));
    expect(ratio).toBeGreaterThan(2.8);
    expect(ratio).toBeLessThan(5.7);
  });
});

it.each(EMBEDDINGS)('W1 of %s never costs more by a detour', async (embedding) => {
  const options = { embedding, order: 1, patch: 4, stride: 2, directions: 4, row: 16, coordinates: 1 };
  await using('pswd', options, BOX, async (program) => {
    const volumes = [1, 2, 3, 4].map((seed) => normals(seed, voxels(BOX)));
    volumes.push(volumes[0]!.map((v, k) => (v + volumes[1]![k]!) / 2));
    const distances = await Promise.all(
      volumes.map((a) => Promise.all(volumes.map(async (b) => (await program.run(a, b)).value))),
    );
    for (const [a, row] of distances.entries())
      for (const [c, direct] of row.entries())
        for (const [b, first] of row.entries())
          expect(direct).toBeLessThan(first + distances[b]![c]! + 1e-5 + (a === c ? 1e-5 : 0));
  });
});

it('patches of one voxel, by their intensity alone and squared, are the mean squared error', async () => {
  const [moved, fixed] = [normals(1, voxels(BOX)), normals(2, voxels(BOX))];
  const options = { embedding: 'scalars', patch: 1, stride: 1, order: 2 };
  const values = await Promise.all(
    (
      [
        ['pswd', options],
        ['mse', {}],
      ] as const
    ).map(([name, own]) => using(name, own, BOX, (program) => program.run(moved, fixed))),
  );
  expect(values[0]!.value).toBeCloseTo(values[1]!.value, 5);
  expect(relativeError(values[0]!.toMoved, values[1]!.toMoved)).toBeLessThan(1e-5);
});

it.each(EVERY_READING)('one patch that covers the volume is the volume: %j', async (reading) => {
  const extent: Extent = [4, 4, 4];
  const [moved, fixed] = [normals(1, 64), normals(2, 64)];
  const [patch, volume] = await Promise.all(
    [4, 0].map((edge) =>
      using('pswd', { ...FEW, ...reading, patch: edge, stride: 1 }, extent, (program) => program.run(moved, fixed)),
    ),
  );
  expect(patch!.value / volume!.value).toBeCloseTo(1, 5);
  expect(relativeError(patch!.toMoved, volume!.toMoved)).toBeLessThan(1e-4);
});

it.each(EMBEDDINGS)('several scales of %s count alike', async (embedding) => {
  const [moved, fixed] = [normals(1, voxels(BOX)), normals(2, voxels(BOX))];
  const dimensions = (edge: number): number => ({ mass: 3, lines: edge, rows: 9, points: 4, scalars: 1 })[embedding];
  const shared = { embedding, directions: 5, axis: 0, coordinates: 0, row: 9 };
  const drawn = [3, 5].map((edge) => directionsOf(5, dimensions(edge), edge).values) as [Float32Array, Float32Array];
  const together = await using('pswd', { ...shared, patch: '3,5', stride: '2,3' }, BOX, (program) =>
    program.run(moved, fixed, { directions_0: drawn[0], directions_1: drawn[1] }),
  );
  const [fine, coarse] = await Promise.all(
    [
      { patch: 3, stride: 2, directions: drawn[0] },
      { patch: 5, stride: 3, directions: drawn[1] },
    ].map(({ patch, stride, directions }) =>
      using('pswd', { ...shared, patch, stride }, BOX, (program) => program.run(moved, fixed, { directions })),
    ),
  );
  expect(together.value).toBeCloseTo((fine!.value + coarse!.value) / 2, 5);
  expect(fine!.value / coarse!.value).not.toBeCloseTo(1, 2);
});

describe('where points or masses are equal the gradient lies between the slopes of either side', () => {
  const extent: Extent = [4, 4, 4];
  const fixed = normals(8, 64);
  const exchanged = fixed.with(0, fixed[1]!).with(1, fixed[0]!);
  const situations: Record<string, Float32Array> = {
    'moved is fixed': fixed,
    'moved is fixed but for two voxels that changed places': exchanged,
    'moved has one intensity': new Float32Array(64).fill(0.2),
  };
  it.each(
    Object.keys(situations).flatMap((situation) => EVERY_READING.map((reading) => [situation, reading] as const)),
  )('%s, %j', async (situation, reading) => {
    const moved = situations[situation]!;
    const options = { ...reading, patch: 0, directions: 20, row: 8, coordinates: 0, axis: 1 };
    await using('pswd', options, extent, async (program) => {
      const here = await program.run(moved, fixed);
      for (const seed of [31, 32, 33]) {
        const direction = normals(seed, 64);
        const slope = async (h: number): Promise<number> => {
          const at = moved.map((v, k) => v + h * direction[k]!);
          return ((await program.run(at, fixed)).value - here.value) / h;
        };
        const slopes = [await slope(5e-4), await slope(-5e-4)];
        const slack = 0.1 * Math.max(Math.hypot(...here.toMoved), ...slopes.map(Math.abs));
        const along = inner(here.toMoved, direction);
        expect(along).toBeGreaterThan(Math.min(...slopes) - slack);
        expect(along).toBeLessThan(Math.max(...slopes) + slack);
      }
    });
  });
});

describe.each<[string, Options]>([
  ['swd', {}],
  ['radon', {}],
  ['pswd', { patch: 4, stride: 2 }],
])('random directions of %s %j', (name, options) => {
  const [moved, fixed] = [normals(1, voxels(BOX)), normals(2, voxels(BOX))];
  it.each([true, false])('are drawn at each step if fresh is %s', async (fresh) => {
    await using(name, { ...options, directions: 3, fresh }, BOX, async (program) => {
      const value = async (seed: number, step: number): Promise<number> =>
        (await program.run(moved, fixed, {}, { seed, step })).value;
      const first = await value(1, 1);
      expect(await value(1, 1)).toBe(first);
      expect((await value(1, 2)) === first).toBe(!fresh);
      expect(await value(2, 1)).not.toBe(first);
    });
  });
});

describe('patches in a field of view count by their share of it', () => {
  const extent: Extent = [4, 4, 8];
  const [moved, fixed] = [normals(1, 128), normals(2, 128)];
  const part = (volume: Float32Array, patch: number): Float32Array =>
    filled(64, (k) => volume[Math.floor(k / 4) * 8 + 4 * patch + (k % 4)]!);
  it.each(EVERY_READING)('%j', async (reading) => {
    const options = { ...reading, directions: 4, row: 10, coordinates: 1 };
    const random = randomStream(40, 'shares');
    await using(
      'pswd',
      { ...options, patch: 4, stride: 4 },
      extent,
      (whole) =>
        using(
          'pswd',
          { ...options, patch: 0, stride: 1 },
          [4, 4, 4],
          async (one) => {
            for (const likely of [
              [1, 1],
              [0.8, 0.3],
              [0, 0.5],
              [0.05, 1],
            ] as const) {
              const weight = filled(128, (k) => (random.uniform() < likely[k % 8 < 4 ? 0 : 1] ? 1 : 0));
              const { value } = await whole.run(moved, fixed, {}, { weight });
              const parts = await Promise.all(
                [0, 1].map(async (patch) => {
                  const inside = part(weight, patch);
                  const alone = await one.run(part(moved, patch), part(fixed, patch), {}, { weight: inside });
                  return { value: alone.value, count: inside.reduce((a, b) => a + b) };
                }),
              );
              const count = parts.reduce((sum, p) => sum + p.count, 0);
              const expected = parts.reduce((sum, p) => sum + (p.value * p.count) / count, 0);
              expect(value / expected).toBeCloseTo(1, 4);
            }
          },
          true,
        ),
      true,
    );
  });
});

it('directions in several chunks are the mean of each alone', async () => {
  const extent: Extent = [20, 20, 20];
  const [moved, fixed] = [normals(1, 8000), normals(2, 8000)];
  const COUNT = 41;
  const { values, rows } = directionsOf(COUNT, 3);
  const together = await using('radon', { directions: COUNT, bins: 60 }, extent, (program) =>
    program.run(moved, fixed, { directions: values }),
  );
  const alone = { value: 0, toMoved: new Float32Array(8000) };
  await using('radon', { directions: 1, bins: 60 }, extent, async (program) => {
    for (const row of rows) {
      const out = await program.run(moved, fixed, { directions: row.slice() });
      alone.value += out.value / COUNT;
      for (const [k, g] of out.toMoved.entries()) alone.toMoved[k]! += g / COUNT;
    }
  });
  expect(together.value / alone.value).toBeCloseTo(1, 4);
  expect(relativeError(together.toMoved, alone.toMoved)).toBeLessThan(1e-3);
});
