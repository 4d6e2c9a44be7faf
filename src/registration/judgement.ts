import { given } from '../given.ts';
import { foldedShare, jacobianDeterminant } from '../metric/jacobian.ts';
import { foregroundOf } from '../volume/foreground.ts';
import type { Mask, Vec3, Volume } from '../volume/grid.ts';
import { applyToPoint } from '../volume/matrix.ts';
import type { JudgedRegistration } from './judged.ts';
import { type Likeness, likeness, movement } from './likeness.ts';

/** What tells, without labels or landmarks, whether a registration went well. */
export interface Judgement {
  readonly before: Likeness;
  readonly after: Likeness;
  /** How far points move beyond the start, in mm, over the fixed image's foreground. */
  readonly movement: { readonly mean: number; readonly max: number };
  /** Folded voxels in % of all and of the fixed image's foreground; NaN where there are too few slices. */
  readonly foldedPercent: number;
  readonly foldedForegroundPercent: number;
  /** Where the warp folds most: RAS mm, with the determinant of its Jacobian there; only where it folds. */
  readonly deepestFold?: { readonly at: Vec3; readonly determinant: number };
}

/** Judges a registered pair. */
export function judgement(pair: JudgedRegistration): Judgement {
  const { fixed, warp } = pair;
  const mask = foregroundOf(fixed);
  const folds = foldsOf(pair);
  const determinants = folds > 0 ? jacobianDeterminant(warp) : undefined;
  return {
    before: likeness(fixed, pair.before, mask),
    after: likeness(fixed, pair.moved, mask),
    movement: movement(warp, pair.start, mask),
    foldedPercent: folds,
    foldedForegroundPercent: mask && determinants ? foldsWithin(mask, determinants) : folds,
    ...given({ deepestFold: determinants && deepest(determinants) }),
  };
}

function foldsOf({ assessment }: JudgedRegistration): number {
  return assessment.deformation[foldedShare.key] ?? Number.NaN;
}

/** Folds in % of a mask, of determinants in the interior of its grid: one voxel less on every side. */
function foldsWithin(mask: Mask, { data, size: [nx, ny, nz] }: Volume): number {
  let [inside, folded] = [0, 0];
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        if (mask[i + 1 + (nx + 2) * (j + 1 + (ny + 2) * (k + 1))] === 0) continue;
        inside++;
        if (!(data[n]! > 0)) folded++;
      }
  return (100 * folded) / inside;
}

function deepest({ data, size: [nx, ny], affine }: Volume): NonNullable<Judgement['deepestFold']> {
  let least = 0;
  for (let n = 1; n < data.length; n++) if (data[n]! < data[least]!) least = n;
  const at = applyToPoint(affine, [least % nx, Math.floor(least / nx) % ny, Math.floor(least / (nx * ny))]);
  return { at, determinant: data[least]! };
}
