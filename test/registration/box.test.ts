import { describe, expect, it } from 'vitest';
import { boxOf, cutOut, putBack } from '../../src/registration/box.ts';

const extent = [20, 24, 18] as const;
const voxels = 20 * 24 * 18;
const at = (k: number, j: number, i: number): number => i + 18 * (j + 24 * k);

describe('a box of a grid', () => {
  it('holds all that counts, with an extent in eights that lies within the grid', () => {
    const [first, second] = [new Float32Array(voxels), new Float32Array(voxels)];
    first[at(3, 5, 0)] = 1;
    second[at(11, 20, 9)] = 1;
    const box = boxOf([first, second], extent);
    expect(box).toEqual({ from: [0, 5, 0], extent: [16, 16, 16] });
    second[at(19, 23, 17)] = 1;
    expect(boxOf([first, second], extent)).toEqual({ from: [0, 0, 0], extent: [20, 24, 18] });
  });

  it('is the whole grid where nothing counts', () => {
    expect(boxOf([new Float32Array(voxels)], extent)).toEqual({ from: [0, 0, 0], extent });
  });

  it('is cut out of every channel and put back, and the rest follows its border', () => {
    const data = Float32Array.from({ length: 2 * voxels }, (_, n) => n % 1000);
    const box = { from: [2, 8, 1], extent: [8, 16, 8] } as const;
    const part = cutOut(data, box, extent);
    expect(part).toHaveLength(2 * 8 * 16 * 8);
    expect(part[8]).toBe(data[at(2, 9, 1)]);
    expect(part[8 * 16 * 8]).toBe(data[voxels + at(2, 8, 1)]);
    expect(putBack(data, part, box, extent)).toEqual(data);
    const more = putBack(
      data,
      part.map((v, n) => v + (n < 8 * 16 * 8 ? 5 : 0)),
      box,
      extent,
    );
    expect(more[at(0, 0, 0)]).toBe(data[at(0, 0, 0)]! + 5);
    expect(more[voxels + at(19, 23, 17)]).toBe(data[voxels + at(19, 23, 17)]);
  });
});
