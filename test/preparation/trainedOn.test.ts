import { describe, expect, it } from 'vitest';
import { modelFits, trainedOn } from '../../src/preparation/trainedOn.ts';
import type { Grid, Size } from '../../src/volume/grid.ts';
import { scaling } from '../../src/volume/matrix.ts';

const grid = (size: Size, edge = 1): Grid => ({ size, affine: scaling([edge, edge, edge]) });
const words = { modality: 'MRI', anatomy: 'Hippocampus', synthetic: false };
const known = trainedOn([grid([31, 40, 24]), grid([43, 59, 47])], words);

describe('what a model was trained on', () => {
  it('is the ranges of extents and voxels, along right, anterior and superior', () => {
    expect(known).toEqual({
      spacing: [1, 1],
      extent: [
        [31, 43],
        [40, 59],
        [24, 47],
      ],
      ...words,
    });
    // The first array axis runs to anterior, the second to the left.
    const turned: Grid = { size: [10, 20, 30], affine: [0, -2, 0, 0, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1] };
    expect(trainedOn([turned], { synthetic: true })).toEqual({
      spacing: [1, 3],
      extent: [
        [40, 40],
        [10, 10],
        [90, 90],
      ],
      synthetic: true,
    });
  });

  it('fits pairs near it, and all pairs where it is unknown', () => {
    const near = { fixed: grid([35, 50, 35]), moving: grid([25, 40, 60]) };
    expect(modelFits({ trainedOn: known }, near)).toBeUndefined();
    const whole = { trainedOn: known, preprocessing: { crop: 'whole' } };
    expect(modelFits(whole, { fixed: grid([160, 192, 224]), moving: grid([160, 192, 224]) })).toBeUndefined();
    expect(modelFits({}, { fixed: grid([500, 500, 500]), moving: grid([4, 4, 4]) })).toBeUndefined();
  });

  it('says which scan does not fit, and in what', () => {
    const own = grid([35, 50, 35]);
    expect(modelFits({ trainedOn: known }, { fixed: own, moving: grid([160, 192, 224]) })).toBe(
      'The model was trained on MRI scans (Hippocampus) of 31 to 43 × 40 to 59 × 24 to 47 mm, and the moving scan has 160 × 192 × 224 mm.',
    );
    expect(modelFits({ trainedOn: known }, { fixed: grid([12, 18, 12], 3), moving: own })).toBe(
      'The model was trained on MRI scans (Hippocampus) with voxels of 1 mm, and the fixed scan has voxels of 3 × 3 × 3 mm.',
    );
  });
});
