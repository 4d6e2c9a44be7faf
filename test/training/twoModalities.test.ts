import { describe, expect, it } from 'vitest';
import { ownGridPreprocessing, prepareCase } from '../../src/preparation/preprocessing.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { pairMetrics } from '../../src/training/pairMetrics.ts';
import { type TrainingCase, trainModel } from '../../src/training/trainModel.ts';
import type { Volume } from '../../src/volume/grid.ts';

const size = [20, 28, 20] as const;

/** The same anatomy twice: as it is, and moved by 3 mm with its contrast turned round and an empty border. */
function pairOf(index: number): TrainingCase {
  const { id, image, landmarks } = makePhantomCase({ seed: 1, index, size, spacing: [2, 2, 2] });
  const shifted = image.affine.map((value, at) => (at === 3 ? value + 3 : value));
  const most = Math.max(...image.data);
  const other: Volume = { ...image, affine: shifted, data: image.data.map((value) => most - value) };
  return {
    id,
    image,
    landmarks,
    moving: { image: other, landmarks: landmarks.map(([x, y, z]) => [x + 3, y, z] as const) },
  };
}

const settings = {
  loss: 'ncc',
  lossOptions: { window: 5 },
  size: 16,
  pad: 16,
  spacing: 3.5,
  mask: true,
  encoder: [8, 8],
  decoder: [8, 8],
  remaining: [8],
  rate: 3e-3,
  flowDeviation: 1e-3,
  smoothness: 1,
};

describe('training on pairs of two modalities', () => {
  it('learns each case’s own displacement, and measures it on landmarks in mm', async () => {
    const { records } = await trainModel(
      Array.from({ length: 8 }, (_, index) => pairOf(index)),
      { settings: { ...settings, epochs: 25, pairsPerEpoch: 12 }, split: { train: 0.75, validation: 0.25, test: 0 } },
    );
    expect(records[0]?.tre).toBeLessThan(3.2);
    expect(records.at(-1)?.tre).toBeLessThan(1.5);
  });

  it('needs one case a side, not two', async () => {
    const split = { train: 0.5, validation: 0.5, test: 0 };
    const cases = [pairOf(0), pairOf(1)];
    const { records } = await trainModel(cases, { settings: { ...settings, epochs: 1 }, split });
    expect(records).toHaveLength(1);
  });
});

describe('the landmark distance of a displacement in voxels', () => {
  const prepared = prepareCase('a', pairOf(0), ownGridPreprocessing(pairOf(0).image, 2), 'world');
  const { grid, moving } = prepared;
  const count = grid.size[0] * grid.size[1] * grid.size[2];

  it('is the start without one, and 0 with the true one', () => {
    if (!moving) throw new Error('no second image');
    expect(pairMetrics(prepared, moving, undefined).tre).toBeCloseTo(3, 5);
    const truth = new Float32Array(3 * count).fill(3 / 2, 2 * count);
    expect(pairMetrics(prepared, moving, truth).tre).toBeCloseTo(0, 5);
  });

  it('is not known without landmarks', () => {
    const { landmarks: _, ...bare } = prepared;
    expect(pairMetrics(bare, bare, undefined)).not.toHaveProperty('tre');
  });
});
