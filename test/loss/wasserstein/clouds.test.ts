import { describe, expect, it } from 'vitest';
import { elementCount } from '../../../src/graph/index.ts';
import { type CloudOptions, cloudShape, cloudsOf } from '../../../src/loss/wasserstein/clouds.ts';
import { randomStream } from '../../../src/random.ts';
import { evaluate } from '../../support/evaluate.ts';
import { checkGradient } from '../../support/finiteDifferences.ts';

const DEFAULTS: CloudOptions = { embedding: 'lines', coordinates: 60, intensity: 1, row: 50 };
const SETS = 2;
type Axis = 0 | 1 | 2;
type Extent = readonly [number, number, number];

const coordinate = (at: number, length: number): number => (length === 1 ? 0 : (2 * at) / (length - 1) - 1);
const steps = (length: number): number[] => Array.from({ length }, (_, k) => k);

/** The points of one box, voxel by voxel and without a graph. */
function expectedPoints(voxel: (at: Extent) => number, extent: Extent, options: CloudOptions, axis: Axis): number[][] {
  const [nz, ny, nx] = extent;
  const all = steps(nz).flatMap((z) => steps(ny).flatMap((y) => steps(nx).map((x) => [z, y, x] as const)));
  switch (options.embedding) {
    case 'scalars':
      return all.map((at) => [voxel(at)]);
    case 'points':
      return all.map((at) => [...at.map((k, a) => coordinate(k, extent[a]!)), options.intensity * voxel(at)]);
    case 'rows': {
      const flat = all.map(voxel);
      const length = Math.min(options.row, flat.length);
      return steps(Math.floor(flat.length / length)).map((r) => flat.slice(r * length, (r + 1) * length));
    }
    case 'lines': {
      const across = ([0, 1, 2] as const).filter((a) => a !== axis) as [Axis, Axis];
      return all
        .filter((at) => at[axis] === 0)
        .map((at) => [
          ...steps(extent[axis]).map((k) => voxel(at.with(axis, k) as unknown as Extent)),
          ...(options.coordinates > 0 ? across.map((a) => options.coordinates * coordinate(at[a], extent[a])) : []),
        ]);
    }
  }
}

const CUBE = [3, 3, 3] as const;
const BOX = [2, 3, 4] as const;
describe.each<[Partial<CloudOptions> & Pick<CloudOptions, 'embedding'>, Extent, Axis]>([
  [{ embedding: 'lines' }, BOX, 0],
  [{ embedding: 'lines', coordinates: 10 }, BOX, 1],
  [{ embedding: 'lines', coordinates: 0.5 }, BOX, 2],
  [{ embedding: 'lines', coordinates: 0 }, BOX, 1],
  [{ embedding: 'lines' }, [1, 3, 2], 0],
  [{ embedding: 'lines' }, [1, 3, 2], 1],
  [{ embedding: 'rows', row: 6 }, BOX, 0],
  [{ embedding: 'rows', row: 7 }, BOX, 0],
  [{ embedding: 'rows', row: 50 }, BOX, 0],
  [{ embedding: 'rows', row: 1 }, BOX, 0],
  [{ embedding: 'points' }, BOX, 0],
  [{ embedding: 'points', intensity: 0.3 }, [1, 3, 2], 0],
  [{ embedding: 'scalars' }, BOX, 0],
])('%j of a box of %j along axis %i', (given, extent, axis) => {
  const options = { ...DEFAULTS, ...given };
  const shape = [SETS, ...extent];
  const count = elementCount(extent);
  const values = steps(SETS * count).map((k) => k + 1);
  const expected = steps(SETS).map((set) =>
    expectedPoints(([z, y, x]) => values[set * count + (z * extent[1] + y) * extent[2] + x]!, extent, options, axis),
  );

  it('has the points of each box in its columns', async () => {
    let found = { sets: 0, size: 0, rows: 0 };
    const { points } = await evaluate([{ shape, values }], (x) => {
      const cloud = cloudsOf(x!, options, axis);
      found = { sets: cloud.sets, size: cloud.size, rows: cloud.points.shape[0]! };
      expect(cloud.points.shape).toEqual([found.rows, found.sets * found.size]);
      return { points: cloud.points };
    });
    const { size, dimensions } = cloudShape(extent, options, axis);
    expect(found).toEqual({ sets: SETS, size, rows: dimensions });
    expect([size, dimensions]).toEqual([expected[0]!.length, expected[0]![0]!.length]);
    const columns = expected.flat();
    columns.forEach((column, k) => {
      column.forEach((value, row) => {
        expect(points[row * columns.length + k]).toBeCloseTo(value, 4);
      });
    });
  });

  it('has the gradient of central differences', async () => {
    const deviation = await checkGradient({ inputs: [shape], build: (x) => cloudsOf(x!, options, axis).points });
    expect(deviation).toBeLessThan(5e-3);
  });
});

it.each([0, 1, 2] as const)('the scan axis %i of a cube can be chosen by weights', async (axis) => {
  const random = randomStream(10, 'clouds');
  const given = [
    { shape: [SETS, ...CUBE], values: steps(SETS * 27).map(() => random.normal()) },
    { shape: [3], values: [0, 0, 0].with(axis, 1) },
  ];
  const { chosen, told } = await evaluate(given, (x, weights) => ({
    chosen: cloudsOf(x!, DEFAULTS, weights!).points,
    told: cloudsOf(x!, DEFAULTS, axis).points,
  }));
  expect(chosen).toEqual(told);
});
