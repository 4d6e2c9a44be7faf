import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/random.ts';
import { generate } from '../../../src/synthesis/generator.ts';
import { makePhantomCase, type PhantomCase, truePoint, trueWarp } from '../../../src/synthesis/phantom/phantom.ts';
import { makePhantomAtlas } from '../../../src/synthesis/phantom/phantomAtlas.ts';
import { phantoms } from '../../../src/synthesis/phantom/phantomDataset.ts';
import type { Grid, Labels, Vec3 } from '../../../src/volume/grid.ts';
import { applyToPoint, invert } from '../../../src/volume/matrix.ts';
import { applyWarp } from '../../../src/volume/warp.ts';

const SEED = 11;
const atlas = makePhantomAtlas(SEED);
const cases = Array.from({ length: 8 }, (_, index) => makePhantomCase({ seed: SEED, index, atlas }));
const [a, b] = cases as [PhantomCase, PhantomCase];

function distance(p: Vec3, q: Vec3): number {
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function voxels({ size, affine }: Grid): Vec3[] {
  const points: Vec3[] = [];
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++) for (let i = 0; i < size[0]; i++) points.push(applyToPoint(affine, [i, j, k]));
  return points;
}

/** Trilinear value of f(data) at a world point, undefined outside the grid. */
function sampler({ size, affine, data }: Grid & { data: ArrayLike<number> }, f = (value: number) => value) {
  const inverse = invert(affine);
  return (point: Vec3): number | undefined => {
    const [x, y, z] = applyToPoint(inverse, point);
    const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)];
    if (i < 0 || j < 0 || k < 0 || i + 1 >= size[0] || j + 1 >= size[1] || k + 1 >= size[2]) return undefined;
    let sum = 0;
    for (let corner = 0; corner < 8; corner++) {
      const [di, dj, dk] = [corner & 1, (corner >> 1) & 1, corner >> 2];
      const weight = (di ? x - i : 1 - x + i) * (dj ? y - j : 1 - y + j) * (dk ? z - k : 1 - z + k);
      sum += weight * f(data[i + di + size[0] * (j + dj + size[1] * (k + dk))]!);
    }
    return sum;
  };
}

/** Dice of one label between the fixed labels and the moving ones seen through a map of world points. */
function dice(label: number, fixed: Labels, moving: Labels, map: (point: Vec3, voxel: number) => Vec3): number {
  const membership = sampler(moving, (value) => (value === label ? 1 : 0));
  let [both, either] = [0, 0];
  voxels(fixed).forEach((point, voxel) => {
    const inFixed = fixed.data[voxel] === label ? 1 : 0;
    const inMoved = (membership(map(point, voxel)) ?? 0) >= 0.5 ? 1 : 0;
    both += inFixed * inMoved;
    either += inFixed + inMoved;
  });
  return (2 * both) / either;
}

/** Correlation of what is at the points of the fixed grid with the moving image seen through a map. */
function correlation(fixed: PhantomCase, moving: PhantomCase, map: (point: Vec3, voxel: number) => Vec3): number {
  const sample = sampler(moving.image);
  const pairs = voxels(fixed.image).flatMap((point, voxel) => {
    const value = sample(map(point, voxel));
    return value === undefined ? [] : [[fixed.image.data[voxel]!, value] as const];
  });
  const [mx, my] = [mean(pairs.map(([x]) => x)), mean(pairs.map(([, y]) => y))];
  const [xy, xx, yy] = [
    mean(pairs.map(([x, y]) => (x - mx) * (y - my))),
    mean(pairs.map(([x]) => (x - mx) ** 2)),
    mean(pairs.map(([, y]) => (y - my) ** 2)),
  ];
  return xy / Math.sqrt(xx * yy);
}

describe('the true map of a phantom', () => {
  it('maps landmarks to the atlas to 1e-4 mm', () => {
    for (const { landmarks, map } of cases) {
      const off = landmarks.map((point, i) => distance(map.toAtlas(point), atlas.landmarks[i]!));
      expect(Math.max(...off)).toBeLessThan(1e-4);
    }
  });

  it('is undone by its inverse', () => {
    const random = randomStream(1, 'test');
    const draw = (): number => 60 * (random.uniform() - 0.5);
    for (const { map } of cases) {
      for (let n = 0; n < 50; n++) {
        const point: Vec3 = [draw(), draw(), draw()];
        expect(distance(map.fromAtlas(map.toAtlas(point)), point)).toBeLessThan(1e-4);
      }
    }
  });

  it('is the same along a line as at each point', () => {
    const along = a.map.toAtlasAlongX(-7.3, 4.1);
    for (const x of [-40.2, -3, 0, 11.7]) expect(distance(along(x), a.map.toAtlas([x, -7.3, 4.1]))).toBeLessThan(1e-10);
  });

  it('has no fold', () => {
    for (const { image, map } of cases) {
      for (const point of voxels({
        ...image,
        size: [12, 16, 10],
        affine: [3, 0, 0, -18, 0, 3, 0, -24, 0, 0, 3, -15, 0, 0, 0, 1],
      })) {
        expect(map.jacobianDeterminant(point)).toBeGreaterThan(0.1);
      }
    }
  });

  it('has the Jacobian of its own differences', () => {
    const point: Vec3 = [3.2, -7.1, 4.4];
    const step = 1e-4;
    const columns = [0, 1, 2].map((axis) => {
      const [plus, minus] = [step, -step].map((h) => {
        const moved = point.map((value, i) => (i === axis ? value + h : value));
        return a.map.toAtlas([moved[0]!, moved[1]!, moved[2]!]);
      }) as [Vec3, Vec3];
      return plus.map((value, i) => (value - minus[i]!) / (2 * step));
    }) as [number[], number[], number[]];
    const [u, v, w] = columns;
    const determinant =
      u[0]! * (v[1]! * w[2]! - v[2]! * w[1]!) -
      v[0]! * (u[1]! * w[2]! - u[2]! * w[1]!) +
      w[0]! * (u[1]! * v[2]! - u[2]! * v[1]!);
    expect(a.map.jacobianDeterminant(point)).toBeCloseTo(determinant, 6);
  });

  it('carries landmarks from case to case', () => {
    const off = a.landmarks.map((point, i) => distance(truePoint(a, b, point), b.landmarks[i]!));
    expect(Math.max(...off)).toBeLessThan(1e-4);
  });
});

describe('a phantom case', () => {
  it('is the same again for the same seed and index, whatever its atlas object', () => {
    expect(makePhantomCase({ seed: SEED, index: 1 })).toEqual(b);
    expect(makePhantomCase({ seed: SEED + 1, index: 1 }).image.data).not.toEqual(b.image.data);
  });

  it('resembles the hippocampus data: sizes, both parts, landmarks inside', () => {
    for (const { image, labels, landmarks } of cases) {
      expect(image.data.every(Number.isFinite)).toBe(true);
      for (const [axis, [least, most]] of [
        [24, 50],
        [38, 72],
        [20, 50],
      ].entries()) {
        expect(image.size[axis]).toBeGreaterThanOrEqual(least!);
        expect(image.size[axis]).toBeLessThanOrEqual(most!);
      }
      const volumes = [1, 2].map((label) => labels.data.filter((value) => value === label).length);
      for (const volume of volumes) {
        expect(volume).toBeGreaterThan(500);
        expect(volume).toBeLessThan(3500);
      }
      const inside = sampler(image);
      expect(landmarks.every((point) => inside(point) !== undefined)).toBe(true);
      // Nothing of the structure is cut off by the crop.
      const structure = voxels(image).filter((_, voxel) => labels.data[voxel] !== 0);
      expect(structure.every((point) => inside(point) !== undefined)).toBe(true);
    }
    expect(new Set(cases.map(({ image }) => image.size.join())).size).toBeGreaterThan(5);
  });

  it('is misaligned with the others about as hippocampi are', () => {
    const pairs = cases.slice(1).map((moving, i) => [cases[i]!, moving] as const);
    const unregistered = mean(
      pairs.flatMap(([fixed, moving]) =>
        [1, 2].map((label) => dice(label, fixed.labels, moving.labels, (point) => point)),
      ),
    );
    expect(unregistered).toBeGreaterThan(0.45);
    expect(unregistered).toBeLessThan(0.7);
    const error = mean(
      pairs.flatMap(([fixed, moving]) => fixed.landmarks.map((point, i) => distance(point, moving.landmarks[i]!))),
    );
    expect(error).toBeGreaterThan(2.5);
    expect(error).toBeLessThan(4.5);
  });

  it('matches another one through the true warp', () => {
    const warp = trueWarp(a, b);
    const { data } = warp;
    const count = a.image.data.length;
    const through = ([x, y, z]: Vec3, voxel: number): Vec3 => [
      x - data[voxel]!,
      y - data[count + voxel]!,
      z + data[2 * count + voxel]!,
    ];
    for (const label of [1, 2]) expect(dice(label, a.labels, b.labels, through)).toBeGreaterThan(0.94);
    expect(correlation(a, b, through)).toBeGreaterThan(0.93);
    const identity = (point: Vec3): Vec3 => point;
    expect(correlation(a, b, identity)).toBeLessThan(0.82);
    // The program's own way of applying a warp follows the same convention.
    const sample = sampler(b.image);
    const moved = applyWarp(warp, b.image);
    let seen = 0;
    const off = voxels(a.image).map((point, voxel) => {
      const expected = sample(through(point, voxel));
      if (expected !== undefined) seen++;
      return expected === undefined ? 0 : Math.abs(moved.data[voxel]! - expected) / (expected + 1);
    });
    expect(Math.max(...off)).toBeLessThan(1e-3);
    expect(seen).toBeGreaterThan(moved.data.length / 2);
  });

  it('comes in any size and spacing, with the same anatomy in the world', () => {
    const fine = makePhantomCase({ seed: SEED, index: 0, size: [10, 12, 9], spacing: [2, 2.5, 3], atlas });
    expect(fine.image.size).toEqual([10, 12, 9]);
    expect(fine.landmarks).toEqual(a.landmarks);
    const label = sampler(a.labels, (value) => (value > 0 ? 1 : 0));
    const compared: [number, number] = [0, 0];
    voxels(fine.labels).forEach((point, voxel) => {
      const membership = label(point);
      if (membership !== 0 && membership !== 1) return;
      compared[membership]++;
      expect(fine.labels.data[voxel]! > 0).toBe(membership === 1);
    });
    expect(Math.min(...compared)).toBeGreaterThan(10);
    expect(() => makePhantomCase({ seed: 1, index: 0, size: [0, 4, 4] })).toThrow(
      'A phantom of 0×4×4 voxels is not possible: give three whole numbers above 0.',
    );
    expect(() => makePhantomCase({ seed: 1, index: 0, spacing: [1, 1, -1] })).toThrow(
      'A phantom with a spacing of 1×1×-1 mm is not possible: give three lengths above 0.',
    );
  });
});

describe('a data set of phantoms', () => {
  it('has the layout of the Decathlon, and says last that it is synthetic', async () => {
    const paths: string[] = [];
    const texts = new Map<string, string>();
    const keep = async (path: string): Promise<void> => void paths.push(path);
    const writer = {
      image: keep,
      labels: keep,
      warp: keep,
      async text(path: string, content: string) {
        paths.push(path);
        texts.set(path, content);
      },
    };
    const steps: string[] = [];
    const settings = { seed: SEED, cases: 2, size: [8, 8, 8] };
    const onProgress = (done: number, total: number): void => void steps.push(`${done}/${total}`);
    await generate(phantoms, settings, { writer, onProgress });
    expect(paths).toEqual([
      'imagesTr/phantom_001.nii.gz',
      'labelsTr/phantom_001.nii.gz',
      'landmarksTr/phantom_001.csv',
      'imagesTr/phantom_002.nii.gz',
      'labelsTr/phantom_002.nii.gz',
      'landmarksTr/phantom_002.csv',
      'dataset.json',
      'synthetic.json',
    ]);
    expect(steps).toEqual(['1/2', '2/2']);
    const rows = texts.get('landmarksTr/phantom_002.csv')!.trimEnd().split('\n');
    expect(rows[0]).toBe('x,y,z');
    const written = rows.slice(1).map((row) => row.split(',').map(Number));
    const off = written.map((point, i) => distance(point as unknown as Vec3, b.landmarks[i]!));
    expect(Math.max(...off)).toBeLessThan(1e-3);
    expect(JSON.parse(texts.get('dataset.json')!).training[1]).toEqual({
      image: './imagesTr/phantom_002.nii.gz',
      label: './labelsTr/phantom_002.nii.gz',
    });
    expect(JSON.parse(texts.get('synthetic.json')!)).toEqual({
      synthetic: true,
      ...phantoms.synthetic({ ...settings, size: [8, 8, 8], spacing: 1 }),
      generator: 'phantom',
      settings: { ...settings, spacing: 1 },
    });
  });
});
