import { describe, expect, it } from 'vitest';
import { suitedLoss } from '../../../src/registration/alignment/suitedLoss.ts';
import { obliqueGrid, scene, volumeOf } from '../../support/scene.ts';

const grid = obliqueGrid([30, 28, 26], [3, 3, 3], [0.1, 0], [0, 0, 0]);
const one = volumeOf(grid, scene);
const other = volumeOf(grid, (p) => 300 * Math.exp(-(((scene(p) - 0.9) / 0.7) ** 2)) - 40 * scene(p));

describe('the loss that suits a pair', () => {
  it('is NCC within one modality, MIND across two', () => {
    expect(suitedLoss({ fixed: one, moving: one }).loss.similarity.name).toBe('ncc');
    expect(suitedLoss({ fixed: one, moving: other }).loss.similarity.name).toBe('mind');
  });
});
