import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readVolume, readWarp, writeVolume } from '../../src/file/volumeFile.ts';
import { encodeModel } from '../../src/network/model.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { trainModel } from '../../src/training/trainModel.ts';
import { applyWarp } from '../../src/volume/warp.ts';
import { runExample } from './run.ts';

let folder = '';
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earthmorph-example-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('two files go in, the moved image and the warp that made it come out', async () => {
  const cases = [0, 1, 2, 3].map((index) =>
    makePhantomCase({ seed: 1, index, size: [12, 16, 12], spacing: [3.5, 3.5, 3.5] }),
  );
  const { model } = await trainModel(cases, {
    settings: { size: 16, pad: 16, spacing: 3.5, encoder: [4], decoder: [4], remaining: [4], epochs: 1 },
    split: { train: 0.5, validation: 0.5, test: 0 },
  });
  await writeFile(file('model.onnx'), encodeModel(model));
  await writeVolume(file('fixed.nii.gz'), cases[0]!.image);
  await writeVolume(file('moving.nii.gz'), cases[1]!.image);

  const names = ['fixed.nii.gz', 'moving.nii.gz', 'moved.nii.gz', 'warp.nii.gz', 'model.onnx'];
  expect(await runExample('register.ts', ...names.map(file))).toMatch(/^Wrote .+; \d+\.\d{3} % of voxels folded\.\n$/);

  const moved = await readVolume(file('moved.nii.gz'));
  const expected = applyWarp(await readWarp(file('warp.nii.gz')), cases[1]!.image);
  expect(moved.size).toEqual(cases[0]!.image.size);
  const largest = Math.max(...moved.data.map((value, n) => Math.abs(value - expected.data[n]!)));
  expect(largest).toBeLessThan(1e-3 * Math.max(...moved.data));
});
