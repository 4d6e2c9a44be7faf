import { writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { readLandmarks } from '../../src/file/landmarkFile.ts';
import { readLabels, readVolume, writeLabels, writeVolume, writeWarp } from '../../src/file/volumeFile.ts';
import { sameGrid } from '../../src/volume/checks.ts';
import type { Grid, Vec3 } from '../../src/volume/grid.ts';
import { encodeItkTransform } from '../../src/volume/itkTransform.ts';
import { applyToPoint, multiply, scaling, translation } from '../../src/volume/matrix.ts';
import { centroid, earthmorph, expectRefusal, points, temporaryFolder, warpOf } from './support.ts';

const fixed: Grid = { size: [30, 28, 24], affine: multiply(translation([29, -27, -20]), scaling([-2, 2, 1.75])) };
const moving: Grid = { size: [40, 42, 38], affine: multiply(translation([-30, -31, -28]), scaling([1.5, 1.5, 1.5])) };
const centre: Vec3 = [2, 1, -1];
const shift: Vec3 = [3, -2, 3.5];
const at = temporaryFolder();

const distance = (a: Vec3, b: Vec3): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
const inBox = (p: Vec3): boolean => p.every((mm, axis) => Math.abs(mm - centre[axis]!) <= 7.5);

beforeAll(async () => {
  await writeWarp(
    at('shift.nii.gz'),
    warpOf(fixed, (p) => [p[0] + shift[0], p[1] + shift[1], p[2] + shift[2]]),
  );
  const blob = points(moving).map((p) => 100 * Math.exp(-(distance(p, centre) ** 2) / (2 * 4 ** 2)));
  await writeVolume(at('blob.nii.gz'), { ...moving, data: Float32Array.from(blob) });
  const box = points(moving).map((p) => (inBox(p) ? 3 : 0));
  await writeLabels(at('box.nii.gz'), { ...moving, data: Int32Array.from(box) });
  await writeVolume(at('bright.nii.gz'), { ...moving, data: new Float32Array(blob.length).fill(50.5) });
  await writeWarp(
    at('far.nii.gz'),
    warpOf(fixed, (p) => [p[0] + 500, p[1], p[2]]),
  );
});

const warp = (...args: string[]): string[] => ['warp', '--warp', at('shift.nii.gz'), ...args];

describe('warp', () => {
  test('moves an image by the millimetres of a translation, onto the grid of the warp', async () => {
    const out = at('moved.nii.gz');
    const { code, stderr } = await earthmorph(warp('--image', at('blob.nii.gz'), '--out', out));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const moved = await readVolume(out);
    expect(sameGrid(moved, fixed)).toBe(true);
    const expected: Vec3 = [centre[0] - shift[0], centre[1] - shift[1], centre[2] - shift[2]];
    expect(distance(centroid(moved), expected)).toBeLessThan(0.02);
    expect(Math.max(...moved.data)).toBeGreaterThan(90);
  });

  test('moves labels and keeps them labels', async () => {
    const out = at('moved-box.nii.gz');
    expect((await earthmorph(warp('--labels', at('box.nii.gz'), '--out', out))).code).toBe(0);
    const moved = await readLabels(out);
    expect(new Set(moved.data)).toEqual(new Set([0, 3]));
    const box = (await readLabels(at('box.nii.gz'))).data.filter((label) => label === 3).length * 1.5 ** 3;
    const movedBox = moved.data.filter((label) => label === 3).length * 2 * 2 * 1.75;
    expect(movedBox / box).toBeGreaterThan(0.8);
    expect(movedBox / box).toBeLessThan(1.25);
    const from = centroid(await readLabels(at('box.nii.gz')));
    expect(distance(centroid(moved), [from[0] - shift[0], from[1] - shift[1], from[2] - shift[2]])).toBeLessThan(1);
  });

  test('warns of labels given as an image and goes on, unless the nearest voxel is asked for', async () => {
    const mixed = await earthmorph(warp('--image', at('box.nii.gz'), '--out', at('mixed.nii.gz')));
    expect(mixed.code).toBe(0);
    expect(mixed.stderr).toMatch(
      /box\.nii\.gz looks like labels, and linear interpolation mixes labels; give it with --labels/,
    );
    expect((await readVolume(at('mixed.nii.gz'))).data.some((value) => value > 0.5 && value < 2.5)).toBe(true);
    const out = at('nearest.nii.gz');
    const nearest = await earthmorph(warp('--image', at('box.nii.gz'), '--interpolation', 'nearest', '--out', out));
    expect(nearest).toMatchObject({ code: 0, stderr: '' });
    expect(new Set((await readVolume(out)).data)).toEqual(new Set([0, 3]));
  });

  test.each([
    ['0', 0],
    ['-7.5', -7.5],
    ['edge', 50.5],
  ])('has --outside %s beyond the image', async (outside, value) => {
    const out = at(`outside${outside}.nii`);
    const args = ['warp', '--warp', at('far.nii.gz'), '--image', at('bright.nii.gz'), '--out', out];
    const { code, stderr } = await earthmorph([...args, '--outside', outside]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(new Set((await readVolume(out)).data)).toEqual(new Set([value]));
  });
});

describe('a chain of transforms', () => {
  const turn = [0.8, -0.6, 0, 0, 0.6, 0.8, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  const there = (p: Vec3): Vec3 => applyToPoint(turn, [p[0] + shift[0], p[1] + shift[1], p[2] + shift[2]]);

  beforeAll(async () => {
    await writeFile(at('turn.tfm'), encodeItkTransform(turn, [5, 6, 7]));
    await writeFile(at('points.csv'), 'name,x,y,z\na,2,1,-1\nb,-4,5,6\n');
  });

  test('moves an image in one interpolation, the first transform first from the fixed image', async () => {
    const out = at('chained.nrrd');
    const args = ['warp', '--transform', at('shift.nii.gz'), '--transform', at('turn.tfm')];
    const { code, stderr } = await earthmorph([...args, '--image', at('blob.nii.gz'), '--out', out]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const moved = await readVolume(out);
    expect(sameGrid(moved, fixed)).toBe(true);
    expect(distance(there(centroid(moved)), centre)).toBeLessThan(0.02);
    // A second interpolation would take more of the blob's height.
    expect(Math.max(...moved.data)).toBeGreaterThan(90);
  });

  test('moves landmarks, and back by its inverse', async () => {
    const [forth, back] = [at('forth.csv'), at('back.csv')];
    const args = ['--transform', at('shift.nii.gz'), '--transform', at('turn.tfm'), '--landmarks', at('points.csv')];
    expect(await earthmorph(['warp', ...args, '--out', forth])).toMatchObject({ code: 0, stderr: '' });
    const moved = (await readLandmarks(forth)).map(({ first }) => first);
    expect(distance(moved[1]!, there([-4, 5, 6]))).toBeLessThan(1e-3);
    const inverse = ['--transform', `inverse:${at('turn.tfm')}`, '--transform', `inverse:${at('shift.nii.gz')}`];
    const undone = await earthmorph(['warp', ...inverse, '--landmarks', forth, '--out', back]);
    expect(undone).toMatchObject({ code: 0, stderr: '' });
    expect(distance((await readLandmarks(back))[1]!.first, [-4, 5, 6])).toBeLessThan(1e-2);
  });

  test('is written as one warp, which does the same', async () => {
    const args = ['--transform', at('shift.nii.gz'), '--transform', at('turn.tfm')];
    const one = await earthmorph(['warp', ...args, '--compose', '--out', at('one.mha')]);
    expect(one).toMatchObject({ code: 0, stderr: '' });
    const image = ['--image', at('blob.nii.gz'), '--out'];
    await earthmorph(['warp', ...args, ...image, at('by-chain.nii.gz')]);
    await earthmorph(['warp', '--warp', at('one.mha'), ...image, at('by-one.nii.gz')]);
    const [a, b] = [await readVolume(at('by-chain.nii.gz')), await readVolume(at('by-one.nii.gz'))];
    expect(a.data).toEqual(b.data);
  });

  test('that begins with a linear transform or an inverse needs --reference', async () => {
    const image = ['--image', at('blob.nii.gz'), '--out', at('no.nii.gz')];
    for (const first of [at('turn.tfm'), `inverse:${at('shift.nii.gz')}`])
      await expectRefusal(
        ['warp', '--transform', first, ...image],
        /linear transform has no grid; give .*--reference/,
        at('no.nii.gz'),
      );
    const warpToo = ['warp', '--transform', at('turn.tfm'), '--warp', at('shift.nii.gz'), ...image];
    await expectRefusal(warpToo, /either --warp or --transform/);
    const over = ['warp', '--transform', at('turn.tfm'), '--compose', '--out', at('turn.tfm')];
    await expectRefusal(over, /--out would overwrite --transform/);
  });
});

describe('warp refuses', () => {
  const out = (): string => at('refused.nii.gz');

  test('neither or both of an image and labels', async () => {
    await expectRefusal(warp('--out', out()), /exactly one of --image, --labels, --landmarks and --compose/, out());
    const both = warp('--image', at('blob.nii.gz'), '--labels', at('box.nii.gz'), '--out', out());
    await expectRefusal(both, /exactly one of --image, --labels/, out());
  });

  test('an image as labels', async () => {
    const args = warp('--labels', at('blob.nii.gz'), '--out', out());
    await expectRefusal(args, /blob\.nii\.gz holds fractions, so it is not a label map/, out());
  });

  test('an image as the warp', async () => {
    const args = ['warp', '--warp', at('blob.nii.gz'), '--image', at('blob.nii.gz'), '--out', out()];
    await expectRefusal(args, /blob\.nii\.gz is not a displacement field \(40×42×38/, out());
  });

  test('options that do not fit labels', async () => {
    const args = warp('--labels', at('box.nii.gz'), '--out', out());
    await expectRefusal([...args, '--interpolation', 'linear'], /would mix labels/, out());
    await expectRefusal([...args, '--outside', '-1'], /--outside -1 is not a label/, out());
  });

  test('unknown values of options', async () => {
    const args = warp('--image', at('blob.nii.gz'), '--out', out());
    await expectRefusal([...args, '--interpolation', 'cubic'], /one of linear, nearest/, out());
    await expectRefusal([...args, '--outside', 'border'], /a number or edge/, out());
  });

  test('an output of no known format or cannot be written', async () => {
    const image = warp('--image', at('blob.nii.gz'), '--out');
    await expectRefusal([...image, at('moved.png')], /ends in \.nii, \.nii\.gz, \.nrrd or \.mha/, at('moved.png'));
    const under = at('blob.nii.gz', 'moved.nii.gz');
    await expectRefusal([...image, under], /moved\.nii\.gz cannot be written \(a part of the path is a file/, under);
  });

  test('names landmarks that lie outside the warp, and refuses where all do', async () => {
    const [some, none] = [at('some.csv'), at('none.csv')];
    await writeFile(some, 'name,x,y,z\nnear,2,1,-1\nfar,1000,1000,1000\n');
    await writeFile(none, 'name,x,y,z\nfar,1000,1000,1000\n');
    const moved = await earthmorph(warp('--landmarks', some, '--out', at('some-moved.csv')));
    expect(moved.code).toBe(0);
    expect(moved.stderr).toMatch(/^Note: 1 of the 2 landmarks of .* lie outside the grid of .*: "far"\.\n$/);
    await expectRefusal(warp('--landmarks', none, '--out', at('none-moved.csv')), /No landmark of .* lies in the grid/);
  });
});
