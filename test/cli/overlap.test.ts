import { writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeTransform } from '../../src/file/transformFile.ts';
import { readLabels, readVolume, writeLabels, writeVolume, writeWarp } from '../../src/file/volumeFile.ts';
import { phantoms } from '../../src/synthesis/phantom/phantomDataset.ts';
import { multiply, translation } from '../../src/volume/matrix.ts';
import { makeDataset } from '../../src/workflow/makeDataset.ts';
import { earthmorph, expectRefusal, temporaryFolder, warpOf } from './support.ts';

const at = temporaryFolder();
const near = (): string => at('data/imagesTr/phantom_001.nii.gz');
const far = (): string => at('data/imagesTr/phantom_002.nii.gz');

beforeAll(async () => {
  await makeDataset(at('data'), phantoms, { seed: 2, cases: 3, size: [24, 30, 22] });
  const away = translation([0, 3000, 4000]);
  for (const path of [far(), at('data/labelsTr/phantom_002.nii.gz')]) {
    const moved = await readVolume(path);
    const affine = multiply(away, moved.affine);
    if (path === far()) await writeVolume(path, { ...moved, affine });
    else await writeLabels(path, { ...(await readLabels(path)), affine });
  }
  await writeFile(
    at('pairs.csv'),
    'fixed,moving\nimagesTr/phantom_001.nii.gz,imagesTr/phantom_003.nii.gz\nimagesTr/phantom_001.nii.gz,imagesTr/phantom_002.nii.gz\n',
  );
  const fixed = await readVolume(near());
  await writeWarp(
    at('warp.nii.gz'),
    warpOf(fixed, ([x, y, z]) => [x + 400, y, z]),
  );
  await writeTransform(at('transform.tfm'), translation([0, 0, -900]), [0, 0, 0]);
});

describe('scans that do not overlap are refused', () => {
  const world = (): string[] => ['register', '--fixed', near(), '--moving', far(), '--init', 'world'];
  const sentence = /do not overlap: their world coordinates put their centres 5000 mm apart; give --init center/;

  it.each<[string, string[]]>([
    ['through a model', ['--model', 'hippocampus']],
    ['in refinement', ['--model', 'none', '--refine', '3', '--loss', 'mse']],
    ['without masks', ['--model', 'none', '--refine', '3', '--fixed-mask', 'none', '--moving-mask', 'none']],
  ])('%s', async (_, how) => {
    await expectRefusal([...world(), ...how, '--moved', at('moved.nii.gz')], sentence, at('moved.nii.gz'));
  });

  it('but not where their centres are put together, nor where they are aligned', async () => {
    const pair = ['register', '--fixed', near(), '--moving', far(), '--moved', at('centred.nii.gz')];
    const { code, stderr } = await earthmorph([...pair, '--align', 'none', '--levels', '4:5']);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/Plan, from the centres together/),
    });
    const aligned = ['--init', 'world', '--model', 'none', '--align', 'rigid', '--align-loss', 'mse'];
    expect(await earthmorph([...pair, ...aligned])).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^WARNING: The alignment could not use its start: .* 5000 mm apart; .*\n$/),
    });
  });

  it('in a list, by the name of the pair', async () => {
    const list = ['--model', 'hippocampus', '--pairs', at('pairs.csv'), '--data', at('data'), '--init', 'world'];
    const named = /^earthmorph: Pair 2, phantom_002 onto phantom_001: The two scans do not overlap/;
    await expectRefusal(['register', ...list, '--out', at('many')], named, at('many/results.csv'));
    await expectRefusal(['evaluate', ...list, '--figure', at('evaluated.svg')], named, at('evaluated.svg'));
  });
});

describe('warp refuses to leave nothing', () => {
  const out = (): string => at('nothing.nii.gz');

  it('of an image', async () => {
    const args = ['warp', '--warp', at('warp.nii.gz'), '--image', near(), '--out', out()];
    await expectRefusal(
      args,
      /warp\.nii\.gz leads every voxel of its grid outside .*phantom_001\.nii\.gz, so the result/,
      out(),
    );
  });

  it('of labels', async () => {
    const labels = at('data/labelsTr/phantom_001.nii.gz');
    await expectRefusal(
      ['warp', '--warp', at('warp.nii.gz'), '--labels', labels, '--out', out()],
      /leads every voxel/,
      out(),
    );
  });

  it('by a transform', async () => {
    const transform = ['--transform', at('transform.tfm'), '--reference', near()];
    await expectRefusal(
      ['warp', ...transform, '--image', near(), '--out', out()],
      /transform\.tfm leads every voxel/,
      out(),
    );
  });

  it('but not where what lies outside is asked for', async () => {
    const args = ['warp', '--warp', at('warp.nii.gz'), '--image', near(), '--out', out(), '--outside', '7'];
    expect(await earthmorph(args)).toMatchObject({ code: 0, stderr: '' });
    expect(new Set((await readVolume(out())).data)).toEqual(new Set([7]));
  });
});
