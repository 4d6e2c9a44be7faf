import { beforeAll, describe, expect, test } from 'vitest';
import { writeLabels, writeVolume, writeWarp } from '../../src/file/volumeFile.ts';
import type { Grid, Vec3 } from '../../src/volume/grid.ts';
import { scaling } from '../../src/volume/matrix.ts';
import { earthmorph, expectRefusal, points, printed, temporaryFolder, warpOf } from './support.ts';

interface Printed {
  labels: { label: number; dice: number; hd95: number | null }[];
  dice: number;
  hd95: number | null;
  foldedPercent: number;
  sdLogJacobian: number;
}

const grid: Grid = { size: [20, 16, 12], affine: scaling([2, 1.5, 1]) };
const at = temporaryFolder();
const labels = (rule: (p: Vec3) => number) => ({ ...grid, data: Int32Array.from(points(grid).map(rule)) });

beforeAll(async () => {
  // Label 1 is 5 voxels long, and 2 voxels (4 mm) further in the second file; label 2 is in the first file only.
  const bar = (from: number): ((p: Vec3) => number) => {
    return ([x, y, z]) => (x >= from && x < from + 10 && y >= 6 && y < 15 && z >= 3 && z < 9 ? 1 : 0);
  };
  await writeLabels(
    at('fixed.nii.gz'),
    labels((p) => bar(10)(p) || (p[0] > 34 ? 2 : 0)),
  );
  await writeLabels(at('moved.nii.gz'), labels(bar(14)));
  await writeLabels(at('other.nii.gz'), { ...labels(bar(14)), affine: scaling([2, 1.5, 1.2]) });
  await writeVolume(at('image.nii.gz'), {
    ...grid,
    data: Float32Array.from(points(grid), ([x, y]) => Math.sin(x * y)),
  });
  await writeWarp(
    at('warp.nii.gz'),
    warpOf(grid, ([x, y, z]) => [1.5 * x, y + 3, z]),
  );
});

const compare = (fixed: string, moved: string): string[] => {
  return ['metrics', '--fixed-labels', at(fixed), '--moved-labels', at(moved)];
};

describe('metrics', () => {
  test('gives Dice, HD95 in millimetres and the regularity of the warp', async () => {
    const found = await printed<Printed>([...compare('fixed.nii.gz', 'moved.nii.gz'), '--warp', at('warp.nii.gz')]);
    expect(found.labels.map(({ label }) => label)).toEqual([1, 2]);
    expect(found.labels[0]!.dice).toBeCloseTo(0.6, 6);
    expect(found.labels[0]!.hd95).toBeCloseTo(4, 6);
    expect(found.labels[1]).toEqual({ label: 2, dice: 0, hd95: null, msd: null, nsd: null });
    expect(found.dice).toBeCloseTo(0.3, 6);
    expect(found.foldedPercent).toBe(0);
    expect(found.sdLogJacobian).toBeLessThan(1e-4);
  });

  test('is perfect for a file and itself', async () => {
    const found = await printed<Printed>(compare('fixed.nii.gz', 'fixed.nii.gz'));
    expect(found).toMatchObject({ dice: 1, hd95: 0 });
  });

  test('prints a table for people', async () => {
    const { code, stdout } = await earthmorph(compare('moved.nii.gz', 'moved.nii.gz'));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /label\s+Dice\s+HD95 \(mm\)\s+MSD \(mm\)\s+NSD 1 mm\n1\s+1\.0000\s+0\.000\s+0\.000\s+1\.0000\nmean\s+1\.0000\s+0\.000\s+0\.000\s+1\.0000\n/,
    );
  });

  test('refuses labels on another grid, an image, one set alone, and nothing', async () => {
    await expectRefusal(compare('fixed.nii.gz', 'other.nii.gz'), /other\.nii\.gz .*lie differently in space/);
    await expectRefusal(compare('fixed.nii.gz', 'image.nii.gz'), /image\.nii\.gz holds fractions/);
    await expectRefusal(['metrics', '--fixed-labels', at('fixed.nii.gz')], /Give both --fixed-labels/);
    await expectRefusal(['metrics'], /Give --fixed-labels and --moved-labels, or --warp/);
  });
});
