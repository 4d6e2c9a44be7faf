import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/dataset/dataset.ts';
import { withKind } from '../../src/dataset/synthetic.ts';
import { UserError } from '../../src/errors.ts';
import { memoryFiles } from '../support/memoryFiles.ts';

const SAID = { synthetic: true, kind: 'simulated', description: 'All made up.', generator: 'dice', settings: {} };
const FOUND = { kind: 'simulated', description: 'All made up.' };
const open = (root: string, contents: Record<string, string | object>) => openDataset(root, memoryFiles(contents));

describe('that data are made', () => {
  const images = { 'made/imagesTr/a.nii': '', 'made/imagesTr/b.nii': '' };

  it.each([
    ['of the whole folder', 'made', { ...images, 'made/synthetic.json': SAID }],
    ['of the images in it', 'made/imagesTr', { ...images, 'made/synthetic.json': SAID }],
    ['of a folder in a folder', 'made', { 'made/a.nii': '', 'made/synthetic.json': SAID }],
    ['where a list names the files', 'made', { 'made/s1/a.nii': '', 'made/synthetic.json': SAID }],
  ])('is said %s', async (_, root, contents) => {
    const { synthetic } = await openDataset(root, memoryFiles(contents), { anyLayout: true });
    expect(synthetic).toEqual(FOUND);
  });

  it('is said by the dataset.json of phantoms, where that alone was copied', async () => {
    const description = 'Synthetic volumes with known correspondence';
    const manifest = { modality: { 0: 'synthetic' }, training: [{ image: 'imagesTr/a.nii' }] };
    expect((await open('made', { ...images, 'made/dataset.json': { ...manifest, description } })).synthetic).toEqual({
      kind: 'synthetic',
      description,
    });
    const scanner = { ...images, 'made/dataset.json': { ...manifest, modality: { 0: 'MRI' }, description } };
    expect((await open('made', scanner)).synthetic).toBeUndefined();
  });

  it('is said in the form of earlier versions', async () => {
    const said = { simulated: true, description: 'All made up.', seed: 1 };
    expect((await open('made', { ...images, 'made/simulation.json': said })).synthetic).toEqual(FOUND);
  });

  it('is not said of scans, nor of what lies beside a made folder', async () => {
    const contents = { 'real/a.nii': '', 'made/a.nii': '', 'made/synthetic.json': SAID };
    expect((await open('real', contents)).synthetic).toBeUndefined();
  });

  it.each([['{'], [{}], [{ ...SAID, synthetic: false }], [{ ...SAID, description: '' }], [{ ...SAID, kind: 'real' }]])(
    'is not passed over where it is damaged: %j',
    async (said) => {
      await expect(open('made', { ...images, 'made/synthetic.json': said })).rejects.toThrow(UserError);
      const list = openDataset('made', memoryFiles({ 'made/s/a.nii': '', 'made/synthetic.json': said }), {
        anyLayout: true,
      });
      await expect(list).rejects.toThrow(/synthetic\.json/);
    },
  );

  it('stands with the noun in a caption', () => {
    expect(withKind('pairs', { kind: 'synthetic', description: 'Made. Known.' })).toBe('synthetic pairs (Made. Known)');
    expect(withKind('pairs', undefined)).toBe('pairs');
  });
});
