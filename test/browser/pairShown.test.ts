import { expect, it } from 'vitest';
import { pairShown } from '../../src/browser/pairShown.ts';
import type { PreparedVolume } from '../../src/preparation/preprocessing.ts';
import { scaling } from '../../src/volume/matrix.ts';

const size = [4, 3, 2] as const;
const count = 24;
const volume = (values: Float32Array): PreparedVolume => ({
  id: 'a',
  grid: { size, affine: scaling([1, 1, 1]) },
  values,
  mask: new Float32Array(count).fill(1),
});
const pair = {
  fixed: volume(new Float32Array(count)),
  moving: volume(Float32Array.from({ length: count }, (_, n) => n)),
};

it('shows the moving volume as it is where nothing is displaced, in arrays of its own', () => {
  const { moving, moved } = pairShown(pair, new Float32Array(3 * count));
  expect(moved).toEqual(pair.moving.values);
  expect(moving.buffer).not.toBe(pair.moving.values.buffer);
});

it('looks values up where the displacement leads, components z, y, x, and continues the border', () => {
  const alongX = new Float32Array(3 * count).fill(1, 2 * count);
  const { moved } = pairShown(pair, alongX);
  expect([...moved.slice(0, 4)]).toEqual([1, 2, 3, 3]);
  const alongZ = new Float32Array(3 * count).fill(0.5, 0, count);
  expect(pairShown(pair, alongZ).moved[0]).toBe(6);
});
