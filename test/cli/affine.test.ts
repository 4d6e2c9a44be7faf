import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { readLandmarks, writeLandmarks } from '../../src/file/landmarkFile.ts';
import { readTransform } from '../../src/file/transformFile.ts';
import { readVolume, readWarp, writeLabels, writeVolume } from '../../src/file/volumeFile.ts';
import type { Vec3 } from '../../src/volume/grid.ts';
import { applyToPoint } from '../../src/volume/matrix.ts';
import { warpPoints } from '../../src/volume/warp.ts';
import { obliqueGrid, scene, volumeOf } from '../support/scene.ts';
import { earthmorph, expectRefusal, printed, temporaryFolder } from './support.ts';

const at = temporaryFolder();
const shift: Vec3 = [4, -6, 3];
const fixedGrid = obliqueGrid([30, 30, 24], [3, 3, 3], [0.2, 0.1], [0, 0, 0]);
const movingGrid = obliqueGrid([32, 34, 22], [2.8, 2.8, 3.4], [-0.3, 0.1], [3, 0, 2], -1);
const back = ([x, y, z]: Vec3): Vec3 => [x - shift[0], y - shift[1], z - shift[2]];
const pair = (): string[] => ['--fixed', at('fixed.nii.gz'), '--moving', at('moving.nii.gz')];

beforeAll(async () => {
  await writeVolume(at('fixed.nii.gz'), volumeOf(fixedGrid, scene));
  await writeVolume(
    at('moving.nii.gz'),
    volumeOf(movingGrid, (q) => 400 - 100 * scene(back(q))),
  );
  const labels = volumeOf(movingGrid, (q) => (Math.hypot(...back(q)) < 15 ? 4 : 0));
  await writeLabels(at('labels.nii.gz'), { ...labels, data: Int32Array.from(labels.data) });
});

describe('register --align', () => {
  it('aligns without model or refinement, and writes a transform that says what the warp says', async () => {
    const out = ['--warp', at('warp.nii.gz'), '--affine-transform', at('out/rigid.tfm'), '--moved', at('moved.nii.gz')];
    // MIND, the default of such a pair, is least half a degree beside the truth where a scan shows nothing but smooth
    // blobs.
    const by = ['--align', 'rigid', '--align-loss', 'nmi'];
    const run = await earthmorph(['register', ...pair(), '--model', 'none', ...by, ...out]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const matrix = await readTransform(at('out/rigid.tfm'));
    const points: Vec3[] = [
      [0, 0, 0],
      [20, -10, 15],
      [-25, 18, -9],
    ];
    const warped = warpPoints(await readWarp(at('warp.nii.gz')), points);
    for (const [n, p] of points.entries()) {
      const there = applyToPoint(matrix, p);
      expect(Math.hypot(...there.map((mm, a) => mm - warped[n]![a]!))).toBeLessThan(1e-3);
      expect(Math.hypot(...there.map((mm, a) => mm - p[a]! - shift[a]!))).toBeLessThan(0.6);
    }
    expect(await readFile(at('out/rigid.tfm'), 'utf8')).toMatch(/^#Insight Transform File V1\.0\n/);
  });

  it('comes before a refinement, with a loss of its own', async () => {
    const how = ['--model', 'none', '--align', 'affine', '--align-loss', 'ncc', '--refine', '3', '--loss', 'mse'];
    expect(await printed(['register', ...pair(), ...how])).toMatchObject({ foldedPercent: 0 });
  });

  it.each<[string[], RegExp]>([
    [['--align', 'similarity'], /one of none, rigid, affine/],
    [['--model', 'none'], /There is no model, .* --align rigid/],
    [['--align', 'none', '--align-loss', 'nmi'], /--align-loss belongs to an alignment; leave out --align none/],
    [['--model', 'none', '--align-loss', 'nmi'], /--align-loss belongs to an alignment; give --align/],
    [['--align-loss-option', 'bins=16'], /belongs to a loss; give it with --align-loss/],
    [['--loss-option', 'patch=3'], /--loss-option belongs to a loss; give it with --loss/],
    [['--align', 'rigid', '--align-loss-option', 'bins=16'], /belongs to a loss; give it with --align-loss/],
    [['--align', 'rigid', '--align-loss', 'nmi', '--align-loss-option', 'bin=16'], /no option "bin", only bins/],
    [['--align', 'rigid', '--align-loss', 'emd'], /one of mse, ncc, mind, lc2, nmi/],
    [['--align', 'none', '--affine-transform', 'x.tfm'], /--affine-transform writes the transform of an alignment/],
    [['--align', 'rigid', '--affine-transform', 'x.mat'], /ends in \.tfm or \.txt/],
  ])('refuses %s', (options, sentence) =>
    expectRefusal(['register', ...pair(), '--moved', at('no.nii.gz'), ...options], sentence, at('no.nii.gz')),
  );
});

describe('register --initial-transform', () => {
  const initial = (): string[] => ['register', ...pair(), '--initial-transform', at('out/rigid.tfm')];

  it('starts where the transform puts the moving scan', async () => {
    const how = ['--model', 'none', '--refine', '1', '--refine-rate', '0.001', '--warp', at('from.nrrd')];
    expect(await earthmorph([...initial(), ...how])).toMatchObject({ code: 0, stderr: '' });
    const matrix = await readTransform(at('out/rigid.tfm'));
    const point: Vec3 = [5, -4, 3];
    const [found] = warpPoints(await readWarp(at('from.nrrd')), [point]);
    const there = applyToPoint(matrix, point);
    expect(Math.hypot(...there.map((mm, a) => mm - found![a]!))).toBeLessThan(0.05);
  });

  it('lets --align go on from there', async () => {
    const out = ['--affine-transform', at('on.tfm'), '--model', 'none', '--align', 'rigid'];
    expect(await earthmorph([...initial(), ...out])).toMatchObject({ code: 0, stderr: '' });
    const there = applyToPoint(await readTransform(at('on.tfm')), [0, 0, 0]);
    expect(Math.hypot(...there.map((mm, a) => mm - shift[a]!))).toBeLessThan(0.6);
  });

  it.each<[string[], RegExp]>([
    [['--init', 'world'], /--init and --initial-transform both set/],
    [['--initial-transform', 'none.tfm'], /none\.tfm cannot be read/],
  ])('refuses %s', (options, sentence) =>
    expectRefusal([...initial(), '--moved', at('no.nii.gz'), ...options], sentence, at('no.nii.gz')),
  );

  it('refuses a warp', async () => {
    const given = ['register', ...pair(), '--initial-transform', `inverse:${at('warp.nii.gz')}`];
    await expectRefusal([...given, '--moved', at('no.nii.gz')], /holds a warp, but --initial-transform takes linear/);
  });
});

describe('warp --transform', () => {
  const transform = (): string[] => ['warp', '--transform', at('out/rigid.tfm')];
  const onFixed = (): string[] => [...transform(), '--reference', at('fixed.nii.gz')];

  it('gives the moved image again', async () => {
    const out = ['--image', at('moving.nii.gz'), '--out', at('again.nii.gz')];
    expect(await earthmorph([...onFixed(), ...out])).toMatchObject({ code: 0, stderr: '' });
    const [a, b] = [await readVolume(at('again.nii.gz')), await readVolume(at('moved.nii.gz'))];
    expect(a.size).toEqual(b.size);
    expect(a.data.every((v, n) => Math.abs(v - b.data[n]!) < 0.1)).toBe(true);
  });

  it('moves labels and landmarks', async () => {
    const labels = ['--labels', at('labels.nii.gz'), '--out', at('moved-labels.nii.gz')];
    expect(await earthmorph([...onFixed(), ...labels])).toMatchObject({ code: 0, stderr: '' });
    await writeLandmarks(at('points.csv'), [{ name: '1', first: [10, 5, -5] }], '');
    const points = ['--landmarks', at('points.csv'), '--out', at('moved-points.csv')];
    expect(await earthmorph([...transform(), ...points])).toMatchObject({ code: 0, stderr: '' });
    const [moved] = await readLandmarks(at('moved-points.csv'));
    const expected = applyToPoint(await readTransform(at('out/rigid.tfm')), [10, 5, -5]);
    expect(Math.hypot(...moved!.first.map((mm, a) => mm - expected[a]!))).toBeLessThan(1e-3);
  });

  it('refuses what does not belong together', async () => {
    const out = ['--image', at('moving.nii.gz'), '--out', at('no.nii.gz')];
    await expectRefusal(
      [...transform(), ...out],
      /linear transform has no grid; give the fixed image with --reference/,
    );
    await expectRefusal([...onFixed(), '--warp', at('warp.nii.gz'), ...out], /either --warp or --transform/);
    await expectRefusal(['warp', ...out], /either --warp or --transform/);
    const warp = ['warp', '--warp', at('warp.nii.gz'), '--reference', at('fixed.nii.gz')];
    await expectRefusal([...warp, ...out], /--reference belongs to --transform/);
  });
});
