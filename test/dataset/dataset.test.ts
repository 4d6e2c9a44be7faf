import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/dataset/dataset.ts';
import { UserError } from '../../src/errors.ts';
import { memoryFiles } from '../support/memoryFiles.ts';

const DECATHLON = {
  name: 'Hippocampus',
  labels: { 0: 'background', 1: 'Anterior', 2: 'Posterior' },
  training: [
    { image: './imagesTr/h_002.nii.gz', label: './labelsTr/h_002.nii.gz' },
    { image: './imagesTr/h_001.nii.gz', label: './labelsTr/h_001.nii.gz' },
    { image: './imagesTr/._h_001.nii.gz', label: './labelsTr/._h_001.nii.gz' },
  ],
  test: ['./imagesTs/h_003.nii.gz'],
};

function decathlonFiles(json: object | string = DECATHLON) {
  return {
    'data/dataset.json': json,
    'data/imagesTr/h_001.nii.gz': '',
    'data/imagesTr/h_002.nii.gz': '',
    'data/labelsTr/h_001.nii.gz': '',
    'data/labelsTr/h_002.nii.gz': '',
  };
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

describe('any layout, for lists that name their files', () => {
  const open = (contents: Record<string, string | object>) =>
    openDataset('d', memoryFiles(contents), { requireFiles: false, anyLayout: true });

  it.each([
    ['subjects in folders', { 'd/sub-01/anat/T1w.nii.gz': '', 'd/dataset_description.json': '{}' }],
    ['a description of another kind', { 'd/dataset.json': { channel_names: {}, numTraining: 3 }, 'd/s1/t1.nii': '' }],
    ['a description without cases', { 'd/dataset.json': { training: [] }, 'd/s1/t1.nii': '' }],
    ['images of one name', { 'd/a.nii': '', 'd/a.nii.gz': '' }],
    ['labels alone', { 'd/labels/a.nii': '', 'd/s1/a.nii': '' }],
    ['cases of MRI alone', { 'd/Case1/MRI/Case1-T1.nii.gz': '' }],
    ['an image without its counterpart', { 'd/fixed_images/a.nii': '', 'd/moving_images/b.nii': '' }],
  ])('takes %s for a folder without cases', async (_, contents) => {
    expect(await open(contents)).toMatchObject({ root: 'd', cases: [] });
    await expect(openDataset('d', memoryFiles(contents))).rejects.toThrow(UserError);
  });

  it('still refuses what is damaged or not there', async () => {
    expect(await messageOf(open({ 'd/dataset.json': '{' }))).toContain('is not valid JSON');
    expect(await messageOf(open({ 'e/a.nii': '' }))).toContain("no folder 'd'");
    const simulated = {
      'd/simulation.json': '{}',
      'd/Case1/MRI/Case1-T1.nii': '',
      'd/Case1/US/Case1-US-before.nii': '',
    };
    expect(await messageOf(open(simulated))).toContain('simulation.json');
  });

  it('quotes what is no JSON in one line', async () => {
    expect(await messageOf(open({ 'd/dataset.json': 'no\njson\n\u001b[31m' }))).not.toMatch(/\p{Cc}/u);
  });
});

describe('Decathlon layout', () => {
  it('lists the training cases by id, without the files of macOS', async () => {
    const dataset = await openDataset('data', memoryFiles(decathlonFiles()));
    expect(dataset).toEqual({
      name: 'Hippocampus',
      root: 'data',
      layout: 'decathlon',
      labelNames: { 1: 'Anterior', 2: 'Posterior' },
      cases: [
        { id: 'h_001', image: 'data/imagesTr/h_001.nii.gz', labels: 'data/labelsTr/h_001.nii.gz' },
        { id: 'h_002', image: 'data/imagesTr/h_002.nii.gz', labels: 'data/labelsTr/h_002.nii.gz' },
      ],
    });
  });

  it('lists the two images of each case, where all have two', async () => {
    const side = (name: string) => ({ image: `./${name}.nii`, label: `./${name}-labels.nii` });
    const training = [
      { ...side('a'), moving: side('b') },
      { image: './c.nii', moving: { image: './d.nii' } },
    ];
    const names = ['a', 'a-labels', 'b', 'b-labels', 'c', 'd'];
    const files = Object.fromEntries(names.map((name) => [`data/${name}.nii`, '']));
    const open = (json: object) => openDataset('data', memoryFiles({ ...files, 'data/dataset.json': json }));
    expect((await open({ training })).cases).toEqual([
      {
        id: 'a',
        image: 'data/a.nii',
        labels: 'data/a-labels.nii',
        moving: { image: 'data/b.nii', labels: 'data/b-labels.nii' },
      },
      { id: 'c', image: 'data/c.nii', moving: { image: 'data/d.nii' } },
    ]);
    expect(await messageOf(open({ training: [training[0], side('c')] }))).toBe(
      "'data/dataset.json' has moving images for only some of its cases: give one for every case, or for none.",
    );
  });

  it('opens from an empty root, from a trailing slash and from the path of the JSON file', async () => {
    const bare = Object.fromEntries(Object.entries(decathlonFiles()).map(([path, text]) => [path.slice(5), text]));
    expect((await openDataset('', memoryFiles(bare))).cases[0]?.image).toBe('imagesTr/h_001.nii.gz');
    for (const root of ['data/', 'data/dataset.json']) {
      const { cases } = await openDataset(root, memoryFiles(decathlonFiles()));
      expect(cases[0]?.image).toBe('data/imagesTr/h_001.nii.gz');
    }
  });

  it('says which listed file is missing, unless told that files may be', async () => {
    const { 'data/labelsTr/h_002.nii.gz': _, ...files } = decathlonFiles();
    expect(await messageOf(openDataset('data', memoryFiles(files)))).toBe(
      "'data/labelsTr/h_002.nii.gz' is not there although 'data' lists it: complete the copy or download it again.",
    );
    const { 'data/labelsTr/h_001.nii.gz': __, ...fewer } = files;
    expect(await messageOf(openDataset('data', memoryFiles(fewer)))).toBe(
      "'data/labelsTr/h_001.nii.gz' and 1 more of 4 listed files are not there although 'data' lists them: complete the copy or download it again.",
    );
    expect((await openDataset('data', memoryFiles(files), { requireFiles: false })).cases).toHaveLength(2);
  });

  it('says what is wrong with a JSON file', async () => {
    expect(await messageOf(openDataset('data', memoryFiles(decathlonFiles('{"name": '))))).toMatch(
      /^'data\/dataset.json' is not valid JSON \(.+\): correct the file or download it again.$/,
    );
    const wrong = { ...DECATHLON, training: [{ image: 'a.nii' }, { label: 'b.nii' }] };
    expect(await messageOf(openDataset('data', memoryFiles(decathlonFiles(wrong))))).toMatch(
      /^'data\/dataset.json' is not a description of a dataset, at 'training\[1\].image' \(.+\): correct the file.$/,
    );
    const none = { ...DECATHLON, training: [] };
    expect(await messageOf(openDataset('data', memoryFiles(decathlonFiles(none))))).toBe(
      "'data' lists no case: give a folder with volumes (.nii.gz, .nii, .nrrd, .mha, ...).",
    );
    const twice = { training: [{ image: 'a/x.nii' }, { image: 'b/x.nii' }] };
    expect(await messageOf(openDataset('data', memoryFiles(decathlonFiles(twice))))).toBe(
      "'data/dataset.json' has two images named 'x' ('a/x.nii', 'b/x.nii'): rename one of them.",
    );
  });
});

describe('Learn2Reg layout', () => {
  const image = (name: string) => `./imagesTr/${name}.nii.gz`;
  const filesFor = (json: object, names: readonly string[], labelled: readonly string[] = []) =>
    memoryFiles({
      'l2r/Task_dataset.json': json,
      ...Object.fromEntries(names.map((name) => [`l2r/imagesTr/${name}.nii.gz`, ''])),
      ...Object.fromEntries(labelled.map((name) => [`l2r/labelsTr/${name}.nii.gz`, ''])),
    });

  it('drops the channel suffix that every image has, and reads the official pairs', async () => {
    const names = ['H_0001_0000', 'H_0002_0000', 'H_0201_0000', 'H_0202_0000'];
    const json = {
      name: 'HippocampusMR',
      pairings: 'unpaired',
      labels: { '0': { '1': 'head', '2': 'tail' } },
      training: names.slice(0, 2).map((name) => ({ image: image(name), label: `./labelsTr/${name}.nii.gz` })),
      registration_val: [{ fixed: image('H_0201_0000'), moving: image('H_0202_0000') }],
      registration_test: [{ fixed: './imagesTs/H_0301_0000.nii.gz', moving: './imagesTs/H_0302_0000.nii.gz' }],
    };
    const dataset = await openDataset('l2r', filesFor(json, names, names));
    expect(dataset.layout).toBe('learn2reg');
    expect(dataset.cases.map(({ id }) => id)).toEqual(['H_0001', 'H_0002', 'H_0201', 'H_0202']);
    // Images that only the pairs name are cases too, with the labels beside them.
    expect(dataset.cases[2]).toEqual({
      id: 'H_0201',
      image: 'l2r/imagesTr/H_0201_0000.nii.gz',
      labels: 'l2r/labelsTr/H_0201_0000.nii.gz',
    });
    expect(dataset.officialPairs).toEqual([{ fixed: 'H_0201', moving: 'H_0202', split: 'validation' }]);
    expect(dataset.labelNames).toEqual({ 1: 'head', 2: 'tail' });
  });

  it('keeps the channel where one case has several, and lists a validation pair once', async () => {
    const names = ['L_0001_0000', 'L_0001_0001', 'L_0002_0000', 'L_0002_0001'];
    const pair = (n: number) => ({ fixed: image(`L_000${n}_0000`), moving: image(`L_000${n}_0001`) });
    const json = {
      name: 'NLST',
      training: names.map((name) => ({ image: image(name), keypoints: 'ignored.csv' })),
      training_paired_images: [pair(1), pair(2)],
      registration_val: [pair(2)],
    };
    const dataset = await openDataset('l2r', filesFor(json, names));
    expect(dataset.cases.map(({ id }) => id)).toEqual(names);
    expect(dataset.cases[0]).toEqual({ id: 'L_0001_0000', image: 'l2r/imagesTr/L_0001_0000.nii.gz' });
    expect(dataset.officialPairs).toEqual([
      { fixed: 'L_0001_0000', moving: 'L_0001_0001', split: 'training' },
      { fixed: 'L_0002_0000', moving: 'L_0002_0001', split: 'validation' },
    ]);
  });

  it('reads lists by modality', async () => {
    const json = {
      pairings: 'hybrid',
      training: { '0': [{ image: image('A_0001_0000') }], '1': [{ image: image('A_0001_0001') }] },
    };
    const dataset = await openDataset('l2r', filesFor(json, ['A_0001_0000', 'A_0001_0001']));
    expect(dataset.cases).toHaveLength(2);
    expect(dataset.name).toBe('l2r');
  });

  it('misses an image of a validation pair', async () => {
    const json = { registration_val: [{ fixed: image('a'), moving: image('b') }] };
    expect(await messageOf(openDataset('l2r', filesFor(json, ['a'])))).toContain(
      "'l2r/imagesTr/b.nii.gz' is not there although 'l2r' lists it",
    );
  });

  it('asks which of several datasets is meant', async () => {
    const files = memoryFiles({ 'x/A_dataset.json': {}, 'x/B_dataset.json': {} });
    expect(await messageOf(openDataset('x', files))).toBe(
      "'x' holds several datasets (A_dataset.json, B_dataset.json): give the path of one of these files instead.",
    );
  });
});

describe('plain folders', () => {
  it('matches labels by name, with or without the channel suffix', async () => {
    const files = memoryFiles({
      'own/images/a_0000.nii': '',
      'own/images/b_0000.nii': '',
      'own/images/._a_0000.nii': '',
      'own/images/notes.txt': '',
      'own/labels/a.nii.gz': '',
    });
    const dataset = await openDataset('own', files);
    expect(dataset.layout).toBe('folder');
    expect(dataset.cases).toEqual([
      { id: 'a', image: 'own/images/a_0000.nii', labels: 'own/labels/a.nii.gz' },
      { id: 'b', image: 'own/images/b_0000.nii' },
    ]);
  });

  it('takes the Decathlon folders without their JSON, and a flat folder', async () => {
    const { 'data/dataset.json': _, ...files } = decathlonFiles();
    expect((await openDataset('data', memoryFiles(files))).cases[1]?.labels).toBe('data/labelsTr/h_002.nii.gz');
    const flat = await openDataset('flat', memoryFiles({ 'flat/b.mha': '', 'flat/a.nii.gz': '' }));
    expect(flat.cases).toEqual([
      { id: 'a', image: 'flat/a.nii.gz' },
      { id: 'b', image: 'flat/b.mha' },
    ]);
  });

  it('says what is missing', async () => {
    expect(await messageOf(openDataset('nowhere', memoryFiles({ 'data/a.nii': '' })))).toBe(
      "There is no folder 'nowhere': give the folder that holds dataset.json or the images.",
    );
    expect(await messageOf(openDataset('data', memoryFiles({ 'data/readme.txt': '' })))).toBe(
      "'data' lists no case: give a folder with volumes (.nii.gz, .nii, .nrrd, .mha, ...).",
    );
    const orphan = memoryFiles({ 'd/images/a.nii': '', 'd/labels/a.nii': '', 'd/labels/b.nii': '' });
    expect(await messageOf(openDataset('d', orphan))).toBe(
      "'d/labels/b.nii' has no image of that name in 'd/images': add the image or remove the labels.",
    );
    expect((await openDataset('d', orphan, { requireFiles: false })).cases).toHaveLength(1);
    expect(await messageOf(openDataset('d', memoryFiles({ 'd/labels/a.nii': '' })))).toBe(
      "'d' has labels/ but no images/ or imagesTr/: add the folder of the images.",
    );
  });

  it('lets a fault of the file access pass', async () => {
    const files = { ...memoryFiles({ 'd/a.nii': '' }), list: () => Promise.reject(new RangeError('broken')) };
    await expect(openDataset('d', files)).rejects.toThrow(RangeError);
  });
});
