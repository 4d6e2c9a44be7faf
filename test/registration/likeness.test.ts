import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random.ts';
import { likeness, movement } from '../../src/registration/likeness.ts';
import { identity, translation } from '../../src/volume/matrix.ts';
import { linearWarp } from '../../src/volume/warp.ts';

const random = randomStream(1, 'likeness');
const size = [12, 12, 12] as const;
const noise = () => Float32Array.from({ length: 12 ** 3 }, () => 1 + random.uniform());
const volume = (data: Float32Array) => ({ size, affine: identity, data });
const a = volume(noise());

describe('likeness', () => {
  it('is 1 and 2 of an image and itself, and of one turned to its negative', () => {
    const same = likeness(a, a);
    expect(same.correlation).toBeCloseTo(1, 6);
    expect(same.nmi).toBeCloseTo(2, 6);
    const negative = likeness(a, volume(a.data.map((value) => 5 - value)));
    expect(negative.correlation).toBeCloseTo(-1, 6);
    expect(negative.nmi).toBeGreaterThan(1.8);
  });

  it('is near 0 and 1 of images without anything in common', () => {
    const other = likeness(a, volume(noise()));
    expect(Math.abs(other.correlation)).toBeLessThan(0.1);
    expect(other.nmi).toBeLessThan(1.1);
  });
});

describe('movement', () => {
  it('is what a warp adds to its start', () => {
    const start = translation([1, 2, 3]);
    expect(movement(linearWarp(a, start), start)).toEqual({ mean: 0, max: 0 });
    const { mean, max } = movement(linearWarp(a, translation([4, 2, 7])), start);
    expect(mean).toBeCloseTo(5, 5);
    expect(max).toBeCloseTo(5, 5);
  });
});
