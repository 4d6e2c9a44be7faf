import { describe, expect, it, test } from 'vitest';
import { readVolume } from '../../src/file/volumeFile.ts';
import { randomStream } from '../../src/random.ts';
import { areTwoModalities, judgeModalities, suitedLoss } from '../../src/registration/modality.ts';
import { multiply, translation } from '../../src/volume/matrix.ts';
import { ball } from '../report/phantom.ts';
import { HIPPOCAMPUS, RESECT } from '../support/realData.ts';
import { obliqueGrid, scene, speckled, volumeOf } from '../support/scene.ts';

const shown = ball([0, 0, 0], 7);
const fixed = { ...shown, data: shown.data.map((value, index) => 10 + value + (index % 7) / 100) };
const made = (change: (value: number, index: number) => number) => ({ ...fixed, data: fixed.data.map(change) });
const judged = (other: typeof fixed): boolean => areTwoModalities({ fixed, moved: other, before: other });

test('images whose intensities rise together are of one modality, whatever their units and noise', () => {
  expect(judged(fixed)).toBe(false);
  expect(judged(made((value) => 3 * value - 7))).toBe(false);
  expect(judged(made((value, index) => value + ((index * 0.618) % 1) * 0.2))).toBe(false);
  // It is enough that they do so before registration: a warp that tears an image apart makes no second modality.
  const torn = made((_, index) => 1 + ((index * 0.618) % 1));
  expect(areTwoModalities({ fixed, before: fixed, moved: torn })).toBe(false);
});

test('inverted, unrelated and even images are two', () => {
  expect(judged(made((value) => 30 - value))).toBe(true);
  expect(judged(made((_, index) => 1 + ((index * 0.618) % 1)))).toBe(true);
  expect(judged(made(() => 5))).toBe(true);
  expect(judged(made(() => 0))).toBe(true);
});

test('what has no data does not count', () => {
  // A field of view: zero outside in one image alone.
  expect(judged(made((value, index) => (index % 3 === 0 ? 0 : value)))).toBe(false);
  expect(judged(made((value, index) => (index % 3 === 0 ? Number.NaN : value)))).toBe(false);
});

const scan = volumeOf(obliqueGrid([44, 40, 26], [2, 2.4, 3], [0.3, -0.2], [1, -2, 3]), (p) => 40 * scene(p) + 5);
const noise = (seed: number): (() => number) => {
  const random = randomStream(seed, 'noise');
  return () => random.uniform() - 0.5;
};

describe('the judgement of a pair before it is registered', () => {
  it('takes a moved, rescaled and noisy scan for the same modality, and neither for ultrasound', () => {
    const draw = noise(3);
    const data = scan.data.map((value) => 3 * value - 50 + 4 * draw());
    const affine = multiply(translation([9, -6, 4]), scan.affine);
    const verdict = judgeModalities(scan, { ...scan, affine, data });
    expect(verdict).toMatchObject({ same: true, why: expect.stringMatching(/^One modality: .*rise together/) });
    expect(verdict.ultrasound).toBeUndefined();
    expect(verdict.numbers.correlation).toBeGreaterThan(0.9);
  });

  it('takes another contrast for another modality', () => {
    const data = scan.data.map((value) => (value > 20 ? 200 - value : value));
    expect(judgeModalities(scan, { ...scan, data })).toMatchObject({
      same: false,
      why: expect.stringMatching(/^Two modalities/),
    });
  });

  it('finds speckle in a sector, on either side or both', () => {
    const inverted = { ...scan, data: scan.data.map((value) => 300 - value) };
    expect(judgeModalities(inverted, speckled(scan, 1))).toMatchObject({ same: false, ultrasound: 'moving' });
    expect(judgeModalities(speckled(scan, 1), inverted)).toMatchObject({ same: false, ultrasound: 'fixed' });
    expect(judgeModalities(speckled(scan, 1), speckled(scan, 2))).toMatchObject({ same: true, ultrasound: 'both' });
  });

  it('gives numbers for even scans too', () => {
    const even = { ...scan, data: scan.data.map(() => 7) };
    const { same, ultrasound, numbers } = judgeModalities(even, even);
    expect([same, ultrasound, numbers.correlation, numbers.fixed.grain]).toEqual([false, undefined, 0, 0]);
  });

  it.skipIf(!RESECT.isHere)(`tells RESECT's ultrasound from its MRI${RESECT.why}`, async () => {
    const read = (folder: string, name: string) => readVolume(RESECT.at('Case24', folder, `Case24-${name}.nii.gz`));
    const [us, t1, flair] = [await read('US', 'US-before'), await read('MRI', 'T1'), await read('MRI', 'FLAIR')];
    expect(judgeModalities(us, t1)).toMatchObject({ same: false, ultrasound: 'fixed' });
    expect(judgeModalities(flair, us)).toMatchObject({ same: false, ultrasound: 'moving' });
    const mri = judgeModalities(t1, flair);
    expect([mri.same, mri.ultrasound]).toEqual([false, undefined]);
  });

  it.skipIf(!HIPPOCAMPUS.isHere)(`takes two hippocampi for one modality${HIPPOCAMPUS.why}`, async () => {
    const read = (id: string) => readVolume(HIPPOCAMPUS.at('imagesTr', `hippocampus_${id}.nii.gz`));
    const verdict = judgeModalities(await read('001'), await read('003'));
    expect([verdict.same, verdict.ultrasound]).toEqual([true, undefined]);
  });
});

test('the loss that suits a pair is NCC within one modality, MSE for even objects, MIND across two', () => {
  expect([suitedLoss(true, false), suitedLoss(true, true)]).toEqual(['ncc', 'mse']);
  expect([suitedLoss(false, false), suitedLoss(false, true)]).toEqual(['mind', 'mind']);
  const grid = obliqueGrid([30, 28, 26], [3, 3, 3], [0.1, 0], [0, 0, 0]);
  const one = volumeOf(grid, scene);
  const other = volumeOf(grid, (p) => 300 * Math.exp(-(((scene(p) - 0.9) / 0.7) ** 2)) - 40 * scene(p));
  expect(judgeModalities(one, one).same).toBe(true);
  expect(judgeModalities(one, other).same).toBe(false);
});
