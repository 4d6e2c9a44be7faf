import { describe, expect, it } from 'vitest';
import { type CaseReader, checkDataset } from '../../src/dataset/check.ts';
import { type Case, type Dataset, openDataset } from '../../src/dataset/dataset.ts';
import { UserError } from '../../src/errors.ts';
import type { Labels, Size, Volume } from '../../src/volume/grid.ts';
import { scaling } from '../../src/volume/matrix.ts';
import { memoryFiles } from '../support/memoryFiles.ts';

const SIZE: Size = [4, 3, 2];

function image(overrides: Partial<Volume> = {}): Volume {
  return { size: SIZE, affine: scaling([1, 1, 1]), data: Float32Array.from({ length: 24 }, (_, i) => i), ...overrides };
}

function labels(overrides: Partial<Labels> = {}): Labels {
  return {
    size: SIZE,
    affine: scaling([1, 1, 1]),
    data: Int32Array.from({ length: 24 }, (_, i) => i % 3),
    ...overrides,
  };
}

type Files = Record<string, { image: Volume | Error; labels?: Labels | Error }>;

/** Checks cases given by what reading them gives. */
async function check(files: Files, labelNames: Record<number, string> = {}, onProgress?: (done: number) => void) {
  const cases = Object.entries(files).map(
    ([id, each]): Case => ({ id, image: id, ...(each.labels !== undefined && { labels: id }) }),
  );
  const dataset: Dataset = { name: 'test', root: 'd', layout: 'folder', cases, labelNames };
  const give = async <T>(found: T | Error | undefined): Promise<T> => {
    if (found === undefined || found instanceof Error) throw found;
    return found;
  };
  const reader: CaseReader = { image: (id) => give(files[id]!.image), labels: (id) => give(files[id]!.labels) };
  return checkDataset(dataset, reader, onProgress);
}

const GOOD = { image: image(), labels: labels() };

describe('checkDataset', () => {
  it('finds nothing wrong with good cases and sums them up', async () => {
    const done: number[] = [];
    const thick = { affine: scaling([1, 1, 1.2]), size: [4, 3, 3] as Size };
    const bigger = {
      image: image({ ...thick, data: Float32Array.from({ length: 36 }, (_, i) => i) }),
      labels: labels({ ...thick, data: Int32Array.from({ length: 36 }, (_, i) => i % 3) }),
    };
    const { problems, summary } = await check({ a: GOOD, b: bigger }, { 1: 'head', 2: 'tail' }, (n) => done.push(n));
    expect(problems).toEqual([]);
    expect(done).toEqual([1, 2]);
    expect(summary).toEqual({
      cases: 2,
      withLabels: 2,
      size: [
        { min: 4, median: 4, max: 4 },
        { min: 3, median: 3, max: 3 },
        { min: 2, median: 2.5, max: 3 },
      ],
      spacing: [
        { min: 1, median: 1, max: 1 },
        { min: 1, median: 1, max: 1 },
        { min: 1, median: 1.1, max: 1.2 },
      ],
      labelVolume: {
        1: { min: 8, median: expect.closeTo(11.2, 9), max: expect.closeTo(14.4, 9), cases: 2 },
        2: { min: 8, median: expect.closeTo(11.2, 9), max: expect.closeTo(14.4, 9), cases: 2 },
      },
    });
  });

  const spoiled: [string, Files[string], 'error' | 'warning', string][] = [
    [
      'absurd values',
      { ...GOOD, image: image({ data: Float32Array.from({ length: 24 }, (_, i) => (i === 5 ? -2.6e38 : i)) }) },
      'warning',
      'The image has values of up to 2.6e+38, which suggests a damaged file.',
    ],
    [
      'constant image',
      { ...GOOD, image: image({ data: new Float32Array(24).fill(7) }) },
      'error',
      'The image is constant: every voxel is 7.',
    ],
    [
      'NaN',
      { ...GOOD, image: image({ data: Float32Array.from({ length: 24 }, (_, i) => (i < 2 ? Number.NaN : i)) }) },
      'error',
      '2 of 24 voxels are not a number (NaN or infinite).',
    ],
    [
      'empty labels',
      { ...GOOD, labels: labels({ data: new Int32Array(24) }) },
      'error',
      'The labels are empty: every voxel is background.',
    ],
    [
      'sizes',
      { ...GOOD, labels: labels({ size: [4, 2, 3] }) },
      'error',
      'Image and labels have different sizes: 4×3×2 and 4×2×3 voxels.',
    ],
    [
      'headers',
      { ...GOOD, labels: labels({ affine: scaling([1, 1, 2]) }) },
      'error',
      'Image and labels have different positions, spacings or directions in their headers.',
    ],
    ['missing labels', { image: image() }, 'warning', 'There are no labels, though other cases have them.'],
    [
      'missing part',
      { ...GOOD, labels: labels({ data: Int32Array.from({ length: 24 }, (_, i) => i % 2) }) },
      'warning',
      'The labels are 1, while most cases have 1, 2.',
    ],
    [
      'unnamed label',
      { ...GOOD, labels: labels({ data: Int32Array.from({ length: 24 }, (_, i) => i % 4) }) },
      'warning',
      'The labels hold 3, which the data set does not name.',
    ],
    [
      'unreadable image',
      { ...GOOD, image: new UserError("'x' is cut off: copy it again.") },
      'error',
      "'x' is cut off: copy it again.",
    ],
    [
      'unreadable labels',
      { ...GOOD, labels: new Error('disk failure') },
      'error',
      'The labels cannot be read: disk failure',
    ],
  ];
  it.each(spoiled)('reports: %s', async (_, files, severity, problem) => {
    const report = await check({ a: GOOD, b: files, c: GOOD, d: GOOD }, { 1: 'head', 2: 'tail' });
    expect(report.problems).toEqual([{ case: 'b', severity, problem }]);
    expect(report.summary.cases).toBe(4);
  });

  it('reports spacings that stand out', async () => {
    const affine = scaling([1, 1, 4]);
    const { problems } = await check({ a: GOOD, b: { image: image({ affine }), labels: labels({ affine }) }, c: GOOD });
    expect(problems.map(({ problem }) => problem)).toEqual([
      'The voxels are very anisotropic: 1 × 1 × 4 mm.',
      "The spacing 1 × 1 × 4 mm is far from the data set's median 1 × 1 × 1 mm.",
    ]);
  });

  it('reports missing files of a data set opened without them, and keeps the order of the cases', async () => {
    const files = memoryFiles({ 'd/dataset.json': { training: [{ image: 'b.nii' }, { image: 'a.nii' }] } });
    const dataset = await openDataset('d', files, { requireFiles: false });
    const read = async (path: string): Promise<never> => {
      await files.read(path);
      throw new Error('never there');
    };
    const { problems, summary } = await checkDataset(dataset, { image: read, labels: read });
    expect(problems).toEqual([
      { case: 'a', severity: 'error', problem: "There is no file 'd/a.nii'." },
      { case: 'b', severity: 'error', problem: "There is no file 'd/b.nii'." },
    ]);
    expect(summary).toEqual({ cases: 2, withLabels: 0, size: [], spacing: [], labelVolume: {} });
  });
});
