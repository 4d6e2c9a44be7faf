import { describe, expect, it } from 'vitest';
import { prepare, preprocessingSchema } from '../../src/preparation/preprocessing.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { type Augmentation, augmentationSchema, augmented, augments } from '../../src/training/augmentation.ts';

const size = [20, 28, 20] as const;
const options = preprocessingSchema.parse({ pad: 32, size: 32, spacing: 2 });
const [fixed, moving] = [0, 1].map((index) => {
  const { id, image, labels } = makePhantomCase({ seed: 1, index, size, spacing: [2, 2, 2] });
  return prepare(id, image, labels, options);
}) as [ReturnType<typeof prepare>, ReturnType<typeof prepare>];
const pair = { fixed, moving };
const settings = (values: Partial<Augmentation>): Augmentation => augmentationSchema.parse(values);
const voxels = (labels: Int32Array | undefined): number => labels!.filter((label) => label > 0).length;
const changed = (a: Float32Array, b: Float32Array): number =>
  Math.sqrt(a.reduce((sum, value, n) => sum + (value - b[n]!) ** 2, 0) / a.length);

describe('augmentation', () => {
  it('is nothing where nothing is asked for', () => {
    expect(augments(settings({}))).toBe(false);
    const same = augmented(pair, settings({}), 1, 1);
    expect(same.fixed.values).toEqual(fixed.values);
    expect(same.moving.labels).toEqual(moving.labels);
  });

  it('is the same for the same seed and step, and another for others', () => {
    const all = settings({ augmentAffine: 0.1, augmentDeformation: 1.5, augmentIntensity: 0.5, augmentFlip: true });
    expect(augments(all)).toBe(true);
    const once = augmented(pair, all, 1, 7);
    expect(augmented(pair, all, 1, 7)).toEqual(once);
    expect(changed(augmented(pair, all, 1, 8).fixed.values, once.fixed.values)).toBeGreaterThan(0.1);
    expect(changed(augmented(pair, all, 2, 7).fixed.values, once.fixed.values)).toBeGreaterThan(0.1);
  });

  it('moves values, masks and labels together, by about what is asked for', () => {
    const inside = fixed.labels!.map((label) => Number(label > 0));
    const image = { ...fixed, values: Float32Array.from(inside), mask: Float32Array.from(inside) };
    for (const values of [{ augmentDeformation: 1 }, { augmentAffine: 0.1 }]) {
      const moved = augmented({ fixed: image, moving: image }, settings(values), 1, 3).fixed;
      const share = voxels(moved.labels) / voxels(fixed.labels);
      expect(Math.abs(share - 1)).toBeLessThan(0.4);
      expect(moved.labels).not.toEqual(fixed.labels);
      moved.labels!.forEach((label, n) => {
        expect(moved.mask[n]).toBe(Number(label > 0));
        // A voxel's nearest neighbour has the largest share in its value, an eighth at least.
        expect(label > 0 ? moved.values[n]! >= 0.125 : moved.values[n]! <= 0.875).toBe(true);
      });
    }
  });

  it('mirrors both scans of a pair from left to right, or neither', () => {
    const mirrored = (values: Float32Array): Float32Array =>
      values.map((_, n) => values[32 * Math.floor(n / 32) + 31 - (n % 32)]!);
    const seen = Array.from({ length: 12 }, (_, step) => augmented(pair, settings({ augmentFlip: true }), 1, step));
    const flips = seen.map((each) => changed(each.fixed.values, fixed.values) > 0);
    expect(new Set(flips)).toEqual(new Set([true, false]));
    seen.forEach((each, step) => {
      expect(each.fixed.values).toEqual(flips[step] ? mirrored(fixed.values) : fixed.values);
      expect(each.moving.values).toEqual(flips[step] ? mirrored(moving.values) : moving.values);
    });
  });

  it('changes intensities without moving anything', () => {
    const painted = augmented(pair, settings({ augmentIntensity: 1 }), 1, 2);
    expect(painted.fixed.labels).toEqual(fixed.labels);
    expect(changed(painted.fixed.values, fixed.values)).toBeGreaterThan(0.05);
    const signs = Array.from({ length: 12 }, (_, step) => {
      const { values } = augmented(pair, settings({ augmentInversion: true }), 1, step).fixed;
      return values[0] === fixed.values[0] && changed(values, fixed.values) === 0 ? 1 : -1;
    });
    expect(new Set(signs)).toEqual(new Set([1, -1]));
  });
});
