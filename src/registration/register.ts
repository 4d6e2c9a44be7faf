import {
  fieldOfView,
  type InitialAlignment,
  movingGrid,
  networkGrid,
  normalised,
  ownGridPreprocessing,
  sampled,
} from '../dataset/preprocessing.ts';
import { UserError } from '../errors.ts';
import { compile, fastestFeatures, type Program, type RuntimeOptions } from '../graph/index.ts';
import type { Extent } from '../network/displacement.ts';
import { inferenceGraph, type RegistrationModel } from '../network/model.ts';
import { foregroundOf } from '../volume/foreground.ts';
import type { Labels, Mat4, Volume, Warp } from '../volume/grid.ts';
import { invert, multiply } from '../volume/matrix.ts';
import { applyWarp } from '../volume/warp.ts';
import { type AffineAlignment, type AffineOptions, type AffinePair, alignAffine } from './affine.ts';
import { type RefineOptions, type RefinePair, type RefineProgress, Refiner } from './refine.ts';
import { warpFromDisplacement } from './warpFromDisplacement.ts';

/** A pair to register. Labels are needed only by models that crop to them. */
export interface RegistrationPair {
  readonly fixed: Volume;
  readonly moving: Volume;
  readonly fixedLabels?: Labels;
  readonly movingLabels?: Labels;
  /**
   * Where each image counts, above 0 on its grid, in alignment and refinement; `whole` for everywhere. When left out, an even surrounding
   * does not count, as around ultrasound ({@link foregroundOf}).
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
  /** The start alignment alone, in the same form: what "unregistered" means for this pair. */
  readonly start: Warp;
  /** The moving image in the fixed image's grid, original intensities; 0 where the warp leads out of it. */
  readonly moved: Volume;
  /** The rigid or affine transform that came before all else, which the warp contains; only where it was asked for. RAS mm. */
  readonly affine?: Mat4;
}

/** How pairs are registered. */
export interface RegistrarOptions {
  readonly runtime?: RuntimeOptions;
  /** Aligns each pair by one rigid or affine transform first, or by that alone where there is neither model nor refinement. */
  readonly affine?: AffineOptions;
  /** Optimises each pair further after the network, or alone where there is no model. */
  readonly refine?: Omit<RefineOptions, 'mask'>;
  /** Called after each step of a refinement. */
  readonly onRefine?: RefineProgress;
  /** Without a model: edge of the voxels in mm that the pair is compared on; the fixed image's own, or coarser for large ones. */
  readonly spacing?: number;
}

/** A model, or what optimises pairs without one, ready for use; compiled once for each size of grid that it meets. */
export class Registrar {
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
    if (!model && !options.refine && !options.affine)
      throw new UserError(
        'Without a model there is nothing to register with; give a model, --refine 100, or --affine rigid.',
      );
  }

  /**
   * Registers a pair: by an affine transform where that is asked for, in one pass through the network, then by refinement where that is
   * asked for.
   * @throws UserError when the model needs labels that are not given, or a volume is constant
   */
  async register(pair: RegistrationPair, start: InitialAlignment = 'center'): Promise<Registration> {
    const { fixed, moving } = pair;
    assertNotConstant(fixed, 'fixed');
    assertNotConstant(moving, 'moving');
    const preprocessing = this.model?.preprocessing ?? ownGridPreprocessing(fixed, this.options.spacing);
    const fixedGrid = networkGrid(fixed, preprocessing, pair.fixedLabels);
    const startGrid = movingGrid(fixedGrid, fixed, moving, preprocessing, start, pair.movingLabels);
    const fixedMask = maskOf(fixed, pair.fixedMask);
    const movingMask = maskOf(moving, pair.movingMask);
    const masks = { ...(fixedMask ? { fixedMask } : {}), ...(movingMask ? { movingMask } : {}) };
    const affine =
      pair.aligned ??
      (await this.#align({ fixed, moving, ...masks }, multiply(startGrid.affine, invert(fixedGrid.affine))))?.matrix;
    // The fixed grid as the transform places it: all that follows contains the transform.
    const grid = affine ? { size: fixedGrid.size, affine: multiply(affine, fixedGrid.affine) } : startGrid;
    const seen = (image: Volume, mask: Float32Array | undefined): Volume =>
      normalised(image, preprocessing, preprocessing.foreground ? mask : undefined);
    const inputs = {
      fixed: sampled(seen(fixed, fixedMask), fixedGrid, preprocessing).data,
      moving: sampled(seen(moving, movingMask), grid, preprocessing).data,
    };
    const [nx, ny, nz] = fixedGrid.size;
    const extent: Extent = [nz, ny, nx];
    const predicted = await this.#predict(this.model, extent, inputs);
    const displacement = await this.#refine(extent, {
      ...inputs,
      fixedMask: fieldOfView(fixed, fixedGrid, fixedMask),
      movingMask: fieldOfView(moving, grid, movingMask),
      start: predicted,
    });
    const warp = warpFromDisplacement({ displacement, fixedGrid, movingGrid: grid }, fixed);
    const still = new Float32Array(displacement.length);
    return {
      warp,
      start: warpFromDisplacement({ displacement: still, fixedGrid, movingGrid: startGrid }, fixed),
      moved: applyWarp(warp, moving),
      ...(affine ? { affine } : {}),
    };
  }

  async #align(pair: AffinePair, start: Mat4): Promise<AffineAlignment | undefined> {
    const { affine, runtime } = this.options;
    return affine && alignAffine(pair, affine, start, runtime);
  }

  /** The network's displacement, [3, D, H, W]; none without a model. */
  async #predict(
    model: RegistrationModel | undefined,
    extent: Extent,
    inputs: { readonly fixed: Float32Array; readonly moving: Float32Array },
  ): Promise<Float32Array> {
    if (!model) return new Float32Array(3 * inputs.fixed.length);
    const program = await perKey(this.#programs, extent.join(), async () => {
      const { graph, outputs } = inferenceGraph(model, extent, await fastestFeatures(this.options.runtime?.device));
      return compile(graph, { displacement: outputs.displacement }, this.options.runtime);
    });
    const { displacement } = await program.runOrNothing(inputs);
    if (!displacement?.every(Number.isFinite))
      throw new UserError(
        'The model gives displacements that are not numbers for this pair; take another model, and check the images with "earthmorph data check".',
      );
    return displacement;
  }

  async #refine(extent: Extent, pair: RefinePair & { readonly start: Float32Array }): Promise<Float32Array> {
    const { refine, onRefine, runtime } = this.options;
    if (!refine) return pair.start;
    const refiner = await perKey(this.#refiners, extent.join(), () =>
      Refiner.create({ ...refine, mask: true }, extent, runtime),
    );
    return (await refiner.refine(pair, onRefine)).displacement;
  }

  /** Frees what the runtime holds. */
  async release(): Promise<void> {
    for (const program of this.#programs.values()) await (await program).release();
    for (const refiner of this.#refiners.values()) await (await refiner).release();
    this.#programs.clear();
    this.#refiners.clear();
  }
}

/** The entry of a key, made when it is first asked for. */
function perKey<T>(entries: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = entries.get(key) ?? make();
  entries.set(key, known);
  return known;
}

/** 1 at the voxels of an image that count; all when undefined. */
function maskOf(image: Volume, given: Labels | 'whole' | undefined): Float32Array | undefined {
  if (given === undefined) return foregroundOf(image);
  return given === 'whole' ? undefined : Float32Array.from(given.data, (label) => (label > 0 ? 1 : 0));
}

function assertNotConstant({ data }: Volume, which: string): void {
  const first = data[0];
  if (data.every((value) => value === first))
    throw new UserError(
      `The ${which} image has the same value everywhere; there is nothing to align. Give another image.`,
    );
}

/** Registers one pair: {@link Registrar} for a single use. */
export async function register(
  pair: RegistrationPair,
  model: RegistrationModel | undefined,
  { start = 'center', ...options }: RegistrarOptions & { readonly start?: InitialAlignment } = {},
): Promise<Registration> {
  const registrar = new Registrar(model, options);
  try {
    return await registrar.register(pair, start);
  } finally {
    await registrar.release();
  }
}
