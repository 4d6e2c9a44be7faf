import { expect, it } from 'vitest';
import { caseReader } from '../../src/browser/caseReader.ts';
import { openDataset } from '../../src/dataset/dataset.ts';
import { generate } from '../../src/synthesis/generator.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { phantoms } from '../../src/synthesis/phantom/phantomDataset.ts';
import { readCaseWith } from '../../src/training/readCases.ts';
import { encodeNifti } from '../../src/volume/nifti.ts';
import { memoryFiles } from '../support/memoryFiles.ts';

/** Files that are made into memory and read from there, as a page has them in the browser's storage. */
async function made() {
  const bytes = new Map<string, Uint8Array>();
  const texts: Record<string, string> = {};
  await generate(
    phantoms,
    { cases: 2, seed: 3, size: [12, 14, 10] },
    {
      writer: {
        image: async (path, volume) => void bytes.set(`data/${path}`, await encodeNifti(volume, { gzip: true })),
        labels: async (path, labels) => void bytes.set(`data/${path}`, await encodeNifti(labels, { gzip: true })),
        warp: async () => undefined,
        text: async (path, content) => {
          texts[`data/${path}`] = content;
        },
      },
    },
  );
  const names = memoryFiles({ ...texts, ...Object.fromEntries([...bytes.keys()].map((path) => [path, ''])) });
  return { ...names, read: async (path: string) => bytes.get(path) ?? names.read(path) };
}

it('reads the cases of a data set as they were made', async () => {
  const files = await made();
  const { cases, synthetic } = await openDataset('data', files);
  const { image, labels } = await readCaseWith(caseReader(files), cases[1]!);
  const expected = makePhantomCase({ seed: 3, index: 1, size: [12, 14, 10] });
  expect(image.data).toEqual(expected.image.data);
  expect(labels?.data).toEqual(expected.labels.data);
  expect(synthetic?.description).toContain('phantoms');
});

it('reads landmarks, and refuses what is no image in a sentence', async () => {
  const files = await made();
  const reader = caseReader(files);
  const points = await reader.points({ path: 'data/landmarksTr/phantom_001.csv', side: 'first' });
  expect(points.length).toBe(makePhantomCase({ seed: 3, index: 0, size: [12, 14, 10] }).landmarks.length);
  await expect(reader.volume('data/dataset.json')).rejects.toThrow(
    /data\/dataset\.json has a format that cannot be read/,
  );
});
