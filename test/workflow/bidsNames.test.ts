import { expect, test } from 'vitest';
import { bidsOutputs } from '../../src/workflow/bidsNames.ts';

test('two sequences of a subject are told apart by their suffixes', () => {
  expect(bidsOutputs('in/sub-01_ses-2_T1w.nii.gz', 'in/sub-01_ses-2_run-1_FLAIR.nii.gz')).toEqual({
    moved: 'sub-01_ses-2_run-1_space-T1w_desc-registered_FLAIR.nii.gz',
    movedLabels: 'sub-01_ses-2_run-1_space-T1w_desc-registered_dseg.nii.gz',
    warp: 'sub-01_ses-2_run-1_from-FLAIR_to-T1w_mode-image_xfm.nii.gz',
    inverseWarp: 'sub-01_ses-2_run-1_from-T1w_to-FLAIR_mode-image_xfm.nii.gz',
    affineTransform: 'sub-01_ses-2_run-1_from-FLAIR_to-T1w_mode-image_desc-affine_xfm.txt',
    report: 'sub-01_ses-2_run-1_space-T1w_desc-registered_FLAIR.html',
    figure: 'sub-01_ses-2_run-1_space-T1w_desc-registered_FLAIR.png',
  });
});

test('two sessions, or two subjects, by what differs', () => {
  const sessions = bidsOutputs('sub-01_ses-1_T1w.nii', 'sub-01_ses-2_T1w.nii', '.nrrd');
  expect(sessions.moved).toBe('sub-01_ses-2_space-ses1_desc-registered_T1w.nrrd');
  expect(sessions.warp).toBe('sub-01_ses-2_from-ses2_to-ses1_mode-image_xfm.nrrd');
  expect(bidsOutputs('sub-01_T1w.nii.gz', 'sub-02_T1w.nii.gz').warp).toBe(
    'sub-02_from-sub02_to-sub01_mode-image_xfm.nii.gz',
  );
  // A session that only one has.
  expect(bidsOutputs('sub-01_T1w.nii.gz', 'sub-01_ses-2_T1w.nii.gz').warp).toBe(
    'sub-01_ses-2_from-ses2_to-T1w_mode-image_xfm.nii.gz',
  );
});

test('what described the processing of the moving scan gives way', () => {
  const { moved } = bidsOutputs('tpl-MNI152_res-1_T1w.nii.gz', 'sub-01_acq-mp2rage_space-orig_desc-preproc_T2w.nii.gz');
  expect(moved).toBe('sub-01_acq-mp2rage_space-T1w_desc-registered_T2w.nii.gz');
});

test.each([
  ['sub-01_T1w.nii.gz', true],
  ['a/b/sub-01_ses-2_T1w.nrrd', true],
  ['T1w.nii.gz', false],
  ['sub-01.nii.gz', false],
  ['sub-01_T1 w.nii.gz', false],
  ['ses-2_T1w.nii.gz', false],
  ['sub-01_sub-02_T1w.nii.gz', false],
  ['sub-01_left_T1w.nii.gz', false],
])('%s is a name of BIDS: %s', (name, wanted) => {
  const named = (): unknown => bidsOutputs('sub-03_FLAIR.nii.gz', name);
  if (wanted) expect(named).not.toThrow();
  else expect(named).toThrow(/does not have a BIDS name/);
});
