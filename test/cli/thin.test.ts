import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { readVolume, readWarp, writeLabels, writeVolume } from '../../src/file/volumeFile.ts';
import type { PairResult } from '../../src/outcome/pairResults.ts';
import type { Mat4, Size } from '../../src/volume/grid.ts';
import { handmadeNifti } from '../volume/handmade.ts';
import { earthmorph, expectRefusal, printed, temporaryFolder } from './support.ts';

const at = temporaryFolder();

const bump = (x: number, y: number, width: number): number => Math.exp(-(x * x + y * y) / width);
const pattern = (x: number, y: number): number =>
  100 * bump(x - 18, y - 16, 40) + 60 * bump(x - 26, y - 22, 15) + 40 * bump(x - 10, y - 24, 12);

/** A pattern in the plane across an axis, shifted by (2, −1) mm, in slices of 5 mm. */
async function writeThin(
  name: string,
  axis: number,
  slices: number,
  [dx, dy]: readonly [number, number],
): Promise<void> {
  const size = [0, 1, 2].map((a) => (a === axis ? slices : a === (axis === 0 ? 1 : 0) ? 40 : 36)) as unknown as Size;
  const affine: Mat4 = [0, 1, 2, 3].flatMap((row) => [0, 1, 2, 3].map((c) => (row !== c ? 0 : row === axis ? 5 : 1)));
  const [nx, ny, nz] = size;
  const data = Float32Array.from({ length: nx * ny * nz }, (_, n) => {
    const [x, y] = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))].filter((_index, a) => a !== axis);
    return pattern((x as number) - dx, (y as number) - dy);
  });
  await writeVolume(at(`${name}.nii.gz`), { size, affine, data });
  await writeLabels(at(`${name}_labels.nii.gz`), {
    size,
    affine,
    data: Int32Array.from(data, (v) => (v > 30 ? 1 : 0)),
  });
}

const REFINE = ['--model', 'none', '--refine', '40'];
const pair = (name: string): string[] => ['--fixed', at(`${name}_f.nii.gz`), '--moving', at(`${name}_m.nii.gz`)];
const labelsOf = (name: string): string[] => [
  '--fixed-labels',
  at(`${name}_f_labels.nii.gz`),
  '--moving-labels',
  at(`${name}_m_labels.nii.gz`),
];

beforeAll(async () => {
  for (const [name, axis, slices] of [
    ['one_z', 2, 1],
    ['one_y', 1, 1],
    ['one_x', 0, 1],
    ['two_z', 2, 2],
  ] as const) {
    await writeThin(`${name}_f`, axis, slices, [0, 0]);
    await writeThin(`${name}_m`, axis, slices, [2, -1]);
  }
});

describe('scans of one or two slices', () => {
  it.each([
    ['one_z', 0, 1],
    ['one_y', 0, 2],
    ['one_x', 1, 2],
    ['two_z', 0, 1],
  ])('are registered, and folds are left out: %s', async (name, first, second) => {
    const out = (file: string): string => at(`${name}_${file}`);
    const written = [
      '--moved',
      out('moved.nii.gz'),
      '--warp',
      out('warp.nii.gz'),
      '--inverse-warp',
      out('back.nii.gz'),
    ];
    const drawn = ['--figure', out('figure.svg'), '--report', out('report.html')];
    const args = ['register', ...pair(name), ...labelsOf(name), ...REFINE, ...written, ...drawn];
    const { code, stdout, stderr } = await earthmorph(args);
    expect(stderr).toMatch(
      /^Note: the voxels of \S+_f\.nii\.gz are too few along an axis .*, so folds are left out\.\n$/,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Registered in [\d.]+ s: Dice 0\.79\d+ → 0\.9\d+, HD95 2\.00 → 1\.00 mm\.\n(.*\n)+Inverse warp: undoes/,
    );
    const [fixed, moved] = [await readVolume(at(`${name}_f.nii.gz`)), await readVolume(out('moved.nii.gz'))];
    expect(moved.size).toEqual(fixed.size);
    // The blob moves by (2, −1) mm; displacements are LPS.
    const { data } = await readWarp(out('warp.nii.gz'));
    const count = data.length / 3;
    let peak = 0;
    for (let n = 0; n < count; n++) if (fixed.data[n]! > fixed.data[peak]!) peak = n;
    const u = [0, 1, 2].map((c) => (c < 2 ? -1 : 1) * data[c * count + peak]!);
    expect(u[first]).toBeGreaterThan(1);
    expect(u[second]).toBeLessThan(-0.3);
    expect((await readWarp(out('back.nii.gz'))).size).toEqual(fixed.size);
    expect(await readFile(out('figure.svg'), 'utf8')).not.toMatch(/NaN|Folded/);
    expect(await readFile(out('report.html'), 'utf8')).not.toContain('folded voxels');
  });

  it('are evaluated in lists, where a measure that no pair has is left out', async () => {
    await writeFile(at('pairs.csv'), 'fixed,moving\none_z_f.nii.gz,one_z_m.nii.gz\ntwo_z_f.nii.gz,two_z_m.nii.gz\n');
    const args = ['evaluate', '--pairs', at('pairs.csv'), '--data', at(), '--model', 'none', '--refine', '2', '--json'];
    const { code, stdout, stderr } = await earthmorph(args);
    expect(code).toBe(0);
    expect(stderr).toContain('of one_z_f and 1 more are too few');
    const { aggregate, pairs } = JSON.parse(stdout) as { aggregate: unknown[]; pairs: PairResult[] };
    expect(aggregate).toEqual([]);
    expect(pairs.map(({ foldedPercent }) => foldedPercent)).toEqual([null, null]);
  });

  it('have labels to measure, and no Jacobian', async () => {
    const warp = at('one_z_warp.nii.gz');
    const compared = [
      'metrics',
      '--fixed-labels',
      at('one_z_f_labels.nii.gz'),
      '--moved-labels',
      at('one_z_m_labels.nii.gz'),
    ];
    const { code, stdout, stderr } = await earthmorph([...compared, '--warp', warp, '--json']);
    expect({ code, dice: (JSON.parse(stdout) as PairResult).labels[0] }).toMatchObject({ code: 0, dice: { label: 1 } });
    expect(stderr).toMatch(/^Note: .*40×36×1 voxels, .* folds are left out\.\n$/);
    await expectRefusal(['metrics', '--warp', warp], /40×36×1 voxels, too few .*; give a warp of more slices/);
    const map = at('map.nii.gz');
    await expectRefusal(['jacobian', '--warp', warp, '--out', map], /40×36×1 voxels has no interior/, map);
  });

  it('may be pictures of two dimensions, or of four with one volume', async () => {
    for (const [name, dim] of [
      ['flat', [2, 40, 36]],
      ['four', [4, 40, 36, 1, 1]],
    ] as const) {
      for (const [which, dx, dy] of [
        ['f', 0, 0],
        ['m', 2, -1],
      ] as const) {
        const values = Array.from({ length: 40 * 36 }, (_, n) => pattern((n % 40) - dx, Math.floor(n / 40) - dy));
        await writeFile(at(`${name}_${which}.nii`), handmadeNifti({ dim, values, pixdim: [1, 1, 1, 0] }));
      }
      const moved = at(`${name}_moved.nii.gz`);
      const args = ['register', '--fixed', at(`${name}_f.nii`), '--moving', at(`${name}_m.nii`), ...REFINE];
      expect((await earthmorph([...args, '--moved', moved])).code).toBe(0);
      expect((await readVolume(moved)).size).toEqual([40, 36, 1]);
    }
  });
});

it('three slices have folds', async () => {
  await writeThin('three_f', 2, 3, [0, 0]);
  await writeThin('three_m', 2, 3, [2, -1]);
  const { foldedPercent } = await printed<PairResult>(['register', ...pair('three'), ...REFINE, '--json']);
  expect(foldedPercent).toBe(0);
});
