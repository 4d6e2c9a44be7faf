import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CheckReport } from '../../src/dataset/check.ts';
import { readLabels, readVolume, writeLabels, writeVolume } from '../../src/file/volumeFile.ts';
import { cropPad } from '../../src/volume/resample.ts';
import { earthmorph, expectRefusal, printed, start, temporaryFolder } from './support.ts';

const at = temporaryFolder();
const phantom = (out: string, ...args: string[]): string[] => ['data', 'phantom', '--out', out, ...args];
const names = [1, 2, 3, 4].map((n) => `phantom_00${n}`);

beforeAll(async () => {
  const { code, stdout, stderr } = await earthmorph(phantom(at('good'), '--cases', '4', '--size', '40,48,36'));
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: `${at('good')}: 4 synthetic cases, seed 1\n`,
    stderr: '',
  });
});

describe('data phantom', () => {
  test('writes images, labels and landmarks in the layout of the Decathlon', async () => {
    expect((await readdir(at('good'))).sort()).toEqual([
      'dataset.json',
      'imagesTr',
      'labelsTr',
      'landmarksTr',
      'synthetic.json',
    ]);
    expect((await readdir(at())).filter((name) => name.startsWith('.'))).toEqual([]);
    for (const name of names) {
      const image = await readVolume(at('good', 'imagesTr', `${name}.nii.gz`));
      const labels = await readLabels(at('good', 'labelsTr', `${name}.nii.gz`));
      expect(image.size).toEqual([40, 48, 36]);
      expect(new Set(labels.data)).toEqual(new Set([0, 1, 2]));
      const landmarks = await readFile(at('good', 'landmarksTr', `${name}.csv`), 'utf8');
      expect(landmarks).toMatch(/^x,y,z\n(-?\d+\.\d+,-?\d+\.\d+,-?\d+\.\d+\n){3,}$/);
    }
  });

  test('gives the same files for the same seed, others for another', async () => {
    const bytes = async (folder: string): Promise<Buffer> => {
      return readFile(at(folder, 'imagesTr', 'phantom_002.nii.gz'));
    };
    for (const seed of ['1', '2'])
      await earthmorph(phantom(at(`seed${seed}`), '--cases', '2', '--size', '40,48,36', '--seed', seed));
    expect((await bytes('seed1')).equals(await bytes('good'))).toBe(true);
    expect((await bytes('seed2')).equals(await bytes('good'))).toBe(false);
  });

  test('fills an empty folder and prints JSON', async () => {
    await mkdir(at('empty-target'));
    const found = await printed(phantom(at('empty-target'), '--cases', '1', '--size', '9,9,9'));
    expect(found).toEqual({ folder: at('empty-target'), synthetic: true, cases: 1, seed: 1 });
    expect(await readdir(at('empty-target'))).toContain('dataset.json');
  });

  test('leaves nothing behind after Ctrl-C', async () => {
    await mkdir(at('interrupted'));
    const [child, outcome] = start(phantom(at('interrupted', 'set'), '--cases', '500', '--size', '40,48,36'));
    while ((await readdir(at('interrupted'))).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect(await outcome).toEqual({ code: 130, stdout: '', stderr: 'earthmorph: Stopped; nothing was written.\n' });
    expect(await readdir(at('interrupted'))).toEqual([]);
  });

  test('refuses a folder with files and one that cannot be made', async () => {
    await mkdir(at('used'));
    await writeFile(at('used', 'notes.txt'), 'mine');
    await expectRefusal(phantom(at('used'), '--cases', '1'), /used already holds files/);
    expect(await readdir(at('used'))).toEqual(['notes.txt']);
    const under = at('used', 'notes.txt', 'set');
    await expectRefusal(phantom(under, '--cases', '1'), /set cannot be made \(a part of the path is a file/, under);
    await expectRefusal(phantom(at('used', 'notes.txt'), '--cases', '1'), /cannot be made \(a part of the path/);
  });

  test.each([
    ['--cases', '0', /must be at least 1/],
    ['--cases', '2.5', /must be a whole number/],
    ['--seed', 'x', /must be a number/],
    ['--size', '40,48', /three whole numbers from 1 to 512/],
    ['--size', '40,,36', /three whole numbers from 1 to 512/],
    ['--size', '40,48,100000', /three whole numbers from 1 to 512/],
  ])('refuses %s %s', async (option, value, sentence) => {
    await expectRefusal(phantom(at('never'), option, value), sentence, at('never'));
  });
});

describe('data check', () => {
  test('finds no problem in a phantom, and describes it', async () => {
    const report = await printed<CheckReport & { name: string; layout: string }>(['data', 'check', at('good')]);
    expect(report).toMatchObject({ name: 'Phantom', layout: 'decathlon', problems: [] });
    expect(report.summary).toMatchObject({ cases: 4, withLabels: 4 });
    expect(report.summary.size.map(({ median }) => median)).toEqual([40, 48, 36]);
    for (const { min, max } of report.summary.spacing) expect([min, max]).toEqual([1, 1]);
    const { code, stdout, stderr } = await earthmorph(['data', 'check', at('good', 'dataset.json')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Phantom (decathlon): 4 cases, 4 with labels\n');
    expect(stdout).toMatch(/\nsize y, voxels +48 +48 +48\n/);
    expect(stdout).toMatch(/\nlabel 2 Posterior, mm³ \(4 cases\) +[\d.]+ +[\d.]+ +[\d.]+\n/);
    expect(stdout).toMatch(/\nNo problem found\.\n$/);
  });

  test('names every broken case and exits with 2', async () => {
    await cp(at('good'), at('broken'), { recursive: true });
    const labels = names.map((name) => at('broken', 'labelsTr', `${name}.nii.gz`));
    const image = at('broken', 'imagesTr', `${names[3]}.nii.gz`);
    await rm(labels[0]!);
    await writeLabels(labels[1]!, cropPad(await readLabels(labels[1]!), [1, 1, 1], [38, 46, 34]));
    const { size, affine, data } = await readLabels(labels[2]!);
    await writeLabels(labels[2]!, { size, affine, data: data.fill(0) });
    // What is no number is not written, so it is put into the file: voxel 7 of 32-bit floats behind the header.
    const bytes = gunzipSync(await readFile(image));
    bytes.writeFloatLE(Number.NaN, 352 + 4 * 7);
    await writeFile(image, gzipSync(bytes));

    const json = await earthmorph(['data', 'check', at('broken'), '--json']);
    expect(json.code).toBe(2);
    const { problems } = JSON.parse(json.stdout) as CheckReport;
    expect(problems.map((each) => [each.case, each.severity])).toEqual(names.map((name) => [name, 'error']));
    const text = await earthmorph(['data', 'check', at('broken')]);
    expect({ code: text.code, stderr: text.stderr }).toEqual({ code: 2, stderr: '' });
    expect(text.stdout).toMatch(/error +phantom_001: .*phantom_001\.nii\.gz cannot be read \(it does not exist\)/);
    expect(text.stdout).toMatch(/error +phantom_002: .* different sizes: 40×48×36 and 38×46×34 voxels/);
    expect(text.stdout).toMatch(/error +phantom_003: The labels are empty/);
    expect(text.stdout).toMatch(/error +phantom_004: .* has 1 voxel that is not a finite number/);
    expect(text.stdout).toMatch(/\nErrors: 4\. Warnings: 0\.\n$/);
  });

  test('only warns of an odd spacing', async () => {
    await cp(at('good'), at('odd'), { recursive: true });
    for (const folder of ['imagesTr', 'labelsTr']) {
      const path = at('odd', folder, `${names[0]}.nii.gz`);
      const image = await readVolume(path);
      const affine = image.affine.map((value, i) => (i === 0 ? 2 * value : value));
      if (folder === 'imagesTr') await writeVolume(path, { ...image, affine });
      else await writeLabels(path, { ...(await readLabels(path)), affine });
    }
    const { code, stdout } = await earthmorph(['data', 'check', at('odd')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/warning +phantom_001: The spacing 2 × 1 × 1 mm is far from/);
    expect(stdout).toMatch(/\nErrors: 0\. Warnings: 1\.\n$/);
  });

  test('refuses an empty folder, a missing one, a file, and a damaged dataset.json', async () => {
    await mkdir(at('empty'));
    await expectRefusal(['data', 'check', at('empty')], /empty.*: give (a|the) folder/);
    await expectRefusal(['data', 'check', at('nowhere')], /nowhere/);
    expect(existsSync(at('nowhere'))).toBe(false);
    await expectRefusal(['data', 'check', at('good', 'imagesTr', 'phantom_001.nii.gz')], /phantom_001\.nii\.gz/);
    await mkdir(at('json'));
    await writeFile(at('json', 'dataset.json'), '{"training": [');
    await expectRefusal(['data', 'check', at('json')], /dataset\.json/);
  });
});
