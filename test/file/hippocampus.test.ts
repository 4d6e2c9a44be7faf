import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readLabels, readVolume } from '../../src/file/volumeFile.ts';
import { dice, labelsIn } from '../../src/metric/dice.ts';
import { hd95 } from '../../src/metric/hausdorff.ts';
import { mapTriple } from '../../src/triple.ts';
import { looksLikeLabels, sameGrid } from '../../src/volume/checks.ts';
import { orientationOf, spacingOf } from '../../src/volume/matrix.ts';
import { cropPad } from '../../src/volume/resample.ts';
import { HIPPOCAMPUS } from '../support/realData.ts';

const { at, isHere, why } = HIPPOCAMPUS;

test.skipIf(!isHere)(`hippocampus: images and labels are read and fit together${why}`, async () => {
  const names = (await readdir(at('imagesTr'))).filter((name) => name.endsWith('.nii.gz')).sort();
  expect(names.length).toBeGreaterThan(12);
  for (const name of names.slice(0, 12)) {
    const image = await readVolume(at('imagesTr', name));
    const labels = await readLabels(at('labelsTr', name));
    expect(sameGrid(image, labels)).toBe(true);
    for (const spacing of spacingOf(image.affine)) expect(spacing).toBeCloseTo(1, 5);
    expect(orientationOf(image.affine)).toBe('RAS');
    expect(labelsIn(labels.data)).toEqual([1, 2]);
    expect(looksLikeLabels(image)).toBe(false);
    expect(image.size[1]).toBeGreaterThanOrEqual(40);
  }
});

test.skipIf(!isHere)(`hippocampus: unregistered pairs overlap by about half${why}`, async () => {
  const names = (await readdir(at('labelsTr'))).filter((name) => name.endsWith('.nii.gz')).sort();
  const size = [64, 64, 64] as const;
  const padded = await Promise.all(
    names.slice(0, 8).map(async (name) => {
      const labels = await readLabels(at('labelsTr', name));
      const offset = mapTriple(labels.size, (edge) => Math.floor((edge - size[0]) / 2));
      return cropPad(labels, offset, size);
    }),
  );
  const scores = padded.slice(1).flatMap((labels, i) => dice(padded[i]!.data, labels.data, [1, 2]));
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  expect(mean).toBeGreaterThan(0.4);
  expect(mean).toBeLessThan(0.7);
  const distance = hd95(padded[0]!.data, padded[1]!.data, size, [1, 1, 1], 1);
  expect(distance).toBeGreaterThan(1);
  expect(distance).toBeLessThan(15);
});
