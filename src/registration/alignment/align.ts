import { UserError } from '../../errors.ts';
import type { RuntimeOptions } from '../../graph/index.ts';
import { alignmentSimilarity } from '../../loss/alignmentLoss.ts';
import type { ChosenSimilarity } from '../../loss/registry.ts';
import { median } from '../../metric/statistics.ts';
import { centreOf } from '../../preparation/preprocessing.ts';
import type { Grid, Mask, Mat4, Vec3, Volume } from '../../volume/grid.ts';
import { applyToPoint, column, identity, translation, voxelEdge } from '../../volume/matrix.ts';
import { judgeModalities, suitedLoss } from '../modality.ts';
import { descend } from './descent.ts';
import { FINEST, LEVELS, MET } from './levels.ts';
import { type AlignmentKind, Motion } from './motion.ts';
import { AlignmentObjective } from './objective.ts';
import { pyramidLevel } from './pyramid.ts';

/** How a pair is aligned. */
export interface AlignmentOptions {
  readonly kind: AlignmentKind;
  /** Chosen for the pair when left out ({@link suitedLoss}). */
  readonly loss?: ChosenSimilarity;
  /** Seed of the loss's random directions (default 1). */
  readonly seed?: number;
  /**
   * Whether the finest level is left out, for what goes on to a deformation: ends then lie a few tenths of a voxel off,
   * in half the time.
   */
  readonly rough?: boolean;
}

/** A pair on grids of any orientation, spacing and handedness. */
export interface AlignmentPair {
  readonly fixed: Volume;
  readonly moving: Volume;
  /** [D, H, W] on each volume's own grid: 1 where it has data, 0 where it has none; all of it when left out. */
  readonly fixedMask?: Mask;
  readonly movingMask?: Mask;
}

/** An aligned pair. */
export interface Alignment {
  readonly kind: AlignmentKind;
  /** RAS mm, fixed point → moving point. */
  readonly matrix: Mat4;
  /** The loss at the start and with `matrix`, on the finest level. */
  readonly lossBefore: number;
  readonly loss: number;
  /** What may be wrong with it, a sentence each: a start that is hopeless, an end far from its start. */
  readonly warnings: readonly string[];
}

/** Share of the largest overlap that a candidate must have, so that no transform wins by leaving the picture. */
const OVERLAP = 0.7;
/** Transforms that differ by less than so many mm are one. */
const SAME = 0.5;
/**
 * Ends are level whose losses differ by less than this share of what alignment brings: the loss of the start's
 * neighbours less the least. Of level ends the nearest to the start is taken. No similarity across modalities is exact,
 * and where the scans were put means something.
 */
const LEVEL = 0.1;
/** An end farther from the start than this share of the body's radius is worth a look. */
const FAR = 0.5;
/**
 * Angle in radians by which each start is also tried turned about each axis, and the given one shifted as far as that
 * moves the body.
 */
const TURN = 0.2;

/**
 * Aligns a moving volume with a fixed one by one rigid or affine transform, without any training. The loss is lowered
 * on four levels, coarse to fine ({@link LEVELS}). Its slope comes from the graph; Adam steps in coordinates of about a
 * millimetre each.
 *
 * The coarsest level begins from several starts: as given and its neighbours, world coordinates, middles together and
 * centroids together, each also turned a little about each axis. A finer level begins from the best ends of the coarser
 * one, the second also from the starts themselves where they are better. The start as given is followed on every level
 * besides, rigidly on the finer two. A coarse level can lead out of the right valley, and only a fine one shows it.
 * Scale and shear come in on the second level. On the finest level the end with the least loss is taken, or a nearer
 * one that is level with it.
 *
 * @param start where to begin, and what is given back if nothing is better: RAS mm, fixed point → moving point
 * @throws UserError when the loss is not a number, or the volumes have no voxels in common
 * @example const { matrix } = await alignPair({ fixed, moving }, { kind: 'rigid', loss: chooseSimilarity('mind') })
 */
export async function alignPair(
  pair: AlignmentPair,
  { kind, loss = lossFor(pair), seed = 1, rough = false }: AlignmentOptions,
  start: Mat4 = identity,
  runtime?: RuntimeOptions,
): Promise<Alignment> {
  const finest = finestSpacing(pair.fixed);
  const { centre, radius } = bodyOf(pair.fixed, pair.fixedMask);
  const rigid = new Motion('rigid', centre, radius);
  const by = TURN * radius;
  const distinct = startsOf(pair, start);
  const starts = [
    ...distinct,
    ...shifted(start, rigid, by),
    ...distinct.flatMap((matrix) => stepped(matrix, rigid, 'turn', by)),
  ];
  let ends: Mat4[] = [];
  let result: Alignment | undefined;
  const levels = rough ? LEVELS.slice(0, -1) : LEVELS;
  for (const [n, level] of levels.entries()) {
    const { coarser, wide, followed, startRigid, steps, startSteps, rate } = level;
    const spacing = finest * coarser;
    const fixed = pyramidLevel(pair.fixed, pair.fixedMask, spacing);
    const moving = pyramidLevel(pair.moving, pair.movingMask, spacing);
    const objective = await AlignmentObjective.create(fixed, moving, loss, seed, { threads: 1, ...runtime });
    try {
      const motion = level.rigid ? rigid : new Motion(kind, centre, radius);
      const candidates = wide ? [...starts, ...ends] : [start, ...ends];
      const chosen = await mostPromising(candidates, objective, motion, { count: followed, apart: spacing });
      ends = [];
      for (const matrix of chosen) {
        const isStart = matrix === start;
        ends.push(
          await descend(matrix, {
            objective,
            motion: isStart && startRigid ? rigid : motion,
            steps: isStart ? startSteps : steps,
            rate: rate * spacing,
            known: { ends, within: MET * spacing },
          }),
        );
      }
      if (n < levels.length - 1) continue;
      const usual = median(await lossesOf(stepped(start, rigid, 'shift', by), objective));
      const settledOn = await settled(objective, motion, { start, found: ends, usual, within: MET * spacing });
      const { overlap } = await objective.evaluate(start);
      const from = hopeless(pair, start, overlap);
      const away = motion.distance(settledOn.matrix, start);
      // From a hopeless start every end is far.
      const far = from === undefined && away > FAR * radius ? farAway(away, FAR * radius, loss) : undefined;
      const warnings = [from, far].flatMap((warning) => warning ?? []);
      result = { kind, ...settledOn, warnings };
      if ((await objective.evaluate(result.matrix)).overlap === 0)
        throw new UserError(
          'After the alignment the two scans do not overlap; give --init center, --align rigid, or other masks.',
        );
    } finally {
      await objective.release();
    }
  }
  return result as Alignment;
}

/** Of several candidates those with the least loss, at least so many mm apart, and the first; all of enough overlap. */
async function mostPromising(
  candidates: readonly Mat4[],
  objective: AlignmentObjective,
  motion: Motion,
  { count, apart }: { readonly count: number; readonly apart: number },
): Promise<Mat4[]> {
  const looked: { readonly matrix: Mat4; readonly loss: number; readonly overlap: number }[] = [];
  for (const matrix of candidates) {
    if (looked.some((other) => motion.distance(matrix, other.matrix) < SAME)) continue;
    const { loss, overlap } = await objective.evaluate(matrix);
    looked.push({ matrix, loss: assertNumber(loss), overlap });
  }
  const most = Math.max(...looked.map(({ overlap }) => overlap));
  if (most === 0)
    throw new UserError('The two scans do not overlap at their start; give --init center, or other masks.');
  const enough = looked.filter(({ overlap }) => overlap >= OVERLAP * most).sort((a, b) => a.loss - b.loss);
  const [first] = candidates;
  const chosen: Mat4[] = [];
  for (const { matrix } of enough) {
    const isNew = matrix !== first && chosen.every((other) => motion.distance(matrix, other) >= apart);
    if (chosen.length < count && isNew) chosen.push(matrix);
  }
  return [...chosen, ...enough.flatMap(({ matrix }) => (matrix === first ? [matrix] : []))];
}

/** What was found, and by what it is judged. */
interface Found {
  readonly start: Mat4;
  readonly found: readonly Mat4[];
  /** The loss of a pair that is not aligned. */
  readonly usual: number;
  /** What is nearer by less than so many mm is not nearer. */
  readonly within: number;
}

/**
 * Of the found transforms the one with the least loss, or the best of those nearest to the start, where they are level
 * with it ({@link LEVEL}); the start where none is better.
 */
async function settled(
  objective: AlignmentObjective,
  motion: Motion,
  { start, found, usual, within }: Found,
): Promise<Omit<Alignment, 'kind' | 'warnings'>> {
  const { loss: lossBefore, overlap } = await objective.evaluate(start);
  const before = overlap === 0 ? Number.POSITIVE_INFINITY : assertNumber(lossBefore);
  const losses = await lossesOf(found, objective);
  const least = Math.min(...losses);
  const level = least + LEVEL * Math.max(0, usual - least);
  const good = found
    .map((matrix, n) => ({ matrix, loss: losses[n]! }))
    .filter(({ loss }) => loss < before && loss <= level);
  if (good.length === 0) return { matrix: start, loss: before, lossBefore };
  const nearest = Math.min(...good.map(({ matrix }) => motion.distance(matrix, start)));
  const near = good.filter(({ matrix }) => motion.distance(matrix, start) <= nearest + within);
  return { ...near.reduce((a, b) => (b.loss < a.loss ? b : a)), lossBefore };
}

/** The loss that suits a pair. With ultrasound that is MIND: NMI led a real pair far away (docs/alignment.md). */
function lossFor({ fixed, moving }: AlignmentPair): ChosenSimilarity {
  const { same, even, ultrasound } = judgeModalities(fixed, moving);
  return alignmentSimilarity(suitedLoss(same && !ultrasound, even));
}

/** Why nothing can be expected of a start; undefined where something can. */
function hopeless(pair: AlignmentPair, start: Mat4, overlap: number): string | undefined {
  const [fixed, moving] = [bodyOf(pair.fixed, pair.fixedMask), bodyOf(pair.moving, pair.movingMask)];
  const apart = Math.hypot(...applyToPoint(start, fixed.centre).map((mm, a) => mm - moving.centre[a]!));
  const large = 2 * Math.max(fixed.radius, moving.radius);
  if (overlap > 0 && apart <= large) return undefined;
  const why =
    overlap > 0
      ? `it puts the centres of the two bodies ${apart.toFixed(0)} mm apart, which is more than their size (${large.toFixed(0)} mm)`
      : `the two scans do not overlap there, and the centres of their bodies are ${apart.toFixed(0)} mm apart`;
  return `The alignment could not use its start: ${why}; look at the result, and give --init center or a nearer start.`;
}

function farAway(mm: number, bound: number, { similarity }: ChosenSimilarity): string {
  const other = similarity.name === 'mind' ? 'another --align-loss' : '--align-loss mind';
  return `The alignment ends ${mm.toFixed(1)} mm from its start, more than half the body's radius (${bound.toFixed(1)} mm); look at the result, and try ${other} or a nearer start if it is wrong.`;
}

async function lossesOf(matrices: readonly Mat4[], objective: AlignmentObjective): Promise<number[]> {
  const losses: number[] = [];
  for (const matrix of matrices) losses.push(assertNumber((await objective.evaluate(matrix)).loss));
  return losses;
}

/** Where to begin: as given, world coordinates, middles and centroids together. */
function startsOf(pair: AlignmentPair, start: Mat4): Mat4[] {
  const { fixed, moving } = pair;
  const onto = (a: Vec3, b: Vec3): Mat4 => translation([b[0] - a[0], b[1] - a[1], b[2] - a[2]]);
  const body = { fixed: bodyOf(fixed, pair.fixedMask), moving: bodyOf(moving, pair.movingMask) };
  return [start, identity, onto(centreOf(fixed), centreOf(moving)), onto(body.fixed.centre, body.moving.centre)];
}

/** A transform shifted to the 26 neighbours in a lattice of so many mm. */
function shifted(matrix: Mat4, motion: Motion, by: number): Mat4[] {
  const places = [-by, 0, by];
  return places.flatMap((x) => places.flatMap((y) => places.map((z) => motion.moved(matrix, [x, y, z, 0, 0, 0]))));
}

/** A transform shifted along each axis or turned about it, both ways, by so many mm. */
function stepped(matrix: Mat4, motion: Motion, how: 'shift' | 'turn', by: number): Mat4[] {
  const first = how === 'shift' ? 0 : 3;
  return [0, 1, 2].flatMap((axis) =>
    [-by, by].map((mm) =>
      motion.moved(
        matrix,
        [0, 1, 2, 3, 4, 5].map((k) => (k === first + axis ? mm : 0)),
      ),
    ),
  );
}

/** Centroid of where a volume has data, and the root mean square distance from it, in mm. */
function bodyOf({ size, affine }: Grid, mask: Mask | undefined): { centre: Vec3; radius: number } {
  const [nx, ny, nz] = size;
  // Sums over rows first: of what has data, of its index along the row and of that squared.
  let [count, x, y, z, squares] = [0, 0, 0, 0, 0];
  const step = column(affine, 0);
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      let [n, i1, i2] = [0, 0, 0];
      const row = nx * (j + ny * k);
      for (let i = 0; i < nx; i++) {
        if (mask?.[row + i] === 0) continue;
        n++;
        i1 += i;
        i2 += i * i;
      }
      const p = applyToPoint(affine, [0, j, k]);
      count += n;
      x += n * p[0] + i1 * step[0];
      y += n * p[1] + i1 * step[1];
      z += n * p[2] + i1 * step[2];
      for (let a = 0; a < 3; a++) squares += n * p[a]! ** 2 + 2 * i1 * p[a]! * step[a]! + i2 * step[a]! ** 2;
    }
  if (count === 0) throw new UserError('A mask is empty, so there is nothing to align; give another mask, or none.');
  const centre: Vec3 = [x / count, y / count, z / count];
  const radius = Math.sqrt(Math.max(squares / count - centre.reduce((sum, mm) => sum + mm * mm, 0), 1));
  return { centre, radius };
}

/** Voxels of the finest level in mm: the fixed volume's own, or coarser for large ones. */
function finestSpacing({ size, affine }: Grid): number {
  const own = voxelEdge(affine);
  return Math.max(own, (own * Math.cbrt(size[0] * size[1] * size[2])) / FINEST);
}

function assertNumber(loss: number): number {
  if (Number.isFinite(loss)) return loss;
  throw new UserError('The loss of the alignment is not a number; try --align-loss mind.');
}
