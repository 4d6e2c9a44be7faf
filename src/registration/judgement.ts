import { foldedPercent, foldedShare, hasInterior, jacobianDeterminant } from '../metric/jacobian.ts';
import { foregroundOf } from '../volume/foreground.ts';
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
}

/** Judges a registered pair. */
export function judgement(pair: JudgedRegistration): Judgement {
  const { fixed, warp } = pair;
  const mask = foregroundOf(fixed);
  return {
    before: likeness(fixed, pair.before, mask),
    after: likeness(fixed, pair.moved, mask),
    movement: movement(warp, pair.start, mask),
    foldedPercent: foldsOf(pair),
    foldedForegroundPercent: foldsInForeground(pair, mask),
  };
}

function foldsOf({ assessment }: JudgedRegistration): number {
  return assessment.deformation[foldedShare.key] ?? Number.NaN;
}

function foldsInForeground(pair: JudgedRegistration, mask: Float32Array | undefined): number {
  const { fixed, warp } = pair;
  const folds = foldsOf(pair);
  if (!mask || !hasInterior(warp) || folds === 0) return folds;
  const { data, size } = jacobianDeterminant(warp);
  const [nx, ny, nz] = size;
  const [mx, my] = fixed.size;
  // Determinants are those of the interior: one voxel less on every side.
  const inside: number[] = [];
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) if (mask[i + 1 + mx * (j + 1 + my * (k + 1))] !== 0) inside.push(data[n]!);
  return foldedPercent(inside);
}
