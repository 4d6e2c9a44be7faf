import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import { chooseSimilarity } from '../loss/registry.ts';
import { chooseRegulariser, DEFAULT_REGULARISER } from '../loss/regulariser/registry.ts';
import { availableMemory } from '../memory.ts';
import type { InitialAlignment } from '../preparation/preprocessing.ts';
import { mapTriple } from '../triple.ts';
import { voxelCount } from '../volume/checks.ts';
import type { Grid, Mask, Vec3, Volume } from '../volume/grid.ts';
import { applyToPoint, spacingOf, voxelEdge } from '../volume/matrix.ts';
import { FINEST } from './alignment/levels.ts';
import type { AlignmentKind } from './alignment/motion.ts';
import { judgeModalities, suitedLoss } from './modality.ts';
import { extentOfGrid, type Level, levelOptions, type PyramidOptions } from './pyramid/pyramid.ts';
import { gridOver, type Region, regionOf, voxelsOver } from './pyramid/region.ts';
import { Refiner } from './refine.ts';
import { velocityWeight } from './velocityWeight.ts';

/** How much time a registration may take: levels and steps follow from it. */
export const EFFORTS = ['fast', 'standard', 'best'] as const;
export type Effort = (typeof EFFORTS)[number];

/** A loss by its name, with its options. */
export interface NamedLoss {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What a pair will go through. It can be written down as JSON. */
export interface Plan {
  readonly effort: Effort;
  /** Whether the scans begin where their world coordinates put them, or with their centres together. */
  readonly start: InitialAlignment;
  readonly modality: 'same' | 'different';
  /** Which of the scans is taken for ultrasound. */
  readonly ultrasound?: 'fixed' | 'moving' | 'both';
  /** What the two lines above were judged by. */
  readonly why: string;
  /** The transform that comes first. */
  readonly alignment: { readonly kind: AlignmentKind; readonly loss: NamedLoss } | null;
  /** From coarse to fine; none where a transform is all. */
  readonly levels: readonly Level[];
  readonly loss: NamedLoss;
  readonly regulariser: NamedLoss;
  /** λ, the weight of the regulariser. */
  readonly smoothness: number;
  /** Voxels of a level between the points that hold the velocity. */
  readonly control: number;
  /** Steps of scaling and squaring; 0: a displacement field, which may fold. */
  readonly integrationSteps: number;
  /** Whether both scans are moved to the middle between them rather than one onto the other. */
  readonly symmetric?: boolean;
  /** Whether the coarsest level also begins from a discrete search. */
  readonly search?: boolean;
  readonly rate: number;
  readonly leastGain: number;
  readonly seed: number;
  /** Folded voxels in % above which the velocity is smoothed until there are fewer. */
  readonly foldLimit: number;
  /** The box that is registered, mm. */
  readonly region: Region;
  /** Bytes that the finest level takes, and those that were allowed. */
  readonly memory: { readonly needed: number; readonly allowed: number };
  /** Estimated on two cores. */
  readonly seconds: number;
}

/** Parts of a plan that are given rather than chosen. */
export interface PlanChoices {
  readonly effort?: Effort;
  readonly modality?: 'same' | 'different';
  readonly start?: InitialAlignment;
  readonly alignment?: AlignmentKind | 'none';
  readonly alignmentLoss?: NamedLoss;
  readonly loss?: NamedLoss;
  readonly regulariser?: NamedLoss;
  readonly smoothness?: number;
  readonly levels?: readonly Level[];
  /** Edge of the finest level's voxels in mm at least; the fixed scan's own when left out. */
  readonly finest?: number;
  readonly field?: 'velocity' | 'displacement';
  readonly symmetric?: boolean;
  readonly search?: boolean;
  readonly control?: number;
  readonly seed?: number;
  /** Bytes; half of what is free when left out. */
  readonly memory?: number;
}

/** A pair with where each scan counts. */
export interface MaskedPair {
  readonly fixed: Volume;
  readonly moving: Volume;
  readonly fixedMask: Mask | undefined;
  readonly movingMask: Mask | undefined;
}

/** Millimetres of surroundings that are registered with what counts of the fixed scan; at most a tenth of its size. */
const MARGIN = 8;

/**
 * Voxels of each level, and its steps at most. Levels that would be finer than the scan's own voxels are left out.
 * Chosen on the development pairs of `docs/registering.md`.
 */
const LEVELS: Readonly<Record<Effort, readonly { readonly voxels: number; readonly steps: number }[]>> = {
  fast: [
    { voxels: 90_000, steps: 40 },
    { voxels: 400_000, steps: 20 },
  ],
  standard: [
    { voxels: 90_000, steps: 40 },
    { voxels: 730_000, steps: 30 },
    { voxels: 1_200_000, steps: 15 },
  ],
  best: [
    { voxels: 90_000, steps: 60 },
    { voxels: 730_000, steps: 50 },
    { voxels: 2_400_000, steps: 40 },
  ],
};
/**
 * Voxels of the finest level as a share of the fixed scan's shortest edge, at least: a little finer, since sampling
 * blurs.
 */
const FINER = 0.95;
/** Levels whose voxels differ by less than this factor are one. */
const APART = 1.15;

/** Share of the smaller scan's box that must lie in the other's for world coordinates to be believed. */
const LEAST_OVERLAP = 0.3;

/**
 * Chooses how a pair is registered, from the pair itself.
 * @example const plan = planPair(maskedPair({ fixed, moving }), { effort: 'fast' })
 */
export function planPair(pair: MaskedPair, choices: PlanChoices = {}): Plan {
  const { fixed, moving } = pair;
  const effort = choices.effort ?? 'standard';
  const judged = judgeModalities(fixed, moving);
  const modality = choices.modality ?? (judged.same ? 'same' : 'different');
  const ultrasound = judged.same ? undefined : judged.ultrasound;
  const start = choices.start ?? (boxOverlap(fixed, moving) >= LEAST_OVERLAP ? 'world' : 'center');
  const margin = Math.min(MARGIN, 0.1 * voxelEdge(fixed.affine) * Math.max(...fixed.size));
  const region = regionOf(fixed, pair.fixedMask, margin);
  const usual = suitedLoss(modality === 'same', judged.even);
  const loss = choices.loss ?? { name: usual, options: {} };
  const chosen = chooseSimilarity(loss.name, loss.options);
  const regulariser = choices.regulariser ?? { name: DEFAULT_REGULARISER, options: {} };
  if (choices.symmetric && choices.field === 'displacement')
    throw new UserError(
      'A symmetric registration needs a velocity field, which can be undone; leave out --field or --symmetric.',
    );
  const integrationSteps = choices.field === 'displacement' ? 0 : 5;
  const smoothness =
    choices.smoothness ??
    velocityWeight(chosen, chooseRegulariser(regulariser.name, regulariser.options), loss.name === usual);
  const settings = {
    loss,
    regulariser,
    smoothness,
    control: choices.control ?? 2,
    integrationSteps,
    ...given({ symmetric: choices.symmetric, search: choices.search }),
    rate: 0.15,
    leastGain: 0.005,
    seed: choices.seed ?? 1,
  };
  const allowed = choices.memory === undefined ? availableMemory() / 2 : Math.max(0, choices.memory - heldBy(pair));
  // Ultrasound shows too little of what MRI shows for more than a transform.
  const wanted =
    choices.levels ??
    (ultrasound ? [] : levelsOf(region, choices.finest ?? FINER * Math.min(...spacingOf(fixed.affine)), effort));
  const each = wanted.length === 0 ? 0 : bytesPerVoxel(region, settings);
  const levels = wanted.length === 0 ? [] : fitting(wanted, region, allowed / each);
  const finest = levels.at(-1);
  const alignment = alignmentOf(choices, modality, usual);
  return {
    effort,
    start,
    modality,
    ...(ultrasound ? { ultrasound } : {}),
    why: judged.why,
    alignment,
    levels,
    ...settings,
    foldLimit: 0.1,
    region,
    memory: { needed: finest ? each * voxelsOver(region, finest.spacing) : 0, allowed },
    seconds: secondsOf(levels, { fixed, moving, region, loss: loss.name, isAligned: alignment !== null }),
  };
}

type Settings = Pick<
  Plan,
  | 'loss'
  | 'regulariser'
  | 'smoothness'
  | 'control'
  | 'integrationSteps'
  | 'symmetric'
  | 'search'
  | 'rate'
  | 'leastGain'
  | 'seed'
>;

/** What the levels of a plan are carried out with. */
export function pyramidOf(plan: Settings & { readonly levels: readonly Level[] }): PyramidOptions {
  const { loss, regulariser, smoothness, control, integrationSteps, symmetric, search, rate, leastGain, seed, levels } =
    plan;
  return {
    levels,
    loss: chooseSimilarity(loss.name, loss.options),
    regulariser: chooseRegulariser(regulariser.name, regulariser.options),
    smoothness,
    control,
    integrationSteps,
    ...given({ symmetric, search }),
    rate,
    leastGain,
    seed,
  };
}

function alignmentOf(
  { alignment, alignmentLoss }: PlanChoices,
  modality: Plan['modality'],
  usual: string,
): Plan['alignment'] {
  if (alignment === 'none') return null;
  const kind = alignment ?? (modality === 'same' ? 'affine' : 'rigid');
  return { kind, loss: alignmentLoss ?? { name: usual, options: {} } };
}

/** Levels of an effort with voxels of at least `own` mm, from coarse to fine. */
function levelsOf(region: Region, own: number, effort: Effort): Level[] {
  const volume = region.lengths.reduce((a, b) => a * b);
  const edge = (voxels: number): number => Math.cbrt(volume / voxels);
  const finest = Math.max(own, edge(LEVELS[effort].at(-1)!.voxels));
  const levels: Level[] = [];
  for (const { voxels, steps } of LEVELS[effort]) {
    // A small scan begins at half its resolution.
    const spacing = Math.max(levels.length === 0 ? Math.max(edge(voxels), 2 * finest) : edge(voxels), own);
    const last = levels.at(-1);
    const isOne = last !== undefined && last.spacing < APART * spacing;
    if (isOne) levels.pop();
    levels.push({ spacing: rounded(spacing), steps: isOne ? Math.max(steps, last.steps) : steps });
  }
  return levels;
}

/** Bytes of the scans and their masks, which are there beside a level. */
function heldBy({ fixed, moving, fixedMask, movingMask }: MaskedPair): number {
  return [fixed.data, moving.data, fixedMask, movingMask].reduce((sum, data) => sum + (data?.byteLength ?? 0), 0);
}

/** Voxels that a level has at least, however short memory is. */
const FEWEST_VOXELS = 4096;

/** The levels, the finest ones made coarser where they would have more voxels than there is memory for. */
function fitting(levels: readonly Level[], region: Region, mostVoxels: number): Level[] {
  const fits: Level[] = [];
  for (const level of levels) {
    let { spacing } = level;
    while (voxelsOver(region, spacing) > Math.max(mostVoxels, FEWEST_VOXELS)) spacing *= 1.1;
    const last = fits.at(-1);
    if (last && last.spacing < APART * spacing) continue;
    fits.push({ ...level, spacing: rounded(spacing) });
  }
  return fits;
}

/** Voxels of the grid on which memory is estimated; it grows with their number. */
const SAMPLE = 40 ** 3;

/** Bytes that a level takes for each of its voxels. */
function bytesPerVoxel(region: Region, settings: Settings): number {
  const sample = gridOver(region, Math.cbrt(region.lengths.reduce((a, b) => a * b) / SAMPLE));
  const options = levelOptions(pyramidOf({ ...settings, levels: [] }), 1);
  return Refiner.memory(options, extentOfGrid(sample)) / voxelCount(sample);
}

/** Seconds for a voxel and step on two cores; other losses are taken to be as slow as the slowest of these. */
const SECONDS: Readonly<Record<string, number>> = { mse: 2.5e-7, ncc: 4e-7, mind: 9e-7 };
/** Seconds for each voxel of the scans, which are read, judged and written, and for the rest of it. */
const EACH_VOXEL = 5e-7;
const OVERHEAD = 2;
/** Seconds for an alignment whose finest level is as large as it may be. */
const ALIGNMENT = 10;

interface Work {
  readonly fixed: Grid;
  readonly moving: Grid;
  readonly region: Region;
  readonly loss: string;
  readonly isAligned: boolean;
}

function secondsOf(levels: readonly Level[], { fixed, moving, region, loss, isAligned }: Work): number {
  const each = SECONDS[loss] ?? Math.max(...Object.values(SECONDS));
  const steps = levels.reduce((sum, { spacing, steps }) => sum + steps * voxelsOver(region, spacing), 0);
  const alignment = isAligned ? ALIGNMENT * Math.min(1, voxelCount(fixed) / FINEST ** 3) : 0;
  return Math.round(OVERHEAD + EACH_VOXEL * (voxelCount(fixed) + voxelCount(moving)) + alignment + each * steps);
}

/** Share of the smaller scan's box, along the world's axes, that lies in the other's. */
export function boxOverlap(fixed: Grid, moving: Grid): number {
  const [a, b] = [boxOf(fixed), boxOf(moving)];
  const share = [0, 1, 2].reduce((product, c) => {
    const common = Math.min(a.high[c]!, b.high[c]!) - Math.max(a.low[c]!, b.low[c]!);
    const least = Math.min(a.high[c]! - a.low[c]!, b.high[c]! - b.low[c]!);
    return product * Math.max(0, Math.min(1, common / Math.max(least, 1e-6)));
  }, 1);
  return share;
}

function boxOf(grid: Grid): { readonly low: Vec3; readonly high: Vec3 } {
  const [nx, ny, nz] = grid.size;
  const corners = [-0.5, nx - 0.5].flatMap((x) =>
    [-0.5, ny - 0.5].flatMap((y) => [-0.5, nz - 0.5].map((z) => applyToPoint(grid.affine, [x, y, z]))),
  );
  const along = (pick: (...values: number[]) => number): Vec3 =>
    mapTriple([0, 1, 2] as const, (c) => pick(...corners.map((corner) => corner[c])));
  return { low: along(Math.min), high: along(Math.max) };
}

function rounded(spacing: number): number {
  return Number(spacing.toPrecision(3));
}

/**
 * What a plan comes to, in one sentence.
 * @example console.log(planSentence(planPair(maskedPair({ fixed, moving }))))
 */
export function planSentence(plan: Plan): string {
  const { levels, alignment, loss, seconds } = plan;
  const start = plan.start === 'world' ? 'from world coordinates' : 'from the centres together';
  const parts = [
    ...(alignment ? [`${alignment.kind} alignment by ${alignment.loss.name.toUpperCase()}`] : []),
    ...(plan.search && levels.length > 0 ? ['a discrete search'] : []),
    ...(levels.length > 0
      ? [
          `${plan.integrationSteps === 0 ? 'a displacement field' : plan.symmetric ? 'a symmetric velocity field' : 'a velocity field'} at ${levels
            .map(({ spacing }) => Number(spacing.toPrecision(2)))
            .join(', ')} mm by ${loss.name.toUpperCase()}`,
        ]
      : []),
  ];
  return `${plan.why} Plan, ${start}: ${parts.join(', then ') || 'nothing'}; about ${seconds} s on two cores.`;
}

/**
 * How far the levels of a plan are, 0 to 1: a step counts as much as its level has voxels. Of an alignment nothing is
 * known.
 * @param level counted from 0
 * @param step of the level, that is done
 */
export function levelsDone({ levels }: Pick<Plan, 'levels'>, level: number, step: number): number {
  const work = levels.map(({ spacing, steps }) => ({ steps, each: spacing ** -3 }));
  const total = work.reduce((sum, { steps, each }) => sum + steps * each, 0);
  const taken = (n: number, steps: number): number => (n < level ? steps : n === level ? step : 0);
  return work.reduce((sum, { steps, each }, n) => sum + each * taken(n, steps), 0) / total;
}
