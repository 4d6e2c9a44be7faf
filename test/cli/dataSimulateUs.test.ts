import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { readLandmarks } from '../../src/file/landmarkFile.ts';
import { readVolume, readWarp } from '../../src/file/volumeFile.ts';
import { warpPoints } from '../../src/volume/warp.ts';
import { earthmorph, expectRefusal, printed, start, temporaryFolder } from './support.ts';

const at = temporaryFolder();
const simulate = (out: string, ...args: string[]): string[] => ['data', 'simulate-us', '--out', out, ...args];
const coarse = ['--size', '32,32,30', '--spacing', '3.4'];

interface Said {
  readonly cases: readonly { id: string; mri: string }[];
}
const said = async (set: string): Promise<Said> =>
  JSON.parse(await readFile(at(set, 'synthetic.json'), 'utf8')) as Said;

beforeAll(async () => {
  const { code, stdout, stderr } = await earthmorph(simulate(at('set'), '--cases', '2', '--seed', '3', ...coarse));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(
    /set: 2 simulated cases, seed 3; landmarks are [\d.]+ ± [\d.]+ mm apart before registration\n$/,
  );
});

test("writes RESECT's layout, which reads back", async () => {
  expect((await readdir(at('set'))).sort()).toEqual(['Case1', 'Case2', 'synthetic.json']);
  const ultrasound = await readVolume(at('set', 'Case2', 'US', 'Case2-US-before.nii.gz'));
  const t1 = await readVolume(at('set', 'Case2', 'MRI', 'Case2-T1.nii.gz'));
  const flair = await readVolume(at('set', 'Case2', 'MRI', 'Case2-FLAIR.nii.gz'));
  expect(t1.size).toEqual([32, 32, 30]);
  expect(flair.affine).toEqual(t1.affine);
  expect(ultrasound.data.some((value) => value === 0) && ultrasound.data.some((value) => value > 0)).toBe(true);
  const warp = await readWarp(at('set', 'Case2', 'Truth', 'Case2-US-to-MRI-warp.nii.gz'));
  expect(warp.size).toEqual(ultrasound.size);
  const landmarks = await readLandmarks(at('set', 'Case2', 'Landmarks', 'Case2-MRI-beforeUS.tag'));
  const moved = warpPoints(
    warp,
    landmarks.map(({ second }) => second!),
  );
  for (const [n, { first }] of landmarks.entries())
    expect(Math.hypot(...first.map((mm, axis) => mm - moved[n]![axis]!))).toBeLessThan(0.05);
  const simulation = await said('set');
  expect(simulation).toMatchObject({ synthetic: true, kind: 'simulated', settings: { seed: 3 } });
  expect(simulation.cases[1]).toMatchObject({ id: 'Case2', mri: 'synthetic', landmarks: landmarks.length });
});

test('gives the same bytes for the same seed, however many cases there are', async () => {
  const found = await printed(simulate(at('again'), '--cases', '1', '--seed', '3', ...coarse));
  expect(found).toMatchObject({
    folder: at('again'),
    simulated: true,
    cases: 1,
    seed: 3,
    initialDistance: [expect.any(Number)],
  });
  for (const path of ['MRI/Case1-T1.nii.gz', 'US/Case1-US-before.nii.gz', 'Landmarks/Case1-MRI-beforeUS.tag']) {
    const [one, other] = await Promise.all([readFile(at('set', 'Case1', path)), readFile(at('again', 'Case1', path))]);
    expect(one.equals(other)).toBe(true);
  }
});

test('simulates from given MRI in the same layout', async () => {
  await earthmorph(simulate(at('real'), '--cases', '2', '--mri', at('set')));
  const simulation = await said('real');
  expect(simulation.cases.map(({ mri }) => mri)).toEqual(['Case1-T1.nii.gz', 'Case2-T1.nii.gz']);
  const [given, kept] = await Promise.all(
    ['set', 'real'].map((set) => readVolume(at(set, 'Case2', 'MRI', 'Case2-FLAIR.nii.gz'))),
  );
  expect(kept!.data).toEqual(given!.data);
});

test('leaves nothing behind after Ctrl-C', async () => {
  await mkdir(at('interrupted'));
  const [child, outcome] = start(simulate(at('interrupted', 'set'), '--cases', '500', ...coarse));
  while ((await readdir(at('interrupted'))).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGINT');
  expect(await outcome).toEqual({ code: 130, stdout: '', stderr: 'earthmorph: Stopped; nothing was written.\n' });
  expect(await readdir(at('interrupted'))).toEqual([]);
});

test.each([
  [['--cases', '0'], /must be at least 1/],
  [['--size', '40,48'], /three whole numbers from 8 to 512/],
  [['--shift', '40'], /'--shift <mm>' argument '40' is invalid\. It must be at most 15/],
  [['--spacing', '0'], /It must be at least 0\.2/],
  [['--size', '9,9,9'], /9 mm along its shortest side has no room for an ultrasound acquisition/],
  [['--mri', 'nowhere'], /nowhere/],
  [['--mri', 'nowhere.nii.gz'], /nowhere\.nii\.gz cannot be read/],
])('refuses %j', async (args, sentence) => {
  await expectRefusal(simulate(at('never'), ...args), sentence, at('never'));
});

test('refuses a folder with files, and --size together with --mri', async () => {
  await mkdir(at('used'));
  await writeFile(at('used', 'notes.txt'), 'mine');
  await expectRefusal(simulate(at('used')), /used already holds files/);
  await expectRefusal(
    simulate(at('never'), '--mri', at('set'), '--size', '40,40,40'),
    /The size is that of synthetic MRI; leave it out with real MRI/,
    at('never'),
  );
});
