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
      "'p.csv' has no column 'fixed' and no column 'moving' in its first line: make the first line fixed,moving (or fixed,moving,fixed_labels,moving_labels).",
    ],
    [
      'fixed\na',
      "'p.csv' has no column 'moving' in its first line: make the first line fixed,moving (or fixed,moving,fixed_labels,moving_labels).",
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

  const read = (contents: Record<string, string>, list: string, root?: string) => {
    const files = memoryFiles({ ...contents, 'pairs.csv': list });
    return readPairsCsv('pairs.csv', { root: 'd', cases: [] }, files, root);
  };
  const SUBJECTS = Object.fromEntries(
    ['s1/t1.nii', 's1/t2.nii.gz', 's2/t1.nii', 's2/t2.nii.gz', 't1.nii', 't1.nii.gz'].map((name) => [`d/${name}`, '']),
  );

  it('gives images of one name ids that tell them apart', async () => {
    const pairs = await read(
      SUBJECTS,
      'fixed,moving\ns1/t1.nii,s1/t2.nii.gz\ns2/t1.nii,s2/t2.nii.gz\nt1.nii,t1.nii.gz',
    );
    expect(pairs.map(({ fixed, moving }) => [fixed.id, moving.id])).toEqual([
      ['s1/t1', 's1/t2'],
      ['s2/t1', 's2/t2'],
      ['t1.nii', 't1.nii.gz'],
    ]);
  });

  it('leaves the ids of the dataset to its own cases', async () => {
    const files = memoryFiles({ ...VOLUMES, 'd/other/a.nii': '', 'pairs.csv': 'fixed,moving\na,other/a.nii' });
    const [pair] = await readPairsCsv('pairs.csv', await openDataset('d', files), files);
    expect([pair?.fixed.id, pair?.moving.id]).toEqual(['a', 'other/a']);
  });

  it('reads absolute paths, also those of the dataset, and volumes of 4-D files', async () => {
    const outside = { ...SUBJECTS, '/x/c.nii.gz': '' };
    const pairs = await read(
      outside,
      'fixed,moving\n/home/d/s1/t1.nii,"/x/c.nii.gz,2"\ns1/t1.nii,/x/c.nii.gz',
      '/home/d',
    );
    expect(pairs.map(({ fixed, moving }) => [fixed.image, moving.image])).toEqual([
      ['d/s1/t1.nii', '/x/c.nii.gz,2'],
      ['d/s1/t1.nii', '/x/c.nii.gz'],
    ]);
    expect(pairs.map(({ moving }) => moving.id)).toEqual(['c,2', 'c']);
  });

  it.each([
    ['fixed,moving\ns1/t1.nii,s2/t1.nii\ns2/t1.nii,s1/t1.nii\n./s1//t1.nii,s2/t1.nii', /twice, as pairs 1 and 3/],
    ['fixed,moving,fixed_labels\nt1.nii,s2/t1.nii,s1/t1.nii\nt1.nii,s2/t1.nii,./s1/t1.nii', /twice, as pairs 1 and 2/],
    ['fixed,moving\ns1/t1.nii,s2', /lists 'd\/s2', which does not have the name of a volume/],
    [`fixed,moving\n${'s1/t1.nii,s2/t1.nii\n'.repeat(100_001)}`, /lists 100001 pairs, and at most 100000 are allowed/],
    ['fixed,moving\ns1/t1.nii,s2/t1.nii\0', /is not UTF-8 text/],
  ])('refuses a list %#', async (list, sentence) => {
    await expect(read(SUBJECTS, list)).rejects.toThrow(sentence);
  });

  it('takes one pair with two segmentations for two', async () => {
    const list = 'fixed,moving,fixed_labels\nt1.nii,s2/t1.nii,s1/t1.nii\nt1.nii,s2/t1.nii,s2/t1.nii';
    expect(await read(SUBJECTS, list)).toHaveLength(2);
  });

  it('reads the longest list', async () => {
    const contents = Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`d/${n}.nii`, '']));
    const lines = Array.from({ length: 100_000 }, (_, n) => `${Math.floor(n / 400)}.nii,${n % 400}.nii`);
    expect(await read(contents, `fixed,moving\n${lines.join('\n')}`)).toHaveLength(100_000);
  });

  it('says which file is missing', async () => {
    const files = memoryFiles({ ...VOLUMES, 'pairs.csv': 'fixed,moving\nimagesTr/a.nii.gz,imagesTr/x.nii.gz' });
    await expect(readPairsCsv('pairs.csv', { root: 'd', cases: [] }, files)).rejects.toThrow(
      new UserError("'pairs.csv', pair 1 lists 'd/imagesTr/x.nii.gz', which is not there: paths are relative to 'd'."),
    );
  });
});
