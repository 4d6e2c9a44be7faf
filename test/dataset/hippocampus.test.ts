import { describe, expect, it } from 'vitest';
import { checkDataset } from '../../src/dataset/check.ts';
import { openDataset } from '../../src/dataset/dataset.ts';
import { splitCases } from '../../src/dataset/split.ts';
import { nodeFiles } from '../../src/file/nodeFiles.ts';
import { readLabels, readVolume } from '../../src/file/volumeFile.ts';
import { HIPPOCAMPUS } from '../support/realData.ts';

const root = HIPPOCAMPUS.at();

/** Cases of the part that Learn2Reg trains on and of all that the Decathlon ships with labels, and their splits. */
const SPLITS: Readonly<Record<number, readonly number[]>> = { 200: [130, 30, 40], 260: [169, 39, 52] };

describe.skipIf(!HIPPOCAMPUS.isHere)(`the hippocampus data${HIPPOCAMPUS.why}`, () => {
  it('opens with all cases and splits as the paper does', async () => {
    const dataset = await openDataset(root, nodeFiles());
    expect(dataset).toMatchObject({ name: 'Hippocampus', layout: 'decathlon' });
    expect(dataset.labelNames).toEqual({ 1: 'Anterior', 2: 'Posterior' });
    expect(Object.keys(SPLITS)).toContain(String(dataset.cases.length));
    expect(dataset.cases.every(({ labels }) => labels !== undefined)).toBe(true);
    const split = splitCases(
      dataset.cases.map(({ id }) => id),
      1,
    );
    expect([split.train.length, split.validation.length, split.test.length]).toEqual(SPLITS[dataset.cases.length]);
  });

  it('checks without a problem', async () => {
    const dataset = await openDataset(root, nodeFiles());
    const few = { ...dataset, cases: dataset.cases.slice(0, 10) };
    const { problems, summary } = await checkDataset(few, { image: readVolume, labels: readLabels });
    expect(problems).toEqual([]);
    expect(summary.spacing).toEqual(Array(3).fill({ min: 1, median: 1, max: 1 }));
    expect(Object.keys(summary.labelVolume)).toEqual(['1', '2']);
  });
});
