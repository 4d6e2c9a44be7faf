import { describe, expect, it, vi } from 'vitest';
import { Program } from '../../src/graph/runtime.ts';
import { decodeModel, encodeModel, stagesBefore } from '../../src/network/model.ts';
import { networkGrid, type Preprocessing, prepare, preprocessingSchema } from '../../src/preparation/preprocessing.ts';
import { warpFromDisplacement } from '../../src/preparation/warpFromDisplacement.ts';
import { Registrar, register } from '../../src/registration/register.ts';
import { makePhantomCase, trueWarp } from '../../src/synthesis/phantom/phantom.ts';
import type { Grid, Vec3, Volume, Warp } from '../../src/volume/grid.ts';
import { invertWarp } from '../../src/volume/invertWarp.ts';
import {
  applyToPoint,
  applyToPoints,
  column,
  fromColumns,
  identity,
  invert,
  multiply,
  scaling,
  translation,
} from '../../src/volume/matrix.ts';
import { resampleTo } from '../../src/volume/resample.ts';
import { applyWarp, warpPoints } from '../../src/volume/warp.ts';
import { randomModel } from '../support/phantomModel.ts';

const preprocessing: Preprocessing = preprocessingSchema.parse({ pad: 32, size: 32, outside: 'edge' });

const fixedCase = makePhantomCase({ seed: 2, index: 0, size: [24, 30, 22] });
const movingCase = makePhantomCase({ seed: 2, index: 1, size: [26, 28, 24] });

function shifted<T extends Volume>(volume: T, by: Vec3): T {
  return { ...volume, affine: multiply(translation(by), volume.affine) };
}

function meanDistance(a: readonly Vec3[], b: readonly Vec3[]): number {
  return a.reduce((sum, p, i) => sum + Math.hypot(p[0] - b[i]![0], p[1] - b[i]![1], p[2] - b[i]![2]), 0) / a.length;
}

/** World points well inside a grid. */
function innerPoints({ size, affine }: Grid, margin = 5): Vec3[] {
  const points: Vec3[] = [];
  for (let k = margin; k < size[2] - margin; k += 3)
    for (let j = margin; j < size[1] - margin; j += 3)
      for (let i = margin; i < size[0] - margin; i += 3) points.push(applyToPoint(affine, [i, j, k]));
  return points;
}

describe('network grid', () => {
  it('keeps voxels where they are: sampling the padded cube copies them', () => {
    const grid = networkGrid(fixedCase.image, preprocessing);
    expect(grid.size).toEqual([32, 32, 32]);
    const back = resampleTo(resampleTo(fixedCase.image, grid), fixedCase.image);
    expect(Math.max(...back.data.map((v, i) => Math.abs(v - fixedCase.image.data[i]!)))).toBeLessThan(1e-2);
  });

  it('sees a volume the same way round however its file stores it', () => {
    const { image } = fixedCase;
    const [nx, ny, nz] = image.size;
    const flipped: Volume = {
      size: [nz, nx, ny],
      affine: multiply(image.affine, fromColumns([0, 0, -1], [1, 0, 0], [0, 1, 0], [0, 0, nz - 1])),
      data: new Float32Array(image.data.length),
    };
    for (let k = 0; k < nz; k++)
      for (let j = 0; j < ny; j++)
        for (let i = 0; i < nx; i++) flipped.data[nz - 1 - k + nz * (i + nx * j)] = image.data[i + nx * (j + ny * k)]!;
    const a = prepare('a', image, undefined, preprocessing);
    const b = prepare('b', flipped, undefined, preprocessing);
    expect(b.grid.size).toEqual(a.grid.size);
    expect(Math.max(...a.values.map((v, i) => Math.abs(v - b.values[i]!)))).toBeLessThan(1e-4);
  });

  it('has cubes for voxels where the gantry was tilted, around all of the scan', () => {
    for (const affine of [
      fromColumns([0.8, 0, 0], [0, 0.8, 0], [0, 0.9, 2.5], [5, 6, 7]),
      fromColumns([-1, 0.1, 0], [0.4, 1.3, -0.3], [0.5, 0.7, -1.9], [1, 2, 3]),
    ]) {
      const tilted: Grid = { size: [30, 40, 12], affine };
      const grid = networkGrid(tilted, preprocessing);
      const [x, y, z] = [column(grid.affine, 0), column(grid.affine, 1), column(grid.affine, 2)];
      const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
      for (const [a, b] of [
        [x, y],
        [x, z],
        [y, z],
      ] as const)
        expect(dot(a, b)).toBeCloseTo(0, 9);
      for (const axis of [x, y, z]) expect(Math.hypot(...axis)).toBeCloseTo(1, 9);
      // Right, anterior, superior.
      expect([x[0], y[1], z[2]].every((along) => along > 0.9)).toBe(true);
      for (let corner = 0; corner < 8; corner++) {
        const index = tilted.size.map((n, a) => (corner & (1 << a) ? n - 0.5 : -0.5)) as unknown as Vec3;
        const inGrid = applyToPoint(invert(grid.affine), applyToPoint(affine, index));
        inGrid.forEach((value, a) => {
          expect(value).toBeGreaterThan(-0.5 - 1e-6);
          expect(value).toBeLessThan(grid.size[a]! - 0.5 + 1e-6);
        });
      }
    }
  });

  it('grows for a volume larger than the cube', () => {
    const large: Grid = { size: [70, 20, 20], affine: scaling([1, 1, 1]) };
    expect(networkGrid(large, preprocessing).size).toEqual([72, 32, 32]);
  });

  it('crops to the box of the labels', () => {
    const crop = preprocessingSchema.parse({ crop: 'label', size: 32, margin: 0 });
    const { grid, labels } = prepare('a', fixedCase.image, fixedCase.labels, crop);
    expect(grid.size).toEqual([32, 32, 32]);
    const at = (i: number, j: number, k: number): number => labels![i + 32 * (j + 32 * k)]!;
    const faces = [0, 31].map((edge) => {
      let found = 0;
      for (let a = 0; a < 32; a++) for (let b = 0; b < 32; b++) found += Math.min(1, at(edge, a, b));
      return found;
    });
    expect(Math.min(...faces)).toBeGreaterThan(0);
    expect(() => prepare('a', fixedCase.image, undefined, crop)).toThrow(/needs the labels/);
  });
});

describe('warp from a displacement', () => {
  it('maps world points as the two grids and the displacement say', () => {
    const fixedGrid: Grid = { size: [5, 6, 7], affine: multiply(translation([3, -2, 5]), scaling([1, 2, 1.5])) };
    const movingGrid: Grid = { size: [5, 6, 7], affine: multiply(translation([-40, 10, 0]), scaling([1.1, 1.9, 1.4])) };
    const count = 5 * 6 * 7;
    const displacement = new Float32Array(3 * count);
    displacement
      .fill(0.5, 0, count)
      .fill(-1, count, 2 * count)
      .fill(2, 2 * count);
    const fixed: Grid = { size: [4, 4, 4], affine: multiply(translation([3.5, -1, 6]), scaling([0.8, 0.8, 0.8])) };
    const warp = warpFromDisplacement({ displacement, fixedGrid, movingGrid }, fixed);
    const p = applyToPoint(fixed.affine, [1, 2, 3]);
    // Voxel of the fixed grid, moved by (2, −1, ½) along x, y, z, then to the world by the moving grid.
    const v: Vec3 = [p[0] - 3 + 2, (p[1] + 2) / 2 - 1, (p[2] - 5) / 1.5 + 0.5];
    const expected = applyToPoint(movingGrid.affine, v);
    const [found] = warpPoints(warp, [p]) as [Vec3];
    expect(meanDistance([found], [expected])).toBeLessThan(1e-4);
  });
});

describe('registrar', () => {
  it('gives the same result whatever the origins of the scans', async () => {
    const model = randomModel();
    const a = await register({ fixed: fixedCase.image, moving: movingCase.image }, model);
    const far = shifted(movingCase.image, [120, -35, 60]);
    const b = await register({ fixed: shifted(fixedCase.image, [-50, 8, 9]), moving: far }, model);
    expect(Math.max(...a.moved.data.map((v, i) => Math.abs(v - b.moved.data[i]!)))).toBeLessThan(0.5);
    expect(b.moved.affine).toEqual(shifted(fixedCase.image, [-50, 8, 9]).affine);
  });

  it('writes a start that is the identity with --init world', async () => {
    const pair = { fixed: fixedCase.image, moving: movingCase.image };
    const { start } = await register(pair, randomModel(), { start: 'world' });
    expect(Math.max(...start.map((value, n) => Math.abs(value - identity[n]!)))).toBeLessThan(1e-9);
  });

  it('works on volumes whose extents are no multiple of the poolings', async () => {
    const odd = preprocessingSchema.parse({ pad: 27, size: 27, outside: 'edge' });
    const small = { fixed: makePhantomCase({ seed: 2, index: 0, size: [20, 27, 19] }).image, moving: movingCase.image };
    const { warp } = await register(small, randomModel({}, odd));
    expect(warp.size).toEqual([20, 27, 19]);
    expect(warp.data.every(Number.isFinite)).toBe(true);
  });

  it('comes back from the model file the same', async () => {
    const model = randomModel();
    const read = decodeModel(encodeModel(model), 'model.onnx');
    expect(read).toEqual(model);
  });

  it('chains models: a coarse one first, then one that refines it', async () => {
    const coarse = randomModel({}, preprocessingSchema.parse({ pad: 32, size: 16, outside: 'edge' }));
    const fine = randomModel();
    const chained = { ...fine, stages: [...stagesBefore(coarse, preprocessing), ...fine.stages] };
    expect(decodeModel(encodeModel(chained), 'model.onnx')).toEqual(chained);
    const pair = { fixed: fixedCase.image, moving: movingCase.image };
    const alone = await register(pair, coarse);
    const both = await register(pair, chained);
    // The refinement starts from the coarse result: taking the coarse displacement away leaves about what the fine one
    // adds.
    const points = innerPoints(fixedCase.image);
    const added = meanDistance(warpPoints(both.warp, points), warpPoints(alone.warp, points));
    const total = meanDistance(warpPoints(both.warp, points), applyToPoints(both.start, points));
    expect(added).toBeGreaterThan(0.1);
    expect(total).toBeGreaterThan(0.1);
    expect(() => stagesBefore(coarse, { ...preprocessing, pad: 40 })).toThrow(/pad = 32/);
  });

  it('keeps few programs for a list of pairs of many extents, and registers all of them', async () => {
    const released = vi.spyOn(Program.prototype, 'release');
    const registrar = new Registrar(randomModel({}, preprocessingSchema.parse({ crop: 'whole', size: 32 })));
    for (const length of [10, 20, 28, 36]) {
      const { image: fixed } = makePhantomCase({ seed: 2, index: 0, size: [40, length, 24] });
      expect((await registrar.register({ fixed, moving: movingCase.image })).warp.size).toEqual(fixed.size);
    }
    expect(released).toHaveBeenCalledTimes(2);
    await registrar.release();
    expect(released).toHaveBeenCalledTimes(4);
    released.mockRestore();
  });

  it('refuses a constant image', async () => {
    const flat = { ...fixedCase.image, data: new Float32Array(fixedCase.image.data.length).fill(7) };
    await expect(register({ fixed: flat, moving: movingCase.image }, randomModel())).rejects.toThrow(
      /same value everywhere/,
    );
  });

  it('has inverse warps: forward, then back, is within 0.3 voxel on average', async () => {
    const registrar = new Registrar(randomModel());
    const { warp, start } = await registrar.register({
      fixed: fixedCase.image,
      moving: shifted(movingCase.image, [30, 0, -12]),
    });
    const points = innerPoints(fixedCase.image);
    expect(meanDistance(warpPoints(warp, points), applyToPoints(start, points))).toBeGreaterThan(0.5);
    const inverse = invertWarp(warp, shifted(movingCase.image, [30, 0, -12])).warp;
    expect(meanDistance(warpPoints(inverse, warpPoints(warp, points)), points)).toBeLessThan(0.3);
    await registrar.release();
  });
});

describe("the phantom's truth as a warp", () => {
  it('aligns labels, so that the direction of warps is right', () => {
    const truth: Warp = trueWarp(fixedCase, movingCase);
    const moved = applyWarp(truth, movingCase.labels);
    const same = moved.data.filter((label, i) => label > 0 && label === fixedCase.labels.data[i]).length;
    const labelled = fixedCase.labels.data.filter((label) => label > 0).length;
    expect(same / labelled).toBeGreaterThan(0.85);
  });
});
