import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/dataset/dataset.ts';
import { parsePairsCsv, readPairsCsv } from '../../src/dataset/pairsCsv.ts';
import { UserError } from '../../src/errors.ts';
import { memoryFiles } from '../support/memoryFiles.ts';

const VOLUMES = {
  'd/imagesTr/a.nii.gz': '',
  'd/imagesTr/b.nii.gz': '',
  'd/labelsTr/a.nii.gz': '',
  'd/labelsTr/b.nii.gz': '',
  'd/other/c.nii': '',
  'd/other/labels/c.nii': '',
};

describe('parsePairsCsv', () => {
  it('reads columns in any order, past a byte order mark, spaces, carriage returns and empty lines', () => {
    expect(
      parsePairsCsv('\uFEFFmoving, fixed,fixed_labels\r\nm.nii ,f.nii,\r\n\r\n"n,1.nii",g.nii,g_l.nii\r\n', 'p'),
    ).toEqual([
      { fixed: 'f.nii', moving: 'm.nii' },
      { fixed: 'g.nii', moving: 'n,1.nii', fixedLabels: 'g_l.nii' },
    ]);
  });

  it.each([
    [
      '',
      "'p.csv' has no column 'fixed' and no column 'moving' in its first line: start it with fixed,moving (and fixed_labels,moving_labels if you like).",
    ],
    [
      'fixed\na',
      "'p.csv' has no column 'moving' in its first line: start it with fixed,moving (and fixed_labels,moving_labels if you like).",
    ],
    [
      'fixed,moving,mask\na,b,c',
      "'p.csv' has an unknown column 'mask': the columns are fixed, moving, fixed_labels, moving_labels.",
    ],
    ['fixed,moving\n', "'p.csv' lists no pair: add lines below the header."],
    ['fixed,moving\na,b\nc,', "'p.csv', pair 2 has no moving image: give both images of every pair."],
    ['fixed,moving\n,b', "'p.csv', pair 1 has no fixed image: give both images of every pair."],
  ])('refuses %j', (text, message) => {
    expect(() => parsePairsCsv(text, 'p.csv')).toThrow(new UserError(message));
  });

  it('refuses a line with too many or too few values', () => {
    expect(() => parsePairsCsv('fixed,moving\na,b,c', 'p.csv')).toThrow(
      /^'p.csv', pair 1 is malformed \(.+\): give every/,
    );
    expect(() => parsePairsCsv('fixed,moving\na', 'p.csv')).toThrow(UserError);
  });
});

describe('readPairsCsv', () => {
  it('finds paths, ids and labels', async () => {
    const files = memoryFiles({
      ...VOLUMES,
      'pairs.csv':
        'fixed,moving,moving_labels\nimagesTr/a.nii.gz,b,\nother/c.nii,./imagesTr/b.nii.gz,labelsTr/a.nii.gz',
    });
    const dataset = await openDataset('d', files);
    const b = { id: 'b', image: 'd/imagesTr/b.nii.gz', labels: 'd/labelsTr/b.nii.gz' };
    expect(await readPairsCsv('pairs.csv', dataset, files)).toEqual([
      { fixed: { id: 'a', image: 'd/imagesTr/a.nii.gz', labels: 'd/labelsTr/a.nii.gz' }, moving: b },
      {
        fixed: { id: 'c', image: 'd/other/c.nii', labels: 'd/other/labels/c.nii' },
        moving: { ...b, labels: 'd/labelsTr/a.nii.gz' },
      },
    ]);
    // Without a dataset the labels are found beside the images all the same.
    const [first] = await readPairsCsv(
      'pairs.csv',
      { root: 'd', cases: [] },
      memoryFiles({
        ...VOLUMES,
        'pairs.csv': 'fixed,moving\nimagesTr/a.nii.gz,imagesTr/b.nii.gz',
      }),
    );
    expect(first?.moving).toEqual(b);
  });

  it('says which file is missing', async () => {
    const files = memoryFiles({ ...VOLUMES, 'pairs.csv': 'fixed,moving\nimagesTr/a.nii.gz,imagesTr/x.nii.gz' });
    await expect(readPairsCsv('pairs.csv', { root: 'd', cases: [] }, files)).rejects.toThrow(
      new UserError("'pairs.csv', pair 1 lists 'd/imagesTr/x.nii.gz', which is not there: paths are relative to 'd'."),
    );
  });
});
