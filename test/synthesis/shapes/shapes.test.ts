import { describe, expect, it } from 'vitest';
import { generate } from '../../../src/synthesis/generator.ts';
import { makeShapes, type ShapesOptions } from '../../../src/synthesis/shapes/shapes.ts';
import { shapes } from '../../../src/synthesis/shapes/shapesDataset.ts';

const OPTIONS: ShapesOptions = {
  seed: 3,
  index: 0,
  size: [24, 20, 28],
  spacing: 2,
  labels: 10,
  deformation: 0.03,
  affine: 0.05,
  alike: 0.3,
};
const pairs = Array.from({ length: 12 }, (_, index) => makeShapes({ ...OPTIONS, index }));

function dice(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const labels = [...new Set(Array.from(a))].filter((label) => label > 0);
  const each = labels.map((label) => {
    let [both, sum] = [0, 0];
    for (let n = 0; n < a.length; n++) {
      both += Number(a[n] === label && b[n] === label);
      sum += Number(a[n] === label) + Number(b[n] === label);
    }
    return (2 * both) / sum;
  });
  return each.reduce((total, value) => total + value / each.length, 0);
}

describe('pairs of shapes', () => {
  it('are the same for the same seed and index, and others for others', () => {
    expect(makeShapes(OPTIONS)).toEqual(pairs[0]);
    expect(makeShapes({ ...OPTIONS, seed: 4 }).image.data).not.toEqual(pairs[0]!.image.data);
    expect(pairs[1]!.image.data).not.toEqual(pairs[0]!.image.data);
  });

  it('have finite intensities from 0 up, and labels from 0 to the most, on one grid around the origin', () => {
    for (const { image, labels, moving } of pairs)
      for (const side of [{ image, labels }, moving]) {
        expect(side.image.data.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
        expect(side.labels.data.every((label) => label >= 0 && label <= OPTIONS.labels)).toBe(true);
        expect(new Set(side.labels.data).size).toBeGreaterThan(3);
        expect(side.image).toMatchObject({ size: OPTIONS.size, affine: side.labels.affine });
        expect(side.image.affine.slice(0, 4)).toEqual([2, 0, 0, -23]);
      }
  });

  it('show the same labels in both images, moved', () => {
    for (const { labels, moving } of pairs) {
      const overlap = dice(labels.data, moving.labels.data);
      expect(overlap).toBeGreaterThan(0.1);
      expect(overlap).toBeLessThan(1);
    }
    const still = makeShapes({ ...OPTIONS, deformation: 0, affine: 0 });
    expect(still.moving.labels.data).toEqual(still.labels.data);
    expect(still.moving.image.data).not.toEqual(still.image.data);
  });

  it('have a body with nothing around it in about every other pair', () => {
    const bodies = pairs.filter(({ labels }) => labels.data[0] === 0).length;
    expect(bodies).toBeGreaterThan(1);
    expect(bodies).toBeLessThan(11);
  });

  it('make the voxels of a label alike, and labels differ', () => {
    const { image, labels } = pairs.find(({ labels: { data } }) => data[0] !== 0)!;
    const mean = image.data.reduce((sum, value) => sum + value / image.data.length, 0);
    let [within, all] = [0, 0];
    for (const label of new Set(labels.data)) {
      const own = image.data.filter((_, n) => labels.data[n] === label);
      const middle = own.reduce((sum, value) => sum + value / own.length, 0);
      for (const value of own) {
        within += (value - middle) ** 2;
        all += (value - mean) ** 2;
      }
    }
    expect(within).toBeLessThan(0.5 * all);
  });
});

describe('the generator of shapes', () => {
  it('writes what it makes one by one, and says that it is made', async () => {
    const files = new Map<string, unknown>();
    const keep = async (path: string, what: unknown): Promise<void> => void files.set(path, what);
    const { seed, size, spacing } = OPTIONS;
    const settings = { cases: 2, seed, size: [...size], spacing, labels: 10 };
    await generate(shapes, settings, { writer: { image: keep, labels: keep, warp: keep, text: keep } });
    const second = shapes.pair!(shapes.schema.parse(settings), 1);
    expect(files.get('imagesTr/shapes_002.nii.gz')).toEqual(second.image);
    expect(files.get('movingLabelsTr/shapes_002.nii.gz')).toEqual(second.moving.labels);
    expect([...files.keys()].slice(-2)).toEqual(['dataset.json', 'synthetic.json']);
    expect(JSON.parse(files.get('synthetic.json') as string)).toMatchObject({
      synthetic: true,
      generator: 'shapes',
      settings: { cases: 2, seed: 3, labels: 10 },
    });
    await expect(
      generate(shapes, { labels: 1 }, { writer: { image: keep, labels: keep, warp: keep, text: keep } }),
    ).rejects.toThrow('The setting "labels" of the generator "shapes" must be at least 2.');
  });
});
