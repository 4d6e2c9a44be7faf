import { beforeAll, describe, expect, test } from 'vitest';
import { readVolume, writeWarp } from '../../src/file/volumeFile.ts';
import { sameGrid } from '../../src/volume/checks.ts';
import type { Grid, Vec3 } from '../../src/volume/grid.ts';
import { multiply, scaling, translation } from '../../src/volume/matrix.ts';
import { earthmorph, expectRefusal, points, printed, temporaryFolder, warpOf } from './support.ts';

interface Printed {
  foldedPercent: number;
  min: number;
  max: number;
  sdLogJacobian: number;
}

const grid: Grid = { size: [9, 8, 7], affine: multiply(translation([12, -10, 3]), scaling([-1.5, 2, 2.5])) };
const at = temporaryFolder();
const maps: Record<string, (p: Vec3) => Vec3> = {
  scaled: ([x, y, z]) => [1.1 * x, 0.9 * y, 1.2 * z],
  // Central differences of a square are exact: the determinant is 1 + 0.04 x.
  growing: ([x, y, z]) => [x + 0.02 * x * x, y, z],
  mirrored: ([x, y, z]) => [-x, y, z],
};

beforeAll(async () => {
  for (const [name, map] of Object.entries(maps)) await writeWarp(at(`${name}.nii.gz`), warpOf(grid, map));
  await writeWarp(
    at('thin.nii.gz'),
    warpOf({ ...grid, size: [9, 8, 2] }, (p) => p),
  );
});

const jacobian = (name: string, out: string): string[] => ['jacobian', '--warp', at(`${name}.nii.gz`), '--out', out];

describe('jacobian', () => {
  test('of a scaling is the product of its factors, at the border too', async () => {
    const found = await printed<Printed>(jacobian('scaled', at('scaled-map.nii.gz')));
    const volume = 1.1 * 0.9 * 1.2;
    expect(found.min).toBeCloseTo(volume, 4);
    expect(found.max).toBeCloseTo(volume, 4);
    expect(found.foldedPercent).toBe(0);
    expect(found.sdLogJacobian).toBeLessThan(1e-4);
    const map = await readVolume(at('scaled-map.nii.gz'));
    expect(sameGrid(map, grid)).toBe(true);
    for (const value of map.data) expect(value).toBeCloseTo(volume, 4);
  });

  test('follows the place, and the border takes the nearest voxel inside', async () => {
    const found = await printed<Printed>(jacobian('growing', at('growing-map.nii.gz')));
    const map = await readVolume(at('growing-map.nii.gz'));
    const inside = (x: number): number => Math.min(Math.max(x, 12 - 7 * 1.5), 12 - 1.5);
    for (const [n, [x]] of points(grid).entries()) expect(map.data[n]).toBeCloseTo(1 + 0.04 * inside(x), 4);
    expect(found.min).toBeCloseTo(1 + 0.04 * 1.5, 4);
    expect(found.max).toBeCloseTo(1 + 0.04 * 10.5, 4);
    const logs = [1, 2, 3, 4, 5, 6, 7].map((i) => Math.log(1 + 0.04 * 1.5 * i));
    const mean = logs.reduce((a, b) => a + b) / 7;
    expect(found.sdLogJacobian).toBeCloseTo(Math.sqrt(logs.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 7), 4);
  });

  test('writes the natural logarithm with --log', async () => {
    await printed(jacobian('growing', at('log-map.nii')).concat('--log'));
    const [plain, log] = [await readVolume(at('growing-map.nii.gz')), await readVolume(at('log-map.nii'))];
    for (const [n, value] of log.data.entries()) expect(value).toBeCloseTo(Math.log(plain.data[n]!), 5);
  });

  test('counts folds, and their logarithm stays finite', async () => {
    const found = await printed<Printed>(jacobian('mirrored', at('mirrored-map.nii.gz')).concat('--log'));
    expect(found.foldedPercent).toBe(100);
    expect(found.min).toBeCloseTo(-1, 5);
    for (const value of (await readVolume(at('mirrored-map.nii.gz'))).data)
      expect(value).toBeCloseTo(Math.log(1e-9), 4);
  });

  test('prints a line for people', async () => {
    const { code, stdout } = await earthmorph(jacobian('scaled', at('again.nii.gz')));
    expect(code).toBe(0);
    expect(stdout).toBe(
      `folded voxels 0.0000 %, determinant 1.1880 to 1.1880, SD of log Jacobian 0.0000\nWrote ${at('again.nii.gz')}.\n`,
    );
  });

  test('refuses a warp without an inside, and an output that cannot be written', async () => {
    const out = at('refused.nii.gz');
    await expectRefusal(jacobian('thin', out), /9×8×2 voxels has no interior/, out);
    const under = at('scaled.nii.gz', 'map.nii.gz');
    await expectRefusal(jacobian('scaled', under), /cannot be written \(a part of the path is a file/, under);
  });
});
