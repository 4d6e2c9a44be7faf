import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, test } from 'vitest';
import { writeLabels, writeVolume, writeWarp } from '../../src/file/volumeFile.ts';
import { gzip } from '../../src/volume/gzip.ts';
import { identity } from '../../src/volume/matrix.ts';
import { handmadeNifti } from '../volume/handmade.ts';
import { expectRefusal, temporaryFolder, warpOf } from './support.ts';

const at = temporaryFolder();
const grid = { size: [8, 8, 8], affine: identity } as const;

/** Damaged images: what the file holds, and what the sentence says. */
const damaged: Record<string, { bytes: () => Uint8Array | Promise<Uint8Array>; sentence: RegExp }> = {
  'cut.nii.gz': {
    bytes: async () => (await readFile(at('image.nii.gz'))).subarray(0, 300),
    sentence: /is cut short or damaged \(its gzip data cannot be unpacked\)/,
  },
  'cut.nii': {
    bytes: () => handmadeNifti({ dim: [3, 8, 8, 8], values: [1, 2, 3] }),
    sentence: /is cut short: its header announces 8×8×8 voxels/,
  },
  'huge.nii': {
    bytes: () => handmadeNifti({ dim: [3, 32767, 32767, 32767], datatype: 64, values: [0] }),
    sentence: /announces 32767×32767×32767 voxels, 281 TB, but the file has room for 8 bytes/,
  },
  'huge.nii.gz': {
    bytes: () => gzip(handmadeNifti({ version: 2, dim: [3, 1e6, 1e6, 1e6], datatype: 2, values: [0] })),
    sentence: /announces 1000000×1000000×1000000 voxels/,
  },
  'nan.nii': {
    bytes: () => handmadeNifti({ values: [1, Number.NaN, 3, 4, Number.POSITIVE_INFINITY, 6, 7, 8] }),
    sentence: /has 2 voxels that are not a finite number/,
  },
  'series.nii': { bytes: () => handmadeNifti({ dim: [4, 2, 2, 2, 3] }), sentence: /has 4 dimensions \(2×2×2×3\)/ },
  'line.nii': { bytes: () => handmadeNifti({ dim: [1, 4] }), sentence: /has 1 dimensions \(4\)/ },
  'zero.nii': {
    bytes: () => handmadeNifti({ dim: [3, 4, 0, 4], values: [] }),
    sentence: /has an axis without voxels \(4×0×4\)/,
  },
  'complex.nii': { bytes: () => handmadeNifti({ datatype: 32 }), sentence: /complex numbers/ },
  'empty.nii.gz': { bytes: () => new Uint8Array(0), sentence: /is empty/ },
  'text.nii.gz': { bytes: () => Buffer.from('<html>not found</html>'), sentence: /is not a NIfTI file/ },
  'text.nrrd': { bytes: () => Buffer.from('hello'), sentence: /is not a NRRD file/ },
  'image.jpg': { bytes: () => Buffer.from('hello'), sentence: /has a format that cannot be read/ },
};

beforeAll(async () => {
  await writeWarp(
    at('warp.nii.gz'),
    warpOf(grid, (p) => p),
  );
  await writeVolume(at('image.nii.gz'), { ...grid, data: Float32Array.from({ length: 512 }, (_, i) => Math.sin(i)) });
  await writeLabels(at('labels.nii.gz'), { ...grid, data: new Int32Array(512).fill(1) });
  for (const [name, { bytes }] of Object.entries(damaged)) await writeFile(at(name), await bytes());
});

const out = (): string => at('out.nii.gz');
const warp = (...args: string[]): string[] => ['warp', '--warp', at('warp.nii.gz'), '--out', out(), ...args];

describe('a damaged or unsuitable file is refused in one sentence', () => {
  test.each(Object.keys(damaged))('%s', async (name) => {
    await expectRefusal(warp('--image', at(name)), damaged[name]!.sentence, out());
  });

  test('as a warp', async () => {
    const args = ['--image', at('image.nii.gz'), '--out', out()];
    await expectRefusal(['warp', '--warp', at('cut.nii.gz'), ...args], /cut\.nii\.gz is cut short or damaged/, out());
    await expectRefusal(['jacobian', '--warp', at('text.nii.gz'), '--out', out()], /is not a NIfTI file/, out());
  });

  test('missing, or a folder', async () => {
    await expectRefusal(
      warp('--image', at('none.nii.gz')),
      /none\.nii\.gz cannot be read \(it does not exist\)/,
      out(),
    );
    await expectRefusal(warp('--image', at()), /format that cannot be read|No scan was found in the folder/, out());
  });
});

describe('a mistake on the command line is refused in one sentence', () => {
  test('an unknown option, with a suggestion', async () => {
    await expectRefusal(
      warp('--imag', at('image.nii.gz')),
      /unknown option '--imag' \(Did you mean --image\?\)/,
      out(),
    );
  });

  test('an unknown command, with a suggestion', async () => {
    await expectRefusal(['metric'], /unknown command 'metric' \(Did you mean metrics\?\)/);
    await expectRefusal(['data', 'chek'], /unknown command 'chek' \(Did you mean check\?\)/);
  });

  test('a missing option or argument, or one too many', async () => {
    await expectRefusal(['warp', '--out', out(), '--image', at('image.nii.gz')], /either --warp or --transform/, out());
    await expectRefusal(['data', 'check'], /missing required argument 'folder'/);
    await expectRefusal(warp('--image', at('image.nii.gz'), 'surplus'), /too many arguments/, out());
  });
});
