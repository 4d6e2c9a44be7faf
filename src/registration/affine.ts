import { centreOf } from '../dataset/preprocessing.ts';
import { UserError } from '../errors.ts';
import type { RuntimeOptions } from '../graph/index.ts';
import type { ChosenSimilarity } from '../loss/registry.ts';
import { ADAM, cosineRate } from '../training/adam.ts';
import type { Grid, Mat4, Vec3, Volume } from '../volume/grid.ts';
import { applyToPoint, identity, spacingOf, translation } from '../volume/matrix.ts';
import { type AffineKind, Motion } from './affineMotion.ts';
import { AffineObjective } from './affineObjective.ts';
import { pyramidLevel } from './pyramid.ts';

/** How a pair is aligned. */
export interface AffineOptions {
  readonly kind: AffineKind;
  readonly loss: ChosenSimilarity;
  /** Seed of the loss's random directions (default 1). */
  readonly seed?: number;
}

/** A pair on grids of any orientation, spacing and handedness. */
export interface AffinePair {
  readonly fixed: Volume;
  readonly moving: Volume;
  /** [D, H, W] on each volume's own grid: 1 where it has data, 0 where it has none; all of it when left out. */
  readonly fixedMask?: Float32Array;
  readonly movingMask?: Float32Array;
}

/** An aligned pair. */
export interface AffineAlignment {
  readonly kind: AffineKind;
  /** RAS mm, fixed point → moving point. */
  readonly matrix: Mat4;
  /** The loss at the start and with `matrix`, on the finest level. */
  readonly lossBefore: number;
  readonly loss: number;
}

/** A level: its voxels in multiples of the finest's, candidates that are followed besides the start, steps, and the first steps' length in its voxels. */
const LEVELS = [
  { coarser: 4, followed: 4, steps: 60, rate: 0.4 },
  { coarser: 2, followed: 3, steps: 80, rate: 0.2 },
  { coarser: 1, followed: 1, steps: 40, rate: 0.1 },
] as const;

/** Voxels of the finest level at most, as the edge of a cube. */
const FINEST = 64;
/** Share of the largest overlap that a candidate must have, so that no transform wins by leaving the picture. */
const OVERLAP = 0.7;
/** Transforms that differ by less than so many mm are one. */
const SAME = 0.5;
/** Angle in radians by which each start is also tried turned about each axis. */
const TURN = 0.2;

/**
 * Aligns a moving volume with a fixed one by one rigid or affine transform, without any training: the loss on three levels, coarse to
 * fine, its slope from the graph, steps of Adam in coordinates of about a millimetre each. The coarsest level begins from several starts
 * (as given, world coordinates, middles and centroids together, each also turned a little about each axis); each finer one from the best
 * ends of the coarser, the second also from those starts themselves where they are better. The start as given is followed on every level besides (on the finest rigidly): a coarse level can lead out of the
 * right valley, which only a fine one shows. Of the ends on the finest level the one with the least loss is taken. Scale and shear come in
 * on the second level.
 *
 * @param start where to begin, and what is given back if nothing is better: RAS mm, fixed point → moving point
 * @throws UserError when the loss is not a number, or the volumes have no voxels in common
 */
export async function alignAffine(
  pair: AffinePair,
  { kind, loss, seed = 1 }: AffineOptions,
  start: Mat4 = identity,
  runtime?: RuntimeOptions,
): Promise<AffineAlignment> {
  const finest = finestSpacing(pair.fixed);
  const { centre, radius } = bodyOf(pair.fixed, pair.fixedMask);
  const rigid = new Motion('rigid', centre, radius);
  const starts = startsOf(pair, start);
  let ends = [...starts, ...starts.flatMap((matrix) => turned(matrix, rigid, TURN * radius))];
  let result: AffineAlignment | undefined;
  for (const [n, { coarser, followed, steps, rate }] of LEVELS.entries()) {
    const spacing = finest * coarser;
    const fixed = pyramidLevel(pair.fixed, pair.fixedMask, spacing);
    const moving = pyramidLevel(pair.moving, pair.movingMask, spacing);
    const objective = await AffineObjective.create(fixed, moving, loss, seed, runtime);
    try {
      const motion = n === 0 ? rigid : new Motion(kind, centre, radius);
      // What the coarsest level led away from is looked at once more.
      const candidates = n === 1 ? [...starts, ...ends] : [start, ...ends];
      const chosen = await mostPromising(candidates, objective, motion, followed);
      ends = [];
      for (const matrix of chosen) {
        // From the start one fine level alone does not settle scale and shear.
        const free = n === LEVELS.length - 1 && matrix === start ? rigid : motion;
        ends.push(await descend(matrix, { objective, motion: free, steps, rate: rate * spacing }));
      }
      if (n === LEVELS.length - 1) result = await best(objective, kind, start, ends);
    } finally {
      await objective.release();
    }
  }
  return result as AffineAlignment;
}

/** How one level is gone down. */
interface Descent {
  readonly objective: AffineObjective;
  readonly motion: Motion;
  readonly steps: number;
  /** Length of the first steps in mm. */
  readonly rate: number;
}

/** Of several candidates those with the least loss, different from one another, and the first; all of enough overlap. */
async function mostPromising(
  candidates: readonly Mat4[],
  objective: AffineObjective,
  motion: Motion,
  count: number,
): Promise<Mat4[]> {
  const looked: { readonly matrix: Mat4; readonly loss: number; readonly overlap: number }[] = [];
  for (const matrix of candidates) {
    if (looked.some((other) => motion.distance(matrix, other.matrix) < SAME)) continue;
    const { loss, overlap } = await objective.evaluate(matrix);
    looked.push({ matrix, loss: assertNumber(loss), overlap });
  }
  const most = Math.max(...looked.map(({ overlap }) => overlap));
  if (most === 0)
    throw new UserError('The two scans have no voxels in common where they start; give --init center, or other masks.');
  const enough = looked.filter(({ overlap }) => overlap >= OVERLAP * most).sort((a, b) => a.loss - b.loss);
  const given = enough.filter(({ matrix }) => matrix === candidates[0]);
  const others = enough.filter(({ matrix }) => matrix !== candidates[0]).slice(0, count);
  return [...others, ...given].map(({ matrix }) => matrix);
}

/** Adam on the coordinates of the motion, its rate falling to zero along half a cosine. */
async function descend(start: Mat4, { objective, motion, steps, rate }: Descent): Promise<Mat4> {
  const { beta1, beta2, epsilon } = ADAM;
  const first = new Array<number>(motion.dimension).fill(0);
  const second = new Array<number>(motion.dimension).fill(0);
  let matrix = start;
  for (let step = 1; step <= steps; step++) {
    const { gradient, loss } = await objective.evaluate(matrix);
    assertNumber(loss);
    const length = cosineRate(rate, (step - 1) / steps);
    const change = motion.slope(matrix, gradient).map((slope, k) => {
      first[k] = beta1 * first[k]! + (1 - beta1) * slope;
      second[k] = beta2 * second[k]! + (1 - beta2) * slope * slope;
      const mean = first[k] / (1 - beta1 ** step);
      return (-length * mean) / (Math.sqrt(second[k] / (1 - beta2 ** step)) + epsilon);
    });
    matrix = motion.moved(matrix, change);
  }
  return matrix;
}

/** The best of the found transforms, or the start where that is as good. */
async function best(
  objective: AffineObjective,
  kind: AffineKind,
  start: Mat4,
  found: readonly Mat4[],
): Promise<AffineAlignment> {
  const before = await objective.evaluate(start);
  let least = { matrix: start, loss: before.overlap === 0 ? Number.POSITIVE_INFINITY : assertNumber(before.loss) };
  for (const matrix of found) {
    const loss = assertNumber((await objective.evaluate(matrix)).loss);
    if (loss < least.loss) least = { matrix, loss };
  }
  return { kind, ...least, lossBefore: before.loss };
}

/** Where to begin: as given, world coordinates, middles and centroids together. */
function startsOf(pair: AffinePair, start: Mat4): Mat4[] {
  const { fixed, moving } = pair;
  const onto = (a: Vec3, b: Vec3): Mat4 => translation([b[0] - a[0], b[1] - a[1], b[2] - a[2]]);
  const body = { fixed: bodyOf(fixed, pair.fixedMask), moving: bodyOf(moving, pair.movingMask) };
  return [start, identity, onto(centreOf(fixed), centreOf(moving)), onto(body.fixed.centre, body.moving.centre)];
}

/** A transform turned both ways about each axis, by so many mm. */
function turned(matrix: Mat4, motion: Motion, by: number): Mat4[] {
  return [0, 1, 2].flatMap((axis) =>
    [-1, 1].map((sign) =>
      motion.moved(
        matrix,
        [0, 1, 2, 3, 4, 5].map((k) => (k === 3 + axis ? sign * by : 0)),
      ),
    ),
  );
}

/** Centroid of where a volume has data, and the root mean square distance from it, in mm. */
function bodyOf({ size, affine }: Grid, mask: Float32Array | undefined): { centre: Vec3; radius: number } {
  const [nx, ny, nz] = size;
  const sums = [0, 0, 0, 0];
  let squares = 0;
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        const weight = mask ? mask[n]! : 1;
        if (weight === 0) continue;
        const p = applyToPoint(affine, [i, j, k]);
        for (let a = 0; a < 3; a++) sums[a]! += weight * p[a]!;
        sums[3]! += weight;
        squares += weight * (p[0] ** 2 + p[1] ** 2 + p[2] ** 2);
      }
  const [x, y, z, count] = sums as [number, number, number, number];
  if (count === 0) throw new UserError('A mask is empty, so there is nothing to align; give one that is not, or none.');
  const centre: Vec3 = [x / count, y / count, z / count];
  const radius = Math.sqrt(Math.max(squares / count - centre.reduce((sum, mm) => sum + mm * mm, 0), 1));
  return { centre, radius };
}

/** Voxels of the finest level in mm: the fixed volume's own, or coarser for large ones. */
function finestSpacing({ size, affine }: Grid): number {
  const [x, y, z] = spacingOf(affine);
  const own = Math.cbrt(x * y * z);
  return Math.max(own, (own * Math.cbrt(size[0] * size[1] * size[2])) / FINEST);
}

function assertNumber(loss: number): number {
  if (Number.isFinite(loss)) return loss;
  throw new UserError('The loss of the alignment is not a number; try --affine-loss nmi.');
}
