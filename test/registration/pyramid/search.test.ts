import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/random.ts';
import { searchedField } from '../../../src/registration/pyramid/search.ts';
import { gaussianSmoothed } from '../../../src/volume/smooth.ts';

const extent = [22, 26, 24] as const;
const [depth, height, width] = extent;
const count = depth * height * width;
const random = randomStream(4, 'texture');
const texture = gaussianSmoothed(
  Float32Array.from({ length: count }, () => random.normal()),
  [width, height, depth],
  [1.2, 1.2, 1.2],
);
const all = new Float32Array(count).fill(1);

/** The texture moved by whole voxels, its border continued: what lies at v lies at v + (dz, dy, dx) afterwards. */
function moved([dz, dy, dx]: readonly [number, number, number]): Float32Array {
  const inside = (at: number, end: number): number => Math.min(Math.max(at, 0), end - 1);
  return texture.map((_, n) => {
    const [x, y, z] = [n % width, Math.floor(n / width) % height, Math.floor(n / (width * height))];
    return texture[inside(x - dx, width) + width * (inside(y - dy, height) + height * inside(z - dz, depth))]!;
  });
}

/** Mean of each component over the points away from the border. */
function inner(data: Float32Array, [d, h, w]: readonly [number, number, number]): number[] {
  return [0, 1, 2].map((c) => {
    let [sum, points] = [0, 0];
    for (let k = 4; k < d - 4; k++)
      for (let j = 4; j < h - 4; j++)
        for (let i = 4; i < w - 4; i++, points++) sum += data[i + w * (j + h * (k + d * c))]!;
    return sum / points;
  });
}

describe('discrete search', () => {
  it('finds a shift of several voxels, components z, y, x', async () => {
    const shift = [3, -4, 2] as const;
    const pair = { fixed: { values: texture, mask: all }, moving: { values: moved(shift), mask: all } };
    const field = await searchedField(pair, extent, {});
    expect(field.extent).toEqual([11, 13, 12]);
    expect(field.volumes).toEqual(extent);
    for (const [c, found] of inner(field.data, [11, 13, 12]).entries())
      expect(Math.abs(found - shift[c]!)).toBeLessThan(0.5);
  });

  it('does not move what lies where it should, nor where nothing counts', async () => {
    const still = { values: texture, mask: all };
    const found = await searchedField({ fixed: still, moving: still }, extent, {});
    expect(Math.max(...found.data.map(Math.abs))).toBeLessThan(0.5);
    const none = { values: texture, mask: new Float32Array(count) };
    const empty = await searchedField({ fixed: none, moving: none }, extent, {});
    expect(empty.data.every((shift) => shift === 0)).toBe(true);
  });
});
