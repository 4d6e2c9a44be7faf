import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/dataset/dataset.ts';
import { memoryFiles } from '../support/memoryFiles.ts';

const SET = (set: string, ...names: string[]): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) =>
      ['fixed_images', 'fixed_labels', 'moving_images', 'moving_labels'].map((folder) => [
        `${set}/${folder}/${name}.nii.gz`,
        '',
      ]),
    ),
  );

describe('DeepReg layout', () => {
  it('pairs images of one name, with the organ as label and the other structures as landmarks', async () => {
    const files = memoryFiles({ ...SET('data/train', 'case1', 'case0'), ...SET('data/test', 'case2') });
    const { cases, layout, labelNames } = await openDataset('data', files);
    expect(layout).toBe('deepreg');
    expect(labelNames).toEqual({ 1: 'organ' });
    expect(cases.map(({ id }) => id)).toEqual(['case0', 'case1', 'case2']);
    expect(cases[2]).toEqual({
      id: 'case2',
      image: 'data/test/fixed_images/case2.nii.gz',
      labels: 'data/test/fixed_labels/case2.nii.gz,1',
      landmarks: { path: 'data/test/fixed_labels/case2.nii.gz', side: 'first', skip: 1 },
      moving: {
        image: 'data/test/moving_images/case2.nii.gz',
        labels: 'data/test/moving_labels/case2.nii.gz,1',
        landmarks: { path: 'data/test/moving_labels/case2.nii.gz', side: 'first', skip: 1 },
      },
    });
  });

  it('works without sets and without labels', async () => {
    const files = memoryFiles({ 'data/fixed_images/a.nii.gz': '', 'data/moving_images/a.nii.gz': '' });
    const { cases } = await openDataset('data', files);
    expect(cases).toEqual([
      { id: 'a', image: 'data/fixed_images/a.nii.gz', moving: { image: 'data/moving_images/a.nii.gz' } },
    ]);
  });

  it('refuses an image without its counterpart, and two cases of one name', async () => {
    const alone = memoryFiles({ ...SET('data', 'a'), 'data/moving_images/b.nii.gz': '' });
    await expect(openDataset('data', alone)).rejects.toThrow(/b.nii.gz' is in only one of/);
    const twice = memoryFiles({ ...SET('data/train', 'a'), ...SET('data/test', 'a') });
    await expect(openDataset('data', twice)).rejects.toThrow(/two images named 'a'/);
  });
});
