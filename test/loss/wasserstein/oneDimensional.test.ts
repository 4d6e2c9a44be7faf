import { describe, expect, it } from 'vitest';
import { subtract, sum, type Tensor } from '../../../src/graph/index.ts';
import {
  binnedW1,
  binnedW2,
  crossingsOf,
  type Order,
  sortedDistance,
} from '../../../src/loss/wasserstein/oneDimensional.ts';
import { randomStream } from '../../../src/random.ts';
import { evaluate, type Given, withGradients } from '../../support/evaluate.ts';
import { bestAssignment, exactTransport } from '../../support/exactTransport.ts';
import { checkGradient } from '../../support/finiteDifferences.ts';

const random = randomStream(9, 'one dimension');
const normals = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal());
/** Few different values, so that many are equal. */
const levels = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.integer(3));
const ORDERS = [1, 2] as const;

async function sorted(moved: Given, fixed: Given, order: Order): Promise<number[]> {
  const out = await evaluate([moved, fixed], (x, y) => ({ each: sortedDistance(x!, y!, order) }));
  return [...out.each];
}

describe.each(ORDERS)('points on lines, p = %i', (order) => {
  const uniform = (n: number): number[] => Array.from({ length: n }, () => 1 / n);

  it.each([
    ['different', normals],
    ['many equal', levels],
  ])('cost the cheapest of all assignments: %s', async (_, values) => {
    const [x, y] = [values(4 * 6), values(4 * 6)];
    const found = await sorted({ shape: [4, 6], values: x }, { shape: [4, 6], values: y }, order);
    expect(found).toHaveLength(4);
    found.forEach((value, line) => {
      const row = (all: Float32Array): number[] => [...all.subarray(6 * line, 6 * line + 6)];
      expect(value).toBeCloseTo(bestAssignment(row(x), row(y), order), 5);
    });
  });

  it.each([1, 2, 37, 500])('cost the exact transport: %i points', async (n) => {
    const [x, y] = [normals(n), normals(n).map((v) => 2 * v + 0.3)];
    const exact = exactTransport({ at: x, mass: uniform(n) }, { at: y, mass: uniform(n) }, order);
    const [found] = await sorted({ shape: [1, n], values: x }, { shape: [1, n], values: y }, order);
    expect(found! / exact).toBeCloseTo(1, 4);
  });

  it('cost nothing in another order', async () => {
    const x = normals(40);
    const [found] = await sorted({ shape: [1, 40], values: x }, { shape: [1, 40], values: x.toReversed() }, order);
    expect(found).toBe(0);
  });

  it.each<[string, (x: Tensor, y: Tensor) => Tensor]>([
    ['moved', (x, y) => sortedDistance(x, y, order)],
    ['fixed', (x, y) => sortedDistance(y, x, order)],
  ])('have the gradient of central differences to the %s side', async (_, each) => {
    const other = normals(24);
    const deviation = await checkGradient({
      inputs: [[3, 8]],
      build: (x) => each(x!, x!.graph.constant(other, [3, 8])),
      step: 1e-3,
    });
    expect(deviation).toBeLessThan(1e-2);
  });
});

describe.each(ORDERS)('where points are equal, p = %i', (order) => {
  it.each([
    ['moved points on one another', [0.5, 0.5, 0.5, 0.5], [-1, 0, 1, 2]],
    ['all in place', [-1, 0, 1, 2], [-1, 0, 1, 2]],
    ['some in place', [-1, 0, 1.5, 3], [-1, 0, 1, 2]],
    ['fixed points on one another', [-1, 0, 1, 2], [0.5, 0.5, 0.5, 0.5]],
  ])('the gradient lies between the slopes from either side: %s', async (_, moved, fixed) => {
    const at = (values: readonly number[]): Promise<{ value: number; toInputs: Float32Array[] }> =>
      withGradients(
        [
          { shape: [1, 4], values },
          { shape: [1, 4], values: fixed },
        ],
        (x, y) => sum(sortedDistance(x!, y!, order)),
      );
    const here = await at(moved);
    const step = 1e-3;
    for (let k = 0; k < 4; k++) {
      const slope = async (h: number): Promise<number> =>
        ((await at(moved.with(k, moved[k]! + h))).value - here.value) / h;
      const slopes = [await slope(step), await slope(-step)];
      expect(here.toInputs[0]?.[k]).toBeGreaterThanOrEqual(Math.min(...slopes) - 1e-3);
      expect(here.toInputs[0]?.[k]).toBeLessThanOrEqual(Math.max(...slopes) + 1e-3);
    }
  });
});

/** Measures with random masses on bins; some bins are empty where `empty` is positive. */
function measures(count: number, bins: number, total = 1, empty = 0.3): number[][] {
  return Array.from({ length: count }, () => {
    const mass = Array.from({ length: bins }, () => Math.max(0, random.uniform() - empty));
    mass[random.integer(bins)]! += 0.1;
    const all = mass.reduce((a, b) => a + b);
    return mass.map((m) => (m * total) / all);
  });
}

/** Their distribution functions, without the last bin's. */
function distributions(rows: readonly number[][]): Given {
  const values = rows.flatMap((mass) => {
    let below = 0;
    return mass.slice(0, -1).map((m) => (below += m));
  });
  return { shape: [rows.length, rows[0]!.length - 1], values };
}

const BINNED = {
  1: (x: Tensor, y: Tensor, width: number) => binnedW1(subtract(x, y), width),
  2: (x: Tensor, y: Tensor, width: number) => binnedW2(x, y, width, crossingsOf(x.shape[1] as number)),
};

describe.each(ORDERS)('measures on bins, p = %i', (order) => {
  const WIDTH = 0.37;
  const total = async (a: readonly number[][], b: readonly number[][]): Promise<number> => {
    const out = await evaluate([distributions(a), distributions(b)], (x, y) => ({ all: BINNED[order](x!, y!, WIDTH) }));
    return out.all[0] as number;
  };

  it.each([
    [1, 2, 1],
    [3, 3, 1],
    [5, 16, 1],
    [2, 50, 1],
    [3, 12, 0.2],
  ])('cost the exact transport: %i of %i bins and mass %f', async (count, bins, mass) => {
    const [a, b] = [measures(count, bins, mass), measures(count, bins, mass)];
    const at = Array.from({ length: bins }, (_, k) => k * WIDTH);
    const exact = a.reduce((sum, row, k) => sum + exactTransport({ at, mass: row }, { at, mass: b[k]! }, order), 0);
    expect((await total(a, b)) / exact).toBeCloseTo(1, 4);
  });

  it('cost nothing where they are equal', async () => {
    const a = measures(4, 16);
    expect(await total(a, a)).toBeCloseTo(0, 6);
  });

  it('cost the same the other way', async () => {
    const [a, b] = [measures(4, 16), measures(4, 16)];
    expect((await total(a, b)) / (await total(b, a))).toBeCloseTo(1, 5);
  });

  it('cost the distance to the power p where all mass moves by it', async () => {
    const one = (at: number): number[][] => [Array.from({ length: 10 }, (_, k) => (k === at ? 1 : 0))];
    expect(await total(one(2), one(8))).toBeCloseTo((6 * WIDTH) ** order, 5);
  });

  it('have the gradient of central differences, to both sides', async () => {
    const [a, b] = [measures(3, 12, 1, 0), measures(3, 12, 1, 0)].map(distributions);
    const deviation = await checkGradient({
      inputs: [a!.shape, b!.shape],
      build: (x, y) => BINNED[order](x!, y!, WIDTH),
      values: [Float32Array.from(a!.values), Float32Array.from(b!.values)],
      step: 3e-4,
    });
    expect(deviation).toBeLessThan(1e-2);
  });
});
