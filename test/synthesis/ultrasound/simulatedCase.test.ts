import { describe, expect, it } from 'vitest';
import { jacobianDeterminant } from '../../../src/metric/jacobian.ts';
import { makeBrainPhantom } from '../../../src/synthesis/ultrasound/brainPhantom.ts';
import { subjectFromMri } from '../../../src/synthesis/ultrasound/mriSubject.ts';
import { simulateCase } from '../../../src/synthesis/ultrasound/simulatedCase.ts';
import { length, minus } from '../../../src/synthesis/ultrasound/vector.ts';
import { isInside } from '../../../src/volume/checks.ts';
import type { Vec3 } from '../../../src/volume/grid.ts';
import { applyToPoint, invert } from '../../../src/volume/matrix.ts';
import { percentiles } from '../../../src/volume/percentile.ts';
import { cropPad } from '../../../src/volume/resample.ts';
import { warpPoints } from '../../../src/volume/warp.ts';

const SPACING = 2.5;
const subject = makeBrainPhantom(4, 1, [45, 45, 42], SPACING);
const made = simulateCase(subject, { seed: 4, index: 1, shift: 5.3 });
const crop = cropPad(subject.t1, [14, 14, 12], [20, 20, 20]);

/** The value of the nearest voxel; undefined outside the image. */
function valueAt({ data, size, affine }: typeof made.ultrasound, p: Vec3): number | undefined {
  if (!isInside({ size, affine }, p)) return undefined;
  const [i, j, k] = applyToPoint(invert(affine), p).map(Math.round) as [number, number, number];
  return data[i + size[0] * (j + size[1] * k)];
}

describe('a simulated case', () => {
  it('has landmarks that the true warp takes from ultrasound to MRI within 0.05 mm', () => {
    const moved = warpPoints(
      made.warp,
      made.landmarks.map(({ ultrasound }) => ultrasound),
    );
    const off = moved.map((p, n) => length(minus(p, made.landmarks[n]!.mri)));
    expect(Math.max(...off)).toBeLessThan(0.05);
  });

  it('has a deformation without folds', () => {
    expect(jacobianDeterminant(made.warp).data.every((det) => det > 0)).toBe(true);
  });

  it('has 15 to 25 landmarks, spread out, at structure, inside both images', () => {
    expect(made.landmarks.length).toBeGreaterThanOrEqual(15);
    expect(made.landmarks.length).toBeLessThanOrEqual(25);
    for (const [n, { ultrasound, mri }] of made.landmarks.entries()) {
      expect(valueAt(made.ultrasound, ultrasound)).toBeGreaterThan(0);
      expect(valueAt(made.t1, mri)).toBeGreaterThan(0);
      for (const other of made.landmarks.slice(n + 1)) expect(length(minus(other.mri, mri))).toBeGreaterThan(SPACING);
    }
    const [, ny, nz] = made.t1.size;
    // Beyond the end of a row the array goes on with the next one.
    expect(valueAt(made.t1, applyToPoint(made.t1.affine, [-1, ny / 2, nz / 2]))).toBeUndefined();
    expect(made.initialDistance).toBeGreaterThan(0.2);
    expect(made.initialDistance).toBeLessThan(25);
  });

  it('has an ultrasound on a grid of its own, empty in a half to two thirds of it, grey as brain ultrasound is', () => {
    const { data, affine } = made.ultrasound;
    expect(affine).not.toEqual(made.t1.affine);
    const zeros = data.filter((value) => value === 0).length / data.length;
    expect(zeros).toBeGreaterThan(0.45);
    expect(zeros).toBeLessThan(0.68);
    const [median, high] = percentiles(
      data.filter((value) => value > 0),
      [50, 99],
    ) as [number, number];
    expect(median).toBeGreaterThan(20);
    expect(median).toBeLessThan(70);
    expect(high).toBeGreaterThan(80);
  });

  it('has an MRI with white matter, grey matter and fluid, and FLAIR with a bright lesion', () => {
    const spread = (data: Float32Array): number => {
      const [low, high] = percentiles(data, [20, 95]) as [number, number];
      return high / low;
    };
    expect(spread(made.t1.data)).toBeGreaterThan(2);
    expect(made.flair).toBeDefined();
    const [white, bright] = percentiles(made.flair!.data, [60, 99.8]) as [number, number];
    expect(bright / white).toBeGreaterThan(1.3);
  });

  it('is the same again for the same seed and index, and another for others', () => {
    const again = simulateCase(makeBrainPhantom(4, 1, [45, 45, 42], SPACING), { seed: 4, index: 1, shift: 5.3 });
    expect(again.ultrasound.data).toEqual(made.ultrasound.data);
    expect(again.landmarks).toEqual(made.landmarks);
    const other = makeBrainPhantom(4, 2, [45, 45, 42], SPACING);
    expect(other.t1.data).not.toEqual(made.t1.data);
  });
});

describe('a case from a given MRI', () => {
  it('works for a crop without background, with its values untouched', () => {
    const real = simulateCase(subjectFromMri(crop, undefined, 9, 0), { seed: 9, index: 0, shift: 3 });
    expect(real.t1.data).toEqual(crop.data);
    expect(real.flair).toBeUndefined();
    expect(real.landmarks.length).toBeGreaterThanOrEqual(8);
    const moved = warpPoints(
      real.warp,
      real.landmarks.map(({ ultrasound }) => ultrasound),
    );
    expect(Math.max(...moved.map((p, n) => length(minus(p, real.landmarks[n]!.mri))))).toBeLessThan(0.05);
    expect(real.ultrasound.data.some((value) => value > 40)).toBe(true);
  });

  it('takes a bright FLAIR for a lesion, and a dark fold for a sulcus', () => {
    const plain = subjectFromMri(subject.t1, undefined, 9, 0);
    const withFlair = subjectFromMri(subject.t1, subject.flair, 9, 0);
    let [bright, raised] = [0, 0];
    const [middle] = percentiles(subject.flair!.data, [60]) as [number];
    for (const [n, value] of subject.flair!.data.entries()) {
      if (value < 2 * middle) continue;
      bright++;
      if (withFlair.acoustics.echogenicity[n]! > plain.acoustics.echogenicity[n]!) raised++;
    }
    expect(bright).toBeGreaterThan(10);
    expect(raised / bright).toBeGreaterThan(0.6);
  });

  it('refuses an MRI that is too small, and one without intensities', () => {
    const small = cropPad(subject.t1, [16, 16, 16], [8, 8, 8]);
    expect(() => simulateCase(subjectFromMri(small, undefined, 1, 0), { seed: 1, index: 0, shift: 5 })).toThrow(
      'An MRI of 20 mm along its shortest side has no room for an ultrasound acquisition; it must be 30 mm or more.',
    );
    expect(() => subjectFromMri({ ...small, data: small.data.map(() => 0) }, undefined, 1, 0)).toThrow(
      'The MRI holds no positive intensities; give another one.',
    );
  });
});
