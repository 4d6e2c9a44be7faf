import { expect, it } from 'vitest';
import { findMri } from '../../../src/synthesis/ultrasound/mriSources.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';

const files = memoryFiles({
  'flat/a_T1w.nii.gz': '',
  'flat/a_FLAIR.nii.gz': '',
  'flat/b.nii': '',
  'flat/notes.txt': '',
  'resect/Case1/MRI/Case1-FLAIR.nii.gz': '',
  'resect/Case1/MRI/Case1-T1.nii.gz': '',
  'resect/Case1/US/Case1-US-before.nii.gz': '',
  'resect/Case2/MRI/Case2-T1.nii.gz': '',
  'other/notes.txt': '',
});

it('takes files as they are, and FLAIR to the T1 of its name', async () => {
  expect(await findMri(['x/T1.nii', 'x/FLAIR.nii', 'x/T1.nii'], files)).toEqual([
    { t1: 'x/T1.nii', flair: 'x/FLAIR.nii' },
  ]);
  expect(await findMri(['x/only-FLAIR.nii'], files)).toEqual([{ t1: 'x/only-FLAIR.nii' }]);
  expect(await findMri(['x/T1.nii', 'y/FLAIR.nii'], files)).toEqual([{ t1: 'x/T1.nii' }, { t1: 'y/FLAIR.nii' }]);
});

it('takes what lies in a folder', async () => {
  expect(await findMri(['flat'], files)).toEqual([
    { t1: 'flat/a_T1w.nii.gz', flair: 'flat/a_FLAIR.nii.gz' },
    { t1: 'flat/b.nii' },
  ]);
});

it("finds MRI in RESECT's layout, without its ultrasound", async () => {
  const [first, second] = ['Case1', 'Case2'].map((id) => `resect/${id}/MRI/${id}`);
  const expected = [{ t1: `${first}-T1.nii.gz`, flair: `${first}-FLAIR.nii.gz` }, { t1: `${second}-T1.nii.gz` }];
  expect(await findMri(['resect'], files)).toEqual(expected);
  expect(await findMri(['resect/Case1'], files)).toEqual([expected[0]]);
});

it('refuses a folder without volumes, and a missing one', async () => {
  await expect(findMri(['other'], files)).rejects.toThrow(
    "other holds no volumes; give MRI files, a folder of them, or one in RESECT's layout.",
  );
  await expect(findMri(['nowhere'], files)).rejects.toThrow('nowhere');
});
