import { describe, expect, it } from 'vitest';
import { foregroundOf } from '../../src/volume/foreground.ts';
import type { Size, Volume } from '../../src/volume/grid.ts';

const size: Size = [8, 7, 6];

function volumeOf(value: (i: number, j: number, k: number) => number): Volume {
  const [nx, ny, nz] = size;
  const data = new Float32Array(nx * ny * nz);
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, n++) data[n] = value(i, j, k);
  return { size, affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], data };
}

const isBox = (i: number, j: number, k: number): boolean => i >= 2 && i < 6 && j >= 1 && j < 5 && k >= 1 && k < 5;

describe('the foreground', () => {
  it('is what an even surrounding leaves, dark voxels inside included', () => {
    const inside = (i: number, j: number, k: number): number => (i === 3 && j === 3 && k === 3 ? 0 : 5 + i);
    const image = volumeOf((i, j, k) => (isBox(i, j, k) ? inside(i, j, k) : 0));
    expect(foregroundOf(image)).toEqual(volumeOf((i, j, k) => (isBox(i, j, k) ? 1 : 0)).data);
  });

  it('may be surrounded by any value, as long as it is the smallest', () => {
    const image = volumeOf((i, j, k) => (isBox(i, j, k) ? i : -1024));
    expect(foregroundOf(image)).toEqual(volumeOf((i, j, k) => (isBox(i, j, k) ? 1 : 0)).data);
    expect(foregroundOf(volumeOf((i, j, k) => (isBox(i, j, k) ? -i : 7)))).toBeUndefined();
  });

  it('reaches into bays, not into closed cavities', () => {
    const isBay = (i: number, j: number, k: number): boolean => j === 2 && k === 2 && i >= 4;
    const image = volumeOf((i, j, k) => (isBox(i, j, k) && !isBay(i, j, k) ? 1 : 0));
    expect(foregroundOf(image)).toEqual(image.data);
  });

  it('is not told apart where there is little or no surrounding', () => {
    expect(foregroundOf(volumeOf((i, j, k) => i + 10 * j + 100 * k))).toBeUndefined();
    expect(foregroundOf(volumeOf(() => 3))).toBeUndefined();
  });
});
