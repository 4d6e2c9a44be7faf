import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import { compile, fastestFeatures, type Program, type RuntimeOptions } from '../graph/index.ts';
import { chooseRegulariser } from '../loss/regulariser/registry.ts';
import { shortage } from '../memory.ts';
import type { Extent } from '../network/displacement.ts';
import { inferenceGraph, type RegistrationModel } from '../network/model.ts';
import {
  centreOf,
  fieldOfView,
  type InitialAlignment,
  meet,
  movingGrid,
  networkGrid,
  normalised,
  ownGridPreprocessing,
  sampled,
  trimmedGrid,
} from '../preparation/preprocessing.ts';
import { warpFromDisplacement } from '../preparation/warpFromDisplacement.ts';
import { voxelCount } from '../volume/checks.ts';
import { comparedForegrounds } from '../volume/foreground.ts';
import type { Grid, Labels, Mask, Mat4, Volume, Warp } from '../volume/grid.ts';
import { invert, multiply } from '../volume/matrix.ts';
import { applyWarp, reaches } from '../volume/warp.ts';
import { type Alignment, type AlignmentOptions, type AlignmentPair, alignPair } from './alignment/align.ts';
import { boxOf, cutOut, putBack } from './box.ts';
import type { Plan } from './plan.ts';
import type { PyramidResult } from './pyramid/pyramid.ts';
import { quickWhereSmall } from './quickWhereSmall.ts';
import { type RefineOptions, type RefinePair, type RefineProgress, Refiner } from './refine.ts';
import { velocityWeight } from './velocityWeight.ts';

/** A pair to register. Labels are needed only by models that crop to them. */
export interface RegistrationPair {
  readonly fixed: Volume;
  readonly moving: Volume;
  readonly fixedLabels?: Labels;
  readonly movingLabels?: Labels;
  /**
   * Where each image counts, above 0 on its grid, in alignment and refinement; `whole` for everywhere. When left out,
   * a uniform surrounding does not count, as around ultrasound, unless its outline is all that an object shows ({@link
   * comparedForegrounds}).
   */
  readonly fixedMask?: Labels | 'whole';
  readonly movingMask?: Labels | 'whole';
  /** A transform that was found earlier, in place of an alignment: RAS mm, fixed point → moving point. */
  readonly aligned?: Mat4;
}

/** A registered pair. */
export interface Registration {
  /** On the fixed image's grid, LPS mm, fixed point → moving point, start alignment included. */
  readonly warp: Warp;
  /** How the two lie before: what "unregistered" means for this pair. RAS mm, fixed point → moving point. */
  readonly start: Mat4;
  /** The moving image in the fixed image's grid, original intensities; 0 where the warp leads out of it. */
  readonly moved: Volume;
  /**
   * The rigid or affine transform that came before all else, which the warp contains; only where it was asked for. RAS
   * mm.
   */
  readonly alignment?: Mat4;
  /** What may be wrong with that transform, a sentence each; only where an alignment was asked for. */
  readonly warnings?: readonly string[];
  /** About what undoes the warp, on the moving image's grid, where the method knows: `invertWarp` begins there. */
  readonly inverse?: Warp;
  /** What was done, where a plan was made for the pair. */
  readonly done?: PlanDone;
}

/** A plan as it was carried out. */
export interface PlanDone {
  readonly plan: Plan;
  readonly levels: PyramidResult['levels'];
  /** How often the velocity was smoothed to keep within the plan's limit of folds. */
  readonly smoothings: number;
  readonly notes: readonly string[];
}

/** Whatever registers pairs. */
export interface PairRegistrar {
  register(pair: RegistrationPair, start?: InitialAlignment | Mat4): Promise<Registration>;
  release(): Promise<void>;
}

/** Steps of scaling and squaring of the velocity that refines a model's result. */
const INTEGRATION_STEPS = 5;

/**
 * A model's result is refined by velocities behind it, which do not fold: half of the steps on a grid that is twice as
 * coarse, then the rest. Chosen on validation pairs of the hippocampus.
 */
function behindModel(refine: RegistrarRefinement): RegistrarRefinement[] {
  const { loss, regulariser = chooseRegulariser(), steps, grid } = refine;
  const smoothness = refine.smoothness ?? velocityWeight(loss, regulariser, true);
  const shared = { ...refine, integrationSteps: INTEGRATION_STEPS, behind: true, balanced: true, smoothness };
  const coarse = Math.floor(steps / 2);
  return [...(coarse > 0 ? [{ ...shared, grid: 2 * grid, steps: coarse }] : []), { ...shared, steps: steps - coarse }];
}

type RegistrarRefinement = Omit<RefineOptions, 'mask'>;

/** How pairs are registered. */
export interface RegistrarOptions {
  readonly runtime?: RuntimeOptions;
  /**
   * Aligns each pair by one rigid or affine transform first, or by that alone where there is neither model nor
   * refinement.
   */
  readonly alignment?: AlignmentOptions;
  /**
   * Optimises each pair further: a velocity behind what the network found, or a displacement where there is no model.
   */
  readonly refine?: RegistrarRefinement;
  /** Called after each step of a refinement. */
  readonly onRefine?: RefineProgress;
  /**
   * Without a model: edge of the voxels in mm that the pair is compared on; the fixed image's own, or coarser for large
   * ones.
   */
  readonly spacing?: number;
}

/**
 * A model, or what optimises pairs without one, ready for use; compiled once for each size of grid that it meets.
 * @example
 * const registrar = new Registrar(model)
 * for (const pair of pairsOfScans) await registrar.register(pair)
 * await registrar.release()
 */
export class Registrar implements PairRegistrar {
  readonly #programs = new Map<string, Promise<Program>>();
  readonly #refiners = new Map<string, Promise<Refiner>>();

  /**
   * @param model `undefined`: no network, every pair is optimised by itself
   * @throws UserError when there is neither a model, nor a refinement, nor an alignment
   */
  constructor(
    readonly model: RegistrationModel | undefined,
    private readonly options: RegistrarOptions = {},
  ) {
    if (!model && !options.refine && !options.alignment)
      throw new UserError(
        'There is no model, no refinement and no alignment; give a model, --refine 100, or --align rigid.',
      );
  }

  /**
   * Registers a pair: aligned by one transform where that is asked for, in one pass through the network, then by
   * refinement where that is asked for.
   * @param start how the two lie before, or a transform that takes fixed points to moving points, RAS mm
   * @throws UserError when the model needs labels that are not given, what counts of a volume is constant, or the two
   * do not overlap at the
   *   start or in the end
   */
  async register(pair: RegistrationPair, start: InitialAlignment | Mat4 = 'center'): Promise<Registration> {
    const { fixed, moving } = pair;
    assertRoom(fixed, moving);
    const preprocessing = this.model?.preprocessing ?? ownGridPreprocessing(fixed, this.options.spacing);
    const wholeGrid = networkGrid(fixed, preprocessing, pair.fixedLabels, this.#remedy);
    const fixedGrid = preprocessing.crop === 'whole' ? trimmedGrid(wholeGrid, fixed) : wholeGrid;
    const startGrid =
      typeof start === 'string'
        ? movingGrid(fixedGrid, fixed, moving, preprocessing, start, pair.movingLabels)
        : { size: fixedGrid.size, affine: multiply(start, fixedGrid.affine) };
    const { fixedMask, movingMask } = masksOf(pair);
    const counts =
      this.options.refine !== undefined || this.options.alignment !== undefined || preprocessing.foreground;
    assertNotConstant(fixed, 'fixed', counts ? fixedMask : undefined);
    assertNotConstant(moving, 'moving', counts ? movingMask : undefined);
    const masks = { ...given({ fixedMask, movingMask }) };
    const [nx, ny, nz] = fixedGrid.size;
    const extent: Extent = [nz, ny, nx];
    // What there is no room for is said before any work is done.
    await this.#program(extent);
    if (!this.model && this.options.refine) await this.#refiner(extent, this.options.refine);
    const startMatrix = multiply(startGrid.affine, invert(fixedGrid.affine));
    const first = pair.aligned ? undefined : await this.#align({ fixed, moving, ...masks }, startMatrix);
    const alignment = pair.aligned ?? first?.matrix;
    // The fixed grid as the transform places it: all that follows contains the transform.
    const grid = alignment ? { size: fixedGrid.size, affine: multiply(alignment, fixedGrid.affine) } : startGrid;
    const seen = (image: Volume, mask: Mask | undefined): Volume =>
      normalised(image, preprocessing, preprocessing.foreground ? mask : undefined);
    const inputs = {
      fixed: sampled(seen(fixed, fixedMask), fixedGrid, preprocessing).data,
      moving: sampled(seen(moving, movingMask), grid, preprocessing).data,
    };
    const seenMasks = {
      fixedMask: fieldOfView(fixed, fixedGrid, fixedMask),
      movingMask: fieldOfView(moving, grid, movingMask),
    };
    if (!meet(seenMasks.fixedMask, seenMasks.movingMask)) {
      if (!meet(fieldOfView(fixed, fixedGrid), fieldOfView(moving, grid))) throw noOverlap(pair, start);
      if (this.options.refine)
        throw new UserError(
          'The masked regions of the two scans do not overlap at their start; give other masks, or --fixed-mask none and --moving-mask none.',
        );
    }
    const predicted = await this.#predict(extent, inputs);
    const displacement = await this.#refine(extent, {
      ...inputs,
      ...seenMasks,
      start: predicted,
    });
    const warp = warpFromDisplacement({ displacement, fixedGrid, movingGrid: grid }, fixed);
    assertReaches(warp, moving);
    return {
      warp,
      start: startMatrix,
      moved: applyWarp(warp, moving),
      ...given({ alignment, warnings: first?.warnings }),
    };
  }

  /** What to do with a pair that is too large. */
  get #remedy(): string {
    return this.model
      ? 'a model works only at its own voxel size: leave --model out, or give smaller scans'
      : 'give larger voxels with --spacing, or smaller scans';
  }

  get #runtime(): RuntimeOptions {
    return { remedy: this.#remedy, ...this.options.runtime };
  }

  async #align(pair: AlignmentPair, start: Mat4): Promise<Alignment | undefined> {
    const { alignment } = this.options;
    return alignment && alignPair(pair, alignment, start, this.#runtime);
  }

  /** The network for an extent; none without a model. */
  async #program(extent: Extent): Promise<Program | undefined> {
    const { model } = this;
    if (!model) return undefined;
    return perKey(this.#programs, extent.join(), async () => {
      const { graph, outputs } = inferenceGraph(model, extent, await fastestFeatures(this.options.runtime?.device));
      return compile(graph, { displacement: outputs.displacement }, quickWhereSmall(this.#runtime, extent));
    });
  }

  /** What optimises pairs of an extent. */
  async #refiner(extent: Extent, options: RegistrarRefinement): Promise<Refiner> {
    return perKey(this.#refiners, [...extent, options.grid].join(), () =>
      Refiner.create({ ...options, mask: true }, extent, this.#runtime),
    );
  }

  /** The network's displacement, [3, D, H, W]; none without a model. */
  async #predict(
    extent: Extent,
    inputs: { readonly fixed: Float32Array; readonly moving: Float32Array },
  ): Promise<Float32Array> {
    const program = await this.#program(extent);
    if (!program) return new Float32Array(3 * inputs.fixed.length);
    const { displacement } = await program.runOrNothing(inputs);
    if (!displacement?.every(Number.isFinite))
      throw new UserError(
        'The model gives displacements that are not numbers for this pair; check the images with "earthmorph data check", or take another model.',
      );
    return displacement;
  }

  /** Optimises a pair further, where that is asked for: behind a model only where the scans lie on its grid. */
  async #refine(extent: Extent, pair: Required<Omit<RefinePair, 'field'>>): Promise<Float32Array> {
    const { refine, onRefine } = this.options;
    if (!refine) return pair.start;
    if (!this.model) return (await (await this.#refiner(extent, refine)).refine(pair, onRefine)).displacement;
    const box = boxOf([pair.fixedMask, pair.movingMask], extent);
    const cut = (data: Float32Array): Float32Array => cutOut(data, box, extent);
    const part = {
      fixed: cut(pair.fixed),
      moving: cut(pair.moving),
      fixedMask: cut(pair.fixedMask),
      movingMask: cut(pair.movingMask),
      start: cut(pair.start),
    };
    let reached = part.start;
    let done = 0;
    for (const options of behindModel(refine)) {
      const before = done;
      const refiner = await this.#refiner(box.extent, options);
      const tell: RefineProgress = (step, _, loss) => onRefine?.(before + step, refine.steps, loss);
      reached = (await refiner.refine({ ...part, start: reached }, tell)).displacement;
      done += options.steps;
    }
    return putBack(pair.start, reached, box, extent);
  }

  /** Frees what the runtime holds. */
  async release(): Promise<void> {
    for (const program of this.#programs.values()) await (await program).release();
    for (const refiner of this.#refiners.values()) await (await refiner).release();
    this.#programs.clear();
    this.#refiners.clear();
  }
}

/** Programs that are kept for pairs of the same extents. Each holds memory as if it ran. */
const MOST_KEPT = 2;

/**
 * The entry of a key, made when it is first asked for. Those that were not asked for longest are released, so that a
 * list of pairs of many extents does not fill the memory.
 */
async function perKey<T extends { release(): Promise<void> }>(
  entries: Map<string, Promise<T>>,
  key: string,
  make: () => Promise<T>,
): Promise<T> {
  const known =
    entries.get(key) ??
    make().catch((error: unknown) => {
      entries.delete(key);
      throw error;
    });
  entries.delete(key);
  entries.set(key, known);
  for (const [oldest, entry] of entries) {
    if (entries.size <= MOST_KEPT) break;
    entries.delete(oldest);
    await (await entry).release();
  }
  return known;
}

/** 1 at the voxels of each image that count; all when undefined. */
export function masksOf(pair: RegistrationPair): {
  fixedMask: Mask | undefined;
  movingMask: Mask | undefined;
} {
  const { fixed, moving, fixedMask, movingMask } = pair;
  const open = [...(fixedMask ? [] : [fixed]), ...(movingMask ? [] : [moving])];
  const foregrounds = new Map(comparedForegrounds(open).map((foreground, n) => [open[n], foreground]));
  const maskOf = (image: Volume, given: Labels | 'whole' | undefined): Mask | undefined => {
    if (given === undefined) return foregrounds.get(image);
    return given === 'whole' ? undefined : new Uint8Array(given.data.map((label) => (label > 0 ? 1 : 0)));
  };
  return { fixedMask: maskOf(fixed, fixedMask), movingMask: maskOf(moving, movingMask) };
}

/**
 * Bytes for each voxel of the scans beside their own: warp, masks and moved scans lie on the fixed one's grid, the
 * inverse warp on the moving one's.
 */
const FIXED_BYTES = 28;
const MOVING_BYTES = 14;

export function assertRoom(fixed: Grid, moving: Grid): void {
  const short = shortage(FIXED_BYTES * voxelCount(fixed) + MOVING_BYTES * voxelCount(moving));
  if (short)
    throw new UserError(
      `The scans are too large (${fixed.size.join('×')} and ${moving.size.join('×')} voxels): registering them needs ${short}; resample them to larger voxels.`,
    );
}

/** @throws UserError when a warp leads every voxel outside the moving scan */
export function assertReaches(warp: Warp, moving: Volume): void {
  if (!reaches(warp, moving))
    throw new UserError(
      'The registration failed: its warp leads every voxel outside the moving scan; give another start (--init, --align), or a larger --smoothness.',
    );
}

/** Why a pair that does not overlap at its start cannot be registered. */
export function noOverlap(
  { fixed, moving }: Pick<RegistrationPair, 'fixed' | 'moving'>,
  start: InitialAlignment | Mat4,
): UserError {
  const [a, b] = [centreOf(fixed), centreOf(moving)];
  const distance = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  return new UserError(
    start === 'world'
      ? `The two scans do not overlap: their world coordinates put their centres ${distance.toFixed(0)} mm apart; give --init center, which puts the centres together.`
      : 'After the given alignment the two scans do not overlap; give another alignment.',
  );
}

/** Demands that what counts of an image differs somewhere. */
export function assertNotConstant({ data }: Volume, which: string, mask: Mask | undefined): void {
  const first = mask ? data[mask.indexOf(1)] : data[0];
  if (data.some((value, n) => value !== first && mask?.[n] !== 0)) return;
  throw new UserError(
    mask
      ? `The ${which} image has the same value everywhere in its mask, so there is nothing to align; give a larger mask, or none.`
      : `The ${which} image has the same value everywhere, so there is nothing to align; give another image.`,
  );
}

/**
 * Registers one pair: {@link Registrar} for a single use.
 * @example const { moved, warp } = await register({ fixed, moving }, model)
 */
export async function register(
  pair: RegistrationPair,
  model: RegistrationModel | undefined,
  { start = 'center', ...options }: RegistrarOptions & { readonly start?: InitialAlignment | Mat4 } = {},
): Promise<Registration> {
  const registrar = new Registrar(model, options);
  try {
    return await registrar.register(pair, start);
  } finally {
    await registrar.release();
  }
}
