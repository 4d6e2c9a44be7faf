import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/dataset/dataset.ts';
import { memoryFiles } from '../support/memoryFiles.ts';

const WHOLE = (id: string): Record<string, string> => ({
  [`data/${id}/MRI/${id}-T1.nii.gz`]: '',
  [`data/${id}/MRI/${id}-FLAIR.nii.gz`]: '',
  [`data/${id}/US/${id}-US-before.nii.gz`]: '',
  [`data/${id}/US/${id}-US-during.nii.gz`]: '',
  [`data/${id}/Landmarks/${id}-MRI-beforeUS.tag`]: '',
  [`data/${id}/Landmarks/${id}-US-before-during.tag`]: '',
});

describe('RESECT layout', () => {
  it('pairs the ultrasound before resection with the T1, in the order of the numbers', async () => {
    const dataset = await openDataset('data', memoryFiles({ ...WHOLE('Case10'), ...WHOLE('Case2') }));
    expect(dataset.cases.map(({ id }) => id)).toEqual(['Case2', 'Case10']);
    const path = 'data/Case2/Landmarks/Case2-MRI-beforeUS.tag';
    expect(dataset.cases[0]).toEqual({
      id: 'Case2',
      image: 'data/Case2/US/Case2-US-before.nii.gz',
      landmarks: { path, side: 'second' },
      moving: { image: 'data/Case2/MRI/Case2-T1.nii.gz', landmarks: { path, side: 'first' } },
    });
    expect(dataset.layout).toBe('resect');
    expect(dataset.incomplete).toBeUndefined();
    expect(dataset.synthetic).toBeUndefined();
    expect(dataset.imageNames).toEqual({ fixed: 'ultrasound', moving: 'MRI T1' });
  });

  it('takes the FLAIR when asked to', async () => {
    const { cases } = await openDataset('data', memoryFiles(WHOLE('Case2')), { mri: 'FLAIR' });
    expect(cases[0]?.moving?.image).toBe('data/Case2/MRI/Case2-FLAIR.nii.gz');
  });

  it('uses incomplete cases for what they have, and lists those that make no pair', async () => {
    const { 'data/Case3/Landmarks/Case3-MRI-beforeUS.tag': _, ...unmarked } = WHOLE('Case3');
    const { 'data/Case4/US/Case4-US-before.nii.gz': __, ...noUltrasound } = WHOLE('Case4');
    const files = memoryFiles({
      ...WHOLE('Case2'),
      ...unmarked,
      ...noUltrasound,
      'data/Case5/Landmarks/Case5-MRI-beforeUS.tag': '',
    });
    const { cases, incomplete } = await openDataset('data', files);
    expect(cases.map(({ id, landmarks }) => [id, landmarks !== undefined])).toEqual([
      ['Case2', true],
      ['Case3', false],
    ]);
    expect(incomplete).toEqual([
      { id: 'Case4', lacks: 'ultrasound before resection' },
      { id: 'Case5', lacks: 'T1 MRI and ultrasound before resection' },
    ]);
  });

  it('is found in the folder of a format', async () => {
    const below = Object.fromEntries(
      Object.entries(WHOLE('Case1')).map(([path, text]) => [path.replace('data/', 'data/NIFTI/'), text]),
    );
    const { cases } = await openDataset('data', memoryFiles(below));
    expect(cases[0]?.image).toBe('data/NIFTI/Case1/US/Case1-US-before.nii.gz');
  });

  it('says what is simulated, and refuses a description that does not', async () => {
    const simulation = { simulated: true, description: 'Ultrasound simulated from synthetic MRI.' };
    const dataset = await openDataset('data', memoryFiles({ ...WHOLE('Case1'), 'data/simulation.json': simulation }));
    expect(dataset.synthetic).toEqual({ kind: 'simulated', description: 'Ultrasound simulated from synthetic MRI.' });
    expect(dataset.name).toBe('data');
    const damaged = memoryFiles({ ...WHOLE('Case1'), 'data/simulation.json': { description: 'a' } });
    await expect(openDataset('data', damaged)).rejects.toThrow(/simulation.json' is not a description.*simulated/);
  });

  it('says so of cases that lost their simulation.json, by their landmark files', async () => {
    const copied = {
      ...WHOLE('Case1'),
      ...WHOLE('Case2'),
      'data/Case2/Landmarks/Case2-MRI-beforeUS.tag':
        'MNI Tag Point File\nVolumes = 2;\n% Case2: landmarks. SIMULATED by EarthMorph: synthetic MRI\n\nPoints =\n 0 0 0 0 0 0 "1";\n',
    };
    const dataset = await openDataset('data', memoryFiles(copied));
    expect(dataset.synthetic?.description).toBe(
      'The landmark file of Case2 says that Case2-US-before.nii.gz is simulated.',
    );
    expect(dataset.name).toBe('data');
  });

  it('is refused when no case has both images', async () => {
    const files = memoryFiles({ 'data/Case5/Landmarks/Case5-MRI-beforeUS.tag': '' });
    await expect(openDataset('data', files)).rejects.toThrow(/No case of 'data' has both T1 and ultrasound \(1 looked/);
  });
});
