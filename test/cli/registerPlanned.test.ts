import { readdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { readVolume, readWarp, writeLabels, writeVolume } from '../../src/file/volumeFile.ts';
import type { Plan } from '../../src/registration/plan.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { applyWarp } from '../../src/volume/warp.ts';
import { earthmorph, expectRefusal, printed, temporaryFolder } from './support.ts';

const at = temporaryFolder();
const scans = (): string[] => [at('fixed.nii.gz'), at('moving.nii.gz')];
const quick = ['--levels', '3:10,1.5:10', '--align', 'none'];

beforeAll(async () => {
  for (const [index, name] of ['fixed', 'moving'].entries()) {
    const { image, labels } = makePhantomCase({ seed: 5, index, size: [28, 32, 26] });
    await writeVolume(at(`${name}.nii.gz`), image);
    await writeLabels(at(`${name}_labels.nii.gz`), labels);
  }
});

describe('register with two scans', () => {
  it('writes a folder beside the moving scan, with all that belongs to the pair', async () => {
    const labels = ['--fixed-labels', at('fixed_labels.nii.gz'), '--moving-labels', at('moving_labels.nii.gz')];
    const { code, stdout, stderr } = await earthmorph(['register', ...scans(), ...quick, ...labels]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/Plan, from world coordinates: a velocity field at 3, 1\.5 mm by NCC/);
    expect(stdout).toMatch(/^Registered in .* s: .*Dice/);
    expect(stdout).toMatch(/Likeness: .*\nMovement: .*\nInverse warp: /);
    const folder = at('moving_to_fixed');
    const said = /Likeness: .*\n(Movement: .*)\n(Inverse warp: .*)/.exec(stdout)!;
    const report = await readFile(`${folder}/report.html`, 'utf8');
    for (const sentence of said.slice(1)) expect(report).toContain(sentence);
    const expected = ['inverse-warp.nii.gz', 'moved.nii.gz', 'warp.nii.gz', 'moved-labels.nii.gz'];
    expect((await readdir(folder)).sort()).toEqual(
      [...expected, 'checkerboard.png', 'registration.json', 'report.html'].sort(),
    );
    const moved = applyWarp(await readWarp(`${folder}/warp.nii.gz`), await readVolume(at('moving.nii.gz')));
    const written = await readVolume(`${folder}/moved.nii.gz`);
    expect(Math.max(...moved.data.map((value, n) => Math.abs(value - written.data[n]!)))).toBeLessThan(0.5);
    const record = JSON.parse(await readFile(`${folder}/registration.json`, 'utf8'));
    expect(record.plan.levels).toEqual([
      { spacing: 3, steps: 10 },
      { spacing: 1.5, steps: 10 },
    ]);
    expect(record.inverse.mean).toBeLessThan(0.1);
    expect(record.judgement.after.correlation).toBeGreaterThan(record.judgement.before.correlation);
    expect(record.judgement.foldedPercent).toBeLessThanOrEqual(0.1);
  });

  it('looks at all shifts first where that is asked for', async () => {
    const { code, stderr } = await earthmorph(['register', ...scans(), ...quick, '--search', '--out', at('searched')]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/a discrete search, then a velocity field/);
    const { plan } = JSON.parse(await readFile(at('searched/registration.json'), 'utf8'));
    expect(plan.search).toBe(true);
  });

  it('replaces an earlier registration, and nothing else', async () => {
    const args = ['register', ...scans(), ...quick, '--out', at('again')];
    for (const _ of [1, 2]) {
      const { code, stdout } = await earthmorph([...args, '--json']);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ folder: at('again'), foldedPercent: 0 });
    }
    await writeFile(at('text.txt'), 'mine');
    await expectRefusal(
      ['register', ...scans(), ...quick, '--out', at('.')],
      /holds other files; give another folder with --out/,
      at('registration.json'),
    );
  });

  it('names its files as BIDS does, and refuses names that are none', async () => {
    for (const [name, bids] of [
      ['fixed', 'sub-01_ses-1_T1w'],
      ['moving', 'sub-01_ses-2_T1w'],
    ])
      await writeVolume(at(`${bids}.nii.gz`), await readVolume(at(`${name}.nii.gz`)));
    const pair = [at('sub-01_ses-1_T1w.nii.gz'), at('sub-01_ses-2_T1w.nii.gz')];
    const run = await earthmorph(['register', ...pair, ...quick, '--bids', '--out', at('bids')]);
    expect(run.code).toBe(0);
    expect((await readdir(at('bids'))).sort()).toEqual([
      'registration.json',
      'sub-01_ses-2_from-ses1_to-ses2_mode-image_xfm.nii.gz',
      'sub-01_ses-2_from-ses2_to-ses1_mode-image_xfm.nii.gz',
      ...['html', 'nii.gz', 'png'].map((ending) => `sub-01_ses-2_space-ses1_desc-registered_T1w.${ending}`),
    ]);
    await expectRefusal(
      ['register', ...scans(), '--bids', '--out', at('none')],
      /does not have a BIDS name/,
      at('none'),
    );
  });

  it('prints its plan, which every option enters, and does nothing', async () => {
    const plan = await printed<Plan>(['register', ...scans(), '--plan', '--modality', 'different', '--seed', '4']);
    expect(plan).toMatchObject({
      modality: 'different',
      loss: { name: 'mind' },
      alignment: { kind: 'rigid' },
      seed: 4,
    });
    const given = ['--loss', 'mse', '--smoothness', '0.7', '--field', 'displacement', '--levels', 'none'];
    expect(await printed<Plan>(['register', ...scans(), '--plan', ...given])).toMatchObject({
      loss: { name: 'mse' },
      smoothness: 0.7,
      integrationSteps: 0,
      levels: [],
      alignment: { kind: 'affine' },
    });
  });

  it.each<[string, string[], RegExp]>([
    ['one scan', [], /Give two scans/],
    ['a model besides', [at('moving.nii.gz'), '--model', 'hippocampus', '--effort', 'fast'], /--effort cannot be used/],
    ['a wrong level', [at('moving.nii.gz'), '--levels', '4:x'], /must be none, or mm:steps for each level/],
    ['a wrong size', [at('moving.nii.gz'), '--memory', 'much'], /must be a size such as 4GB/],
    ['a scan that is not there', [at('nowhere.nii.gz')], /nowhere\.nii\.gz/],
  ])('refuses %s', async (_, args, sentence) => {
    await expectRefusal(['register', at('fixed.nii.gz'), ...args], sentence, at('nowhere_to_fixed'));
  });

  it('is told from the other ways', async () => {
    const args = ['register', '--fixed', at('fixed.nii.gz'), '--moving', at('moving.nii.gz'), '--refine', '5'];
    for (const option of [
      ['--effort', 'fast'],
      ['--levels', '3:5'],
      ['--memory', '1GB'],
    ])
      await expectRefusal([...args, ...option, '--moved', at('m.nii.gz')], /cannot be used with --model or --refine/);
    await expectRefusal([...args, '--plan'], /--plan cannot be used with --model or --refine/);
  });
});
