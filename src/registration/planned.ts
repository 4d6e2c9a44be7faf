import { given } from '../given.ts';
import type { RuntimeOptions } from '../graph/index.ts';
import { alignmentSimilarity } from '../loss/alignmentLoss.ts';
import { freeUnused } from '../memory.ts';
import { foldedPercent, voxelJacobianDeterminant } from '../metric/jacobian.ts';
import { centreOf, type InitialAlignment } from '../preparation/preprocessing.ts';
import { warpFromDisplacement } from '../preparation/warpFromDisplacement.ts';
import type { Grid, Mat4, Warp } from '../volume/grid.ts';
import { invertWarp } from '../volume/invertWarp.ts';
import { identity, invert, translation } from '../volume/matrix.ts';
import { zscore } from '../volume/normalise.ts';
import { applyWarp, linearWarp, reaches } from '../volume/warp.ts';
import { whenRead } from '../volume/whenRead.ts';
import { type Alignment, alignPair } from './alignment/align.ts';
import { type MaskedPair, type Plan, type PlanChoices, planPair, pyramidOf } from './plan.ts';
import { type PyramidProgress, type PyramidResult, registerPyramid } from './pyramid/pyramid.ts';
import {
  assertNotConstant,
  assertReaches,
  assertRoom,
  masksOf,
  noOverlap,
  type PairRegistrar,
  type Registration,
  type RegistrationPair,
} from './register.ts';

/** How pairs are planned and registered. */
export interface PlannedOptions {
  readonly choices?: PlanChoices;
  readonly runtime?: RuntimeOptions;
  /** Called with the plan before anything is done. */
  readonly onPlan?: (plan: Plan) => void;
  readonly onProgress?: PyramidProgress;
  /** Called with the warp at the start, after the alignment, and after each level but the last. */
  readonly onWarp?: (at: WarpStage, warp: Warp) => void;
}

/** How far a registration is: a level is counted from 0. */
export type WarpStage = 'start' | 'aligned' | number;

/**
 * Registers any two scans: plans each pair by itself, aligns it, and goes from coarse to fine. No model takes part.
 * @example
 * const { moved, warp } = await new PlannedRegistrar({ choices: { effort: 'fast' } }).register({ fixed, moving })
 */
export class PlannedRegistrar implements PairRegistrar {
  constructor(private readonly options: PlannedOptions = {}) {}

  /**
   * Registers a pair.
   * @param start where the pair begins, in place of what the plan would choose, or a transform that takes fixed points
   * to moving points
   * @throws UserError when an image is constant where it counts, the two do not overlap, or there is no memory
   */
  async register(pair: RegistrationPair, start?: InitialAlignment | Mat4): Promise<Registration> {
    const { choices = {}, runtime, onPlan, onProgress, onWarp } = this.options;
    const masked = maskedPair(pair);
    const initial = start !== undefined && typeof start !== 'string' ? start : undefined;
    const planned = { ...choices, ...given({ start: initial ? 'world' : (start as InitialAlignment | undefined) }) };
    if (choices.symmetric && !isInOrder(pair)) {
      const turned = turnedRound(masked);
      const plan = planPair(turned, planned);
      // A transform alone needs no middle.
      if (plan.levels.length > 0) {
        onPlan?.(plan);
        const back = given({ initial: initial && invert(initial), aligned: pair.aligned && invert(pair.aligned) });
        return undone(
          pair,
          startOf(pair, plan, initial),
          await carryOut(turned, plan, { runtime, onProgress, ...back }),
        );
      }
    }
    const plan = planPair(masked, planned);
    onPlan?.(plan);
    return carryOut(masked, plan, { runtime, initial, aligned: pair.aligned, onProgress, onWarp });
  }

  /** Nothing is kept from pair to pair. */
  async release(): Promise<void> {}
}

/**
 * A pair with its masks, checked. @throws UserError where there is nothing to compare
 * @example const { fixedMask } = maskedPair({ fixed, moving })
 */
export function maskedPair(pair: RegistrationPair): MaskedPair {
  const { fixed, moving } = pair;
  assertRoom(fixed, moving);
  const masks = masksOf(pair);
  assertNotConstant(fixed, 'fixed', masks.fixedMask);
  assertNotConstant(moving, 'moving', masks.movingMask);
  return { fixed, moving, ...masks };
}

interface Means {
  readonly runtime: RuntimeOptions | undefined;
  /** Where the pair starts, in place of the plan's start. */
  readonly initial?: Mat4 | undefined;
  /** A transform that was found earlier, in place of an alignment. */
  readonly aligned?: Mat4 | undefined;
  readonly onProgress: PyramidProgress | undefined;
  readonly onWarp?: PlannedOptions['onWarp'];
}

/**
 * Whether a symmetric registration takes a pair as it is given, rather than turned round. The alignment and the grid of
 * the levels prefer a scan, but the two ways are to have one result. The scans' sizes and voxels decide.
 */
function isInOrder({ fixed, moving }: RegistrationPair): boolean {
  const sizes = fixed.data.length - moving.data.length;
  if (sizes !== 0) return sizes < 0;
  const n = fixed.data.findIndex((value, at) => value !== moving.data[at]);
  return n < 0 || fixed.data[n]! < moving.data[n]!;
}

function turnedRound({ fixed, moving, fixedMask, movingMask }: MaskedPair): MaskedPair {
  return { fixed: moving, moving: fixed, fixedMask: movingMask, movingMask: fixedMask };
}

/** The registration of a pair from that of the same pair turned round, which has an inverse. */
function undone(
  { fixed, moving }: RegistrationPair,
  start: Mat4,
  { alignment, ...turned }: Registration,
): Registration {
  // Of a velocity there is an inverse, exact up to interpolation.
  const { warp } = invertWarp(turned.warp, fixed, turned.inverse);
  return {
    ...turned,
    warp,
    inverse: turned.warp,
    start,
    moved: applyWarp(warp, moving),
    ...given({ alignment: alignment && invert(alignment) }),
  };
}

/** Carries out a plan. */
async function carryOut(pair: MaskedPair, plan: Plan, means: Means): Promise<Registration> {
  const { fixed, moving } = pair;
  const start = startOf(pair, plan, means.initial);
  const notes: string[] = [];
  means.onWarp?.('start', linearWarp(fixed, start));
  freeUnused(fixed);
  const first = means.aligned ? undefined : await aligned(pair, plan, start, means);
  const alignment = means.aligned ?? first?.matrix;
  const matrix = alignment ?? start;
  if (!reaches({ size: fixed.size, affine: fixed.affine, matrix }, moving)) throw noOverlap(pair, plan.start);
  if (alignment) means.onWarp?.('aligned', linearWarp(fixed, alignment));
  freeUnused(fixed);
  const found = plan.levels.length > 0 ? await deformed(pair, plan, matrix, means) : undefined;
  const warp = found?.warp ?? linearWarp(fixed, matrix);
  assertReaches(warp, moving);
  const inverse = found ? found.inverse : whenRead(moving, () => linearWarp(moving, invert(matrix)).data);
  if (found && found.smoothings > 0)
    notes.push(
      `The velocity was smoothed ${found.smoothings === 1 ? 'once' : `${found.smoothings} times`} to keep folds within ${plan.foldLimit} %.`,
    );
  return {
    warp,
    start,
    moved: applyWarp(warp, moving),
    ...given({ alignment, inverse, warnings: first?.warnings }),
    done: { plan, levels: found?.levels ?? [], smoothings: found?.smoothings ?? 0, notes },
  };
}

/**
 * The transform of a pair. An ultrasound is aligned as the moving scan, also where it is the fixed one. The finest level
 * is then that of the other scan, whose voxels are coarser than speckle. Both ways have one result.
 */
async function aligned(pair: MaskedPair, plan: Plan, start: Mat4, { runtime }: Means): Promise<Alignment | undefined> {
  if (!plan.alignment) return undefined;
  const { kind, loss } = plan.alignment;
  const options = { kind, loss: alignmentSimilarity(loss.name, loss.options), rough: plan.levels.length > 0 };
  const align = ({ fixed, moving, fixedMask, movingMask }: MaskedPair, from: Mat4): Promise<Alignment> =>
    alignPair({ fixed, moving, ...given({ fixedMask, movingMask }) }, options, from, runtime);
  if (plan.ultrasound !== 'fixed') return align(pair, start);
  const back = await align(turnedRound(pair), invert(start));
  return { ...back, matrix: invert(back.matrix) };
}

/** What the levels make of an aligned pair. */
async function deformed(
  { fixed, moving, fixedMask, movingMask }: MaskedPair,
  plan: Plan,
  start: Mat4,
  { runtime, onProgress, onWarp }: Means,
): Promise<{ warp: Warp; inverse: Warp | undefined; levels: PyramidResult['levels']; smoothings: number }> {
  const pair = {
    fixed: whenRead(fixed, () => zscore(fixed, fixedMask).data),
    moving: whenRead(moving, () => zscore(moving, movingMask).data),
    fixedMask,
    movingMask,
    region: plan.region,
    start,
  };
  const result = await registerPyramid(pair, pyramidOf(plan), {
    runtime,
    progress: onProgress,
    onLevel:
      onWarp && ((level, end) => level < plan.levels.length - 1 && onWarp(level, warpFromDisplacement(end, fixed))),
    isSmooth: ({ displacement, fixedGrid }) =>
      foldedPercent(voxelJacobianDeterminant(displacement, fixedGrid.size)) <= plan.foldLimit,
  });
  freeUnused(fixed);
  const { displacement, inverse, fixedGrid, movingGrid, levels, smoothings } = result;
  const backwards = inverse && { displacement: inverse, fixedGrid: movingGrid, movingGrid: fixedGrid };
  const back = backwards && whenRead(moving, () => warpFromDisplacement(backwards, moving).data);
  return {
    warp: warpFromDisplacement({ displacement, fixedGrid, movingGrid }, fixed),
    inverse: back,
    levels,
    smoothings,
  };
}

/** Where the moving scan starts. */
function startOf(
  { fixed, moving }: Pick<RegistrationPair, 'fixed' | 'moving'>,
  plan: Plan,
  initial: Mat4 | undefined,
): Mat4 {
  return initial ?? (plan.start === 'world' ? identity : together(fixed, moving));
}

/** The shift that puts the middles of two scans together. */
function together(fixed: Grid, moving: Grid): Mat4 {
  const [a, b] = [centreOf(fixed), centreOf(moving)];
  return translation([b[0] - a[0], b[1] - a[1], b[2] - a[2]]);
}
