import { expect, test } from 'vitest';
import { imageFormat, withoutImageExtension } from '../../src/volume/imageFormat.ts';

test('formats are told by the extension', () => {
  expect(['a.nrrd', 'A.MHA', 'x/b.mgz', 'c.mgh.gz', 'd.nii', 'e.NII.GZ', 'f.vtk', 'g.nhdr'].map(imageFormat)).toEqual([
    'nrrd',
    'metaImage',
    'mgh',
    'mgh',
    'nifti',
    'nifti',
    'itk',
    'nrrd',
  ]);
  expect(['nrrd', 'a.txt', 'a.nii.bz2', 'a.gz', ''].map(imageFormat)).toEqual(Array(5).fill(undefined));
});

test('a name is known without its extension', () => {
  expect(['a.b.nii.gz', 'c.mgh.gz', 'd.nrrd', 'e.txt'].map(withoutImageExtension)).toEqual(['a.b', 'c', 'd', 'e.txt']);
});
