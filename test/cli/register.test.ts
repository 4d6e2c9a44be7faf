import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { readLabels, readVolume, readWarp, writeLabels } from '../../src/file/volumeFile.ts';
import { encodeModel } from '../../src/network/model.ts';
import { agreement } from '../../src/registration/assess.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { phantoms } from '../../src/synthesis/phantom/phantomDataset.ts';
import { applyWarp, warpPoints } from '../../src/volume/warp.ts';
import { makeDataset } from '../../src/workflow/makeDataset.ts';
import { randomModel } from '../support/phantomModel.ts';
import { earthmorph, expectRefusal, printed, temporaryFolder } from './support.ts';

const at = temporaryFolder();
const image = (n: number): string => at(`data/imagesTr/phantom_00${n}.nii.gz`);
const labels = (n: number): string => at(`data/labelsTr/phantom_00${n}.nii.gz`);
const model = (): string => at('run/model.onnx');

beforeAll(async () => {
  await makeDataset(at('data'), phantoms, { seed: 2, cases: 3, size: [24, 30, 22] });
  await mkdir(at('run'));
  await writeFile(model(), encodeModel(randomModel()));
  await writeFile(
    at('pairs.csv'),
    'fixed,moving\nimagesTr/phantom_001.nii.gz,imagesTr/phantom_002.nii.gz\nimagesTr/phantom_003.nii.gz,imagesTr/phantom_001.nii.gz\n',
  );
});

interface Result {
  fixed: string;
  moving: string;
  diceBefore: number;
  diceAfter: number;
  inverseResidual?: { readonly mean: number; readonly max: number };
}

describe('register, one pair', () => {
  it('writes moved image, labels, warp, inverse warp, figure and report that belong together', async () => {
    const result = await printed<Result>([
      'register',
      '--model',
      at('run'),
      '--fixed',
      image(1),
      '--moving',
      image(2),
      '--fixed-labels',
      labels(1),
      '--moving-labels',
      labels(2),
      '--moved',
      at('moved.nii.gz'),
      '--moved-labels',
      at('labels.nii.gz'),
      '--warp',
      at('warp.nii.gz'),
      '--inverse-warp',
      at('inverse.nii.gz'),
      '--figure',
      at('figure.png'),
      '--report',
      at('report.html'),
    ]);
    const warp = await readWarp(at('warp.nii.gz'));
    const moved = await readVolume(at('moved.nii.gz'));
    expect(moved.size).toEqual((await readVolume(image(1))).size);
    const again = applyWarp(warp, await readVolume(image(2)));
    expect(Math.max(...moved.data.map((v, i) => Math.abs(v - again.data[i]!)))).toBeLessThan(1);
    const found = agreement(await readLabels(labels(1)), await readLabels(at('labels.nii.gz')));
    expect(result.diceAfter).toBeCloseTo(found.means.dice!, 6);
    expect(result.diceAfter).not.toBeCloseTo(result.diceBefore, 3);
    const inverse = await readWarp(at('inverse.nii.gz'));
    const { landmarks } = makePhantomCase({ seed: 2, index: 0, size: [24, 30, 22] });
    const back = warpPoints(inverse, warpPoints(warp, landmarks));
    const miss = landmarks.map((p, i) => Math.hypot(p[0] - back[i]![0], p[1] - back[i]![1], p[2] - back[i]![2]));
    expect(miss.reduce((a, b) => a + b, 0) / miss.length).toBeLessThan(0.3);
    expect(result.inverseResidual?.max).toBeLessThan(0.01);
    expect(result.inverseResidual?.mean).toBeLessThan(0.005);
    expect((await readFile(at('figure.png'))).subarray(1, 4).toString()).toBe('PNG');
    expect(await readFile(at('report.html'), 'utf8')).toMatch(/^<!doctype html>/i);
  });

  it('says how well the inverse undoes the warp, and warns where it does not', async () => {
    const pair = ['register', image(1), image(2), '--inverse-warp', at('there_and_back.nii.gz')];
    const quiet = await earthmorph([...pair, '--model', model()]);
    expect(quiet).toMatchObject({ code: 0, stderr: '' });
    expect(quiet.stdout).toMatch(/\nInverse warp: undoes the warp to 0\.00\d mm on average, 0\.00\d mm at most\.\n/);
    // Without smoothness a refinement folds space, and what lies in no fold of it comes from nowhere.
    const folding = ['--model', 'none', '--refine', '20', '--loss', 'mse', '--smoothness', '0', '--refine-rate', '2'];
    const loud = await earthmorph([...pair, ...folding]);
    expect(loud.code).toBe(0);
    expect(loud.stderr).toMatch(/WARNING: the inverse warp misses by up to \d+\.\d\d mm [^\n]+\n/);
  });

  it('gives what the warp command gives', async () => {
    expect(
      (await earthmorph(['warp', '--warp', at('warp.nii.gz'), '--image', image(2), '--out', at('again.nii.gz')])).code,
    ).toBe(0);
    const a = await readVolume(at('again.nii.gz'));
    const b = await readVolume(at('moved.nii.gz'));
    expect(Math.max(...a.data.map((v, i) => Math.abs(v - b.data[i]!)))).toBeLessThan(1e-3);
  });

  it('knows the model that ships with the package by its name', async () => {
    const pair = ['register', '--fixed', image(1), '--moving', image(2), '--model', 'hippocampus'];
    const { code, stdout } = await earthmorph([...pair, '--moved', at('shipped.nii.gz')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Registered in /);
    expect(existsSync(at('shipped.nii.gz'))).toBe(true);
    // A second pass moves on from where the first one ended.
    expect((await earthmorph([...pair, '--passes', '2', '--moved', at('twice.nii.gz')])).code).toBe(0);
    const [once, twice] = [await readVolume(at('shipped.nii.gz')), await readVolume(at('twice.nii.gz'))];
    expect(twice.size).toEqual(once.size);
    expect(twice.data.some((value, n) => Math.abs(value - once.data[n]!) > 1)).toBe(true);
  });
});

describe('register, many pairs', () => {
  it('writes every pair and the results, labels found beside the images', async () => {
    const out = at('many');
    const results = await printed<Result[]>([
      'register',
      '--model',
      model(),
      '--pairs',
      at('pairs.csv'),
      '--data',
      at('data'),
      '--out',
      out,
    ]);
    expect(results.map(({ fixed, moving }) => [fixed, moving])).toEqual([
      ['phantom_001', 'phantom_002'],
      ['phantom_003', 'phantom_001'],
    ]);
    for (const kind of ['moved', 'labels', 'warp'])
      expect(existsSync(`${out}/${kind}_phantom_003_phantom_001.nii.gz`), kind).toBe(true);
    const csv = (await readFile(`${out}/results.csv`, 'utf8')).trim().split(/\r?\n/);
    expect(csv).toHaveLength(3);
    const stored = JSON.parse(await readFile(`${out}/results.json`, 'utf8')) as Result[];
    expect(stored[0]!.diceAfter).toBeCloseTo(results[0]!.diceAfter, 6);
    const moved = await readLabels(`${out}/labels_phantom_001_phantom_002.nii.gz`);
    expect(agreement(await readLabels(labels(1)), moved).means.dice).toBeCloseTo(results[0]!.diceAfter, 6);
  });

  it('writes the mean of what was moved onto one scan', async () => {
    const rows = [2, 3].map((n) => `imagesTr/phantom_001.nii.gz,imagesTr/phantom_00${n}.nii.gz`);
    await writeFile(at('template.csv'), ['fixed,moving', ...rows, ''].join('\n'));
    const list = (csv: string): string[] => ['register', '--model', model(), '--pairs', at(csv), '--data', at('data')];
    const out = at('template');
    const run = await earthmorph([...list('template.csv'), '--out', out, '--mean', at('mean.nii.gz')]);
    expect(run.code, run.stderr).toBe(0);
    const mean = await readVolume(at('mean.nii.gz'));
    const [a, b] = await Promise.all([2, 3].map((n) => readVolume(`${out}/moved_phantom_001_phantom_00${n}.nii.gz`)));
    expect(Math.max(...mean.data.map((v, n) => Math.abs(v - (a!.data[n]! + b!.data[n]!) / 2)))).toBeLessThan(1);
    await expectRefusal(
      [...list('pairs.csv'), '--out', at('two'), '--mean', at('no.nii.gz')],
      /--mean needs the same fixed scan in all pairs, and the list has 2/,
      at('no.nii.gz'),
    );
  });

  it('evaluate measures the same without writing volumes', async () => {
    const evaluated = await printed<{ pairs: Result[]; aggregate: { measure: string }[] }>([
      'evaluate',
      '--model',
      model(),
      '--pairs',
      at('pairs.csv'),
      '--data',
      at('data'),
      '--report',
      at('evaluation.html'),
      '--figure',
      at('median.svg'),
    ]);
    const stored = JSON.parse(await readFile(at('many/results.json'), 'utf8')) as Result[];
    expect(evaluated.pairs.map((pair) => pair.diceAfter)).toEqual(stored.map((pair) => pair.diceAfter));
    expect(evaluated.aggregate[0]!.measure).toMatch(/Dice/);
    expect(await readFile(at('median.svg'), 'utf8')).toMatch(/^<svg/);
    expect(await readFile(at('evaluation.html'), 'utf8')).toContain('phantom_003');
  });
});

describe('bad input to register', () => {
  const pair = (): string[] => ['--fixed', image(1), '--moving', image(2)];
  it.each<[string, () => string[], RegExp]>([
    ['one scan only', () => ['register', '--fixed', image(1), '--moved', at('x.nii.gz')], /Give two scans/],
    ['scans given twice', () => ['register', image(1), image(2), ...pair()], /given twice; leave out --fixed/],
    [
      'scans and a list',
      () => ['register', image(1), '--pairs', at('pairs.csv'), '--data', at('data'), '--out', at('x.nii.gz')],
      /Give two scans, or a list of pairs .*; not both/,
    ],
    [
      'no such model',
      () => ['register', ...pair(), '--model', at('none'), '--moved', at('x.nii.gz')],
      /There is no model at .* or one of hippocampus/,
    ],
    [
      'a model that is no model',
      () => ['register', ...pair(), '--model', image(1), '--moved', at('x.nii.gz')],
      /not an ONNX model/,
    ],
    [
      'a run without a finished epoch',
      () => ['register', ...pair(), '--model', at('data'), '--moved', at('x.nii.gz')],
      /holds no model.onnx/,
    ],
    [
      'moved labels without labels',
      () => ['register', ...pair(), '--model', model(), '--moved-labels', at('x.nii.gz')],
      /need the labels of the moving image/,
    ],
    ['a list without a folder', () => ['register', '--pairs', at('pairs.csv')], /needs --data/],
    [
      'a list and a single pair',
      () => ['register', '--pairs', at('pairs.csv'), '--data', at('data'), '--out', at('x'), '--warp', at('x.nii.gz')],
      /--warp belongs to a single pair/,
    ],
    ['an unknown option', () => ['register', '--fixd', image(1)], /Did you mean --fixed/],
    [
      'an unknown device',
      () => ['register', ...pair(), '--device', 'gpu', '--moved', at('x.nii.gz')],
      /must be one of cpu, webgpu/,
    ],
    [
      'a device that is not here',
      () => ['register', ...pair(), '--model', model(), '--device', 'dml', '--moved', at('x.nii.gz')],
      /device "dml" is not available/,
    ],
  ])('%s', async (_, args, sentence) => {
    await expectRefusal(args(), sentence, at('x.nii.gz'));
  });

  it('labels on another grid', async () => {
    await writeLabels(at('other.nii.gz'), makePhantomCase({ seed: 2, index: 0, size: [20, 30, 22] }).labels);
    await expectRefusal(
      ['register', ...pair(), '--model', model(), '--fixed-labels', at('other.nii.gz'), '--moved', at('x.nii.gz')],
      /other\.nii\.gz/,
      at('x.nii.gz'),
    );
  });

  it('warns about a label map given as an image', async () => {
    const { stderr, code } = await earthmorph([
      'register',
      '--model',
      model(),
      '--fixed',
      labels(1),
      '--moving',
      image(2),
      '--moved',
      at('y.nii.gz'),
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/looks like a label map/);
  });
});

describe('register --refine', () => {
  const pair = (): string[] => [
    'register',
    ...['--fixed', image(1), '--moving', image(2)],
    ...['--fixed-labels', labels(1), '--moving-labels', labels(2)],
  ];

  it('optimises a pair without a model', async () => {
    const moved = at('refined/moved.nii.gz');
    const options = ['--refine', '25', '--refine-rate', '0.4', '--loss', 'pswd'];
    const more = ['--loss-option', 'patch=7', '--loss-option', 'directions=16', '--smoothness', '0.5'];
    const result = await printed<Result>([...pair(), '--model', 'none', ...options, ...more, '--moved', moved]);
    expect(result.diceAfter).toBeGreaterThan(result.diceBefore + 0.03);
    expect((await readVolume(moved)).size).toEqual((await readVolume(image(1))).size);
  });

  it('goes on from a model', async () => {
    const network = await printed<Result>([...pair(), '--model', at('run')]);
    const refined = await printed<Result>([...pair(), '--model', at('run'), '--refine', '20', '--loss', 'mse']);
    expect(refined.diceBefore).toBe(network.diceBefore);
    expect(refined.diceAfter).toBeGreaterThan(network.diceAfter);
  });

  it.each([
    [['--model', 'none'], /There is no model, .* --refine/],
    [['--model', 'none', '--loss', 'pswd'], /--loss belongs to a refinement; give --refine/],
    [['--refine-grid', '3'], /--refine-grid belongs to a refinement/],
    [['--passes', '2'], /--passes belongs to a model; give it with --model/],
    [['--model', 'none', '--refine', '5', '--passes', '2'], /--passes belongs to a model/],
    [['--model', 'hippocampus', '--passes', '9'], /passes/],
    [['--model', 'hippocampus', '--spacing', '2'], /--spacing cannot be used with --model/],
    [['--refine', '0'], /must be more than 0/],
    [['--refine', '5', '--loss', 'emd'], /one of mse, ncc, mind, lc2, nmi, swd, radon, pswd/],
    [['--refine', '5', '--loss', 'pswd', '--loss-option', 'patch=99'], /99³ voxels do not fit/],
    [['--refine', '5', '--loss', 'pswd', '--loss-option', 'bin=3'], /bin/],
  ])('refuses %s', (options, sentence) =>
    expectRefusal([...pair(), '--moved', at('none.nii.gz'), ...options], sentence, at('none.nii.gz')),
  );
});
