import { readPointPairs } from '../../src/file/landmarkFile.ts';
import { readLabels, readVolume, readWarp } from '../../src/file/volumeFile.ts';
import { foldedPercent, jacobianDeterminant } from '../../src/metric/jacobian.ts';
import { centreOf } from '../../src/preparation/preprocessing.ts';
import { agreement } from '../../src/registration/assess.ts';
import { boxOverlap } from '../../src/registration/plan.ts';
import type { Labels, Warp } from '../../src/volume/grid.ts';
import { translation } from '../../src/volume/matrix.ts';
import { applyWarp, linearWarp, warpPoints } from '../../src/volume/warp.ts';
import type { BenchPair } from './pairs.ts';

/** How good a warp is: Dice of all labels, or the mean landmark error in mm; and folds in % of all voxels. */
export interface Judged {
  readonly before: number;
  readonly after: number;
  readonly folds: number;
}

/** Judges a written warp. */
export async function judged(pair: BenchPair, file: string): Promise<Judged> {
  const fixed = await readVolume(pair.fixed);
  const moving = await readVolume(pair.moving);
  const warp = await readWarp(file);
  const [a, b] = [centreOf(fixed), centreOf(moving)];
  const far = boxOverlap(fixed, moving) === 0;
  const start = linearWarp(fixed, translation(far ? [b[0] - a[0], b[1] - a[1], b[2] - a[2]] : [0, 0, 0]));
  const folds = foldedPercent(jacobianDeterminant(warp).data);
  if (pair.points !== undefined) {
    const points = await readPointPairs({ path: pair.points, side: 'first' }, { path: pair.points, side: 'second' });
    const error = (by: Warp): number => {
      const there = warpPoints(by, points!.fixed);
      const misses = points!.moving.map((p, n) => Math.hypot(...p.map((mm, c) => mm - there[n]![c]!)));
      return misses.reduce((sum, mm) => sum + mm, 0) / misses.length;
    };
    return { before: error(start), after: error(warp), folds };
  }
  const [labels, others]: [Labels, Labels] = [
    await readLabels(pair.fixedLabels!),
    await readLabels(pair.movingLabels!),
  ];
  const dice = (by: Warp): number => agreement(labels, applyWarp(by, others)).means.dice!;
  return { before: dice(start), after: dice(warp), folds };
}
