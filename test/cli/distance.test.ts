import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { readVolume, writeVolume } from '../../src/file/volumeFile.ts';
import type { Grid, Vec3 } from '../../src/volume/grid.ts';
import { scaling } from '../../src/volume/matrix.ts';
import { handmadeNifti } from '../volume/handmade.ts';
import { earthmorph, expectRefusal, points, printed, temporaryFolder } from './support.ts';

interface Printed {
  loss: string;
  options: Record<string, unknown>;
  filter: Record<string, unknown> | null;
  normalise: string;
  seed: number;
  value: number;
  unit: string | null;
  unitVoxels: number | null;
  sampling: { draws: number; mean: number; standardError: number } | null;
  seconds: number;
}

const grid: Grid = { size: [20, 16, 18], affine: scaling([1, 1.5, 1]) };
const at = temporaryFolder();
const a = (): string => at('a.nii.gz');
const b = (): string => at('b.nii.gz');
const distance = (...args: string[]): string[] => ['distance', ...args];

beforeAll(async () => {
  const image = (f: (p: Vec3) => number) => ({ ...grid, data: Float32Array.from(points(grid), f) });
  const wave = ([x, y, z]: Vec3): number => Math.sin(x / 3) + Math.cos(y / 4) * Math.sin(z / 5);
  await writeVolume(a(), image(wave));
  await writeVolume(
    b(),
    image(([x, y, z]) => wave([x + 1, y, z])),
  );
  await writeVolume(
    at('scaled.nii.gz'),
    image((p) => 3 * wave(p) + 100),
  );
  await writeVolume(
    at('inverted.nii.gz'),
    image((p) => 10 - 3 * wave(p)),
  );
  await writeVolume(at('elsewhere.nii.gz'), { ...image(wave), affine: scaling([1, 1.5, 1.2]) });
  await writeVolume(at('small.nii.gz'), { ...grid, size: [8, 8, 8], data: new Float32Array(512).map(Math.sin) });
  await writeFile(at('nan.nii'), handmadeNifti({ values: [1, Number.NaN, 3, 4, 5, 6, 7, 8] }));
  await writeFile(at('cut.nii.gz'), (await readFile(a())).subarray(0, 300));
});

describe('distance', () => {
  test.each(['mse', 'swd', 'radon', 'pswd'])('%s is 0 between a scan and itself', async (loss) => {
    const few = loss === 'mse' ? [] : ['--loss-option', 'directions=8'];
    const found = await printed<Printed>(distance('--loss', loss, ...few, a(), a()));
    expect(found).toMatchObject({ loss, normalise: 'zscore', seed: 1 });
    expect(Math.abs(found.value)).toBeLessThan(1e-6);
  });

  test('mse has the value that the intensities say, and no sampling error', async () => {
    const raw = await printed<Printed>(distance('--loss', 'mse', '--normalise', 'none', a(), b()));
    const [dataA, dataB] = [(await readVolume(a())).data, (await readVolume(b())).data];
    const expected = dataA.reduce((sum, value, n) => sum + (value - dataB[n]!) ** 2, 0) / dataA.length;
    expect(raw.value).toBeCloseTo(expected, 5);
    expect(raw).toMatchObject({ options: {}, unit: 'squared intensity', unitVoxels: null, sampling: null });
  });

  test('z-scores, so that brightness and contrast do not matter, unless intensities are taken as they are', async () => {
    const scored = await printed<Printed>(distance('--loss', 'mse', a(), at('scaled.nii.gz')));
    expect(scored.value).toBeLessThan(1e-6);
    const raw = await printed<Printed>(distance('--loss', 'mse', '--normalise', 'none', a(), at('scaled.nii.gz')));
    expect(raw.value).toBeGreaterThan(1000);
  });

  test('gives all options of the loss, the unit, and the error of drawing directions', async () => {
    const args = ['--loss-option', 'patch=7', '--loss-option', 'directions=10', a(), b()];
    const found = await printed<Printed>(distance(...args));
    expect(found.options).toMatchObject({ patch: [7], stride: [3], embedding: 'mass', bins: 16, directions: 10 });
    expect(found).toMatchObject({ loss: 'pswd', unit: 'half edge lengths of a patch', unitVoxels: 3 });
    expect(found.sampling!.draws).toBe(4);
    expect(found.sampling!.standardError).toBeGreaterThan(0);
    expect(Math.abs(found.sampling!.mean - found.value)).toBeLessThan(10 * found.sampling!.standardError);
    // The draws are those of the seeds that follow.
    const values = [];
    for (const seed of ['1', '2', '3', '4'])
      values.push((await printed<Printed>(distance('--seed', seed, '--draws', '1', ...args))).value);
    expect(values[0]).toBe(found.value);
    expect(values.reduce((sum, value) => sum + value, 0) / 4).toBeCloseTo(found.sampling!.mean, 12);
  });

  test('compares the scans behind a filter, and says so', async () => {
    const args = distance('--loss', 'mse', '--loss-option', 'filter=gradient', a(), at('inverted.nii.gz'));
    const found = await printed<Printed>(args);
    expect(found.value).toBeLessThan(1e-4);
    expect(found.filter).toEqual({ name: 'gradient', filterSigma: 1 });
    expect((await printed<Printed>(distance('--loss', 'mse', a(), at('inverted.nii.gz')))).value).toBeGreaterThan(1);
    expect((await earthmorph(args)).stdout).toContain('On z-scored intensities, through the filter "gradient".');
    const figure = at('behind.svg');
    const few = ['--loss-option', 'directions=4', '--loss-option', 'filter=edge', '--draws', '1'];
    expect((await earthmorph(distance(...few, a(), b(), '--profile', figure))).code).toBe(0);
    expect(await readFile(figure, 'utf8')).toContain('filter');
  });

  test('prints a sentence for people', async () => {
    const { code, stdout } = await earthmorph(distance('--loss', 'pswd', '--loss-option', 'directions=10', a(), b()));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^pswd = \d+\.\d+ ± \d+\.\d+ voxels \(0\.\d+ half edge lengths of a patch\)\nOn z-scored intensities\. Mean ± standard error over 4 draws of random directions, seeds 1 to 4\.\n$/,
    );
  });

  test('has help with an example', async () => {
    const { code, stdout } = await earthmorph(['distance', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples:\n {2}earthmorph distance/);
    expect(stdout).toMatch(/z-scored/);
  });
});

describe('distance --profile', () => {
  test('draws an SVG, or a PNG', async () => {
    const args = distance('--loss-option', 'directions=6', '--draws', '1', a(), b());
    expect((await earthmorph([...args, '--profile', at('profile.svg')])).code).toBe(0);
    const svg = await readFile(at('profile.svg'), 'utf8');
    expect(svg).toMatch(/^<svg [^>]*>.*<\/svg>$/s);
    expect(svg).toContain('a.nii.gz');
    expect(svg).toContain('Patch with the largest distance');
    expect((await earthmorph([...args, '--profile', at('profile.png')])).code).toBe(0);
    expect((await readFile(at('profile.png'))).subarray(1, 4).toString()).toBe('PNG');
  });

  test.each([
    ['pswd', 'embedding=points'],
    ['pswd', 'embedding=scalars'],
    ['pswd', 'order=2'],
    ['swd', 'axis=random'],
    ['radon', 'bins=20'],
  ])('%s with %s', async (loss, option) => {
    const output = at(`${loss}-${option}.svg`);
    const few = ['--draws', '1', '--loss-option', 'directions=4'];
    const { code } = await earthmorph(
      distance('--loss', loss, '--loss-option', option, ...few, a(), b(), '--profile', output),
    );
    expect(code).toBe(0);
    expect(await readFile(output, 'utf8')).not.toMatch(/NaN|undefined|Infinity/);
  });

  test('is refused for a loss that projects nothing, and under a name that says no format', async () => {
    const output = at('none.svg');
    for (const loss of ['mse', 'ncc'])
      await expectRefusal(
        distance('--loss', loss, a(), b(), '--profile', output),
        /--profile needs swd, radon or pswd/,
        output,
      );
    await expectRefusal(distance(a(), b(), '--profile', at('figure.pdf')), /ends in \.svg or \.png/, at('figure.pdf'));
  });
});

describe('distance refuses in one sentence and writes nothing', () => {
  const output = (): string => at('refused.svg');

  test.each([
    ['elsewhere.nii.gz', /elsewhere\.nii\.gz have the same size but lie differently in space/],
    ['small.nii.gz', /differ in size \(20×16×18 and 8×8×8 voxels\)/],
    ['cut.nii.gz', /cut\.nii\.gz is cut short or damaged/],
    ['nan.nii', /not a finite number/],
    ['none.nii.gz', /none\.nii\.gz cannot be read \(it does not exist\)/],
  ])('%s as the second scan', async (name, sentence) => {
    await expectRefusal(distance(a(), at(name), '--profile', output()), sentence, output());
  });

  test('patches that do not fit into the volumes', async () => {
    const sentence = /Patches of 11³ voxels do not fit into a volume of 8 × 8 × 8/;
    await expectRefusal(distance(at('small.nii.gz'), at('small.nii.gz'), '--profile', output()), sentence, output());
  });

  test('an unknown loss, an unknown option of a loss, a wrong value, one scan alone', async () => {
    await expectRefusal(distance('--loss', 'psdw', a(), b()), /no loss "psdw"; choose one of mse/);
    await expectRefusal(distance('--loss', 'ncc', '--loss-option', 'patch=3', a(), b()), /loss "ncc"/);
    await expectRefusal(distance('--loss-option', 'filter=grad', a(), b()), /no filter "grad"; choose one of none,/);
    await expectRefusal(distance('--loss-option', 'directions=0', a(), b()), /option "directions"/);
    await expectRefusal(distance('--loss-option', 'patch', a(), b()), /name=value/);
    await expectRefusal(distance('--normalise', 'log', a(), b()), /zscore, minmax, percentile, none/);
    await expectRefusal(distance(a()), /missing required argument 'b'/);
    expect(existsSync(output())).toBe(false);
  });
});
