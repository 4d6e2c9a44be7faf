import { z } from 'zod';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import {
  add,
  compile,
  concat,
  Graph,
  gradients,
  hoisted,
  interpolationMatrix,
  linearAlongAxis,
  multiply,
  type Program,
  type RuntimeOptions,
  slice,
  type Tensor,
} from '../graph/index.ts';
import { graphMemory, runMemory } from '../graph/memory.ts';
import type { ChosenSimilarity } from '../loss/registry.ts';
import type { ChosenRegulariser } from '../loss/regulariser/registry.ts';
import { RandomInputs } from '../loss/similarity.ts';
import { composed, type Extent, extentOf, integrateVelocity } from '../network/displacement.ts';
import { warp, warpMask } from '../network/spatialTransformer.ts';
import { defaultWeight, fedFieldOfView, fieldOfView, objective } from '../objective/objective.ts';
import { adam, adamValues } from '../optimise/adam.ts';
import { cosineRate } from '../optimise/schedule.ts';
import { mapTriple } from '../triple.ts';
import type { Size, Vec3 } from '../volume/grid.ts';
import { clampTo, sampleVector } from '../volume/warp.ts';
import { quickWhereSmall } from './quickWhereSmall.ts';

/** The settings of a refinement that are numbers. Texts are those of the command line. */
export const refineSchema = z.strictObject({
  steps: z.int().positive().default(100).describe('steps a pair'),
  grid: z.int().positive().default(2).describe('refinement: how many times coarser the grid of the displacement is'),
  rate: z
    .number()
    .positive()
    .default(0.15)
    .describe('refinement: length of the first steps')
    .meta({ placeholder: 'voxels' }),
  seed: z.int().min(0).default(1).describe("seed of the loss's random directions in refinement and alignment"),
});

/** How a pair is refined. */
export interface RefineOptions {
  readonly loss: ChosenSimilarity;
  /** What keeps the displacement plausible; `diffusion` when left out. */
  readonly regulariser?: ChosenRegulariser;
  /** Weight λ of the regulariser, which sees the whole displacement; the loss's own when left out. */
  readonly smoothness?: number;
  /** Steps of Adam. */
  readonly steps: number;
  /** How many times coarser the grid of the optimised displacement is than the volumes', along each axis. */
  readonly grid: number;
  /** Adam's rate in voxels a step at the start; it falls to zero along half a cosine. */
  readonly rate: number;
  /** Compare only where both volumes have data: `fixedMask` and `movingMask` must be given. */
  readonly mask: boolean;
  /** Seed of the loss's random directions. */
  readonly seed: number;
  /**
   * 0, the default: the displacement itself is optimised. n > 0: a stationary velocity is, integrated by n steps of
   * scaling and squaring. The displacement then has an inverse, and no folds but those of interpolation. The
   * regulariser sees the velocity.
   */
  readonly integrationSteps?: number;
  /**
   * Compare the two volumes in the middle: both are moved, by half of the velocity and by half of its inverse, so that
   * neither is preferred. Needs a velocity.
   */
  readonly symmetric?: boolean;
  /**
   * The velocity stands for what comes behind the displacement `start`: the pair is compared through both, and the
   * regulariser sees the velocity alone. There is no inverse then.
   */
  readonly behind?: boolean;
  /**
   * Take the regulariser's mean over the voxels that count rather than over the grid, so that the surroundings do not
   * change its weight. Needs `mask`.
   */
  readonly balanced?: boolean;
  /**
   * Stop before the last step where ten steps bring less than this share of all that was gained; never when left out.
   */
  readonly leastGain?: number;
}

/** Settings of a refinement that need no choice. */
export const REFINE_DEFAULTS: Readonly<z.infer<typeof refineSchema>> = refineSchema.parse({});

/** A prepared pair, all [D, H, W] on one grid. */
export interface RefinePair {
  readonly fixed: Float32Array;
  readonly moving: Float32Array;
  readonly fixedMask?: Float32Array;
  readonly movingMask?: Float32Array;
  /** Displacement to begin with, [3, D, H, W] in voxels; none when left out. A velocity must come `behind` it. */
  readonly start?: Float32Array;
  /** What is optimised, to begin with, on its own coarser grid, in voxels of the volumes' grid; zeros when left out. */
  readonly field?: RefinedField;
}

/** What is optimised: a displacement or a velocity, [3, ...extent] in voxels of the volumes' grid. */
export interface RefinedField {
  readonly extent: Extent;
  /** Extent of the volumes, over the same box. */
  readonly volumes: Extent;
  readonly data: Float32Array;
}

/** A refined pair. */
export interface Refined {
  /** [3, D, H, W] in voxels. */
  readonly displacement: Float32Array;
  /** Of a velocity: the displacement that undoes it, in the same form. */
  readonly inverse?: Float32Array;
  readonly field: RefinedField;
  /** The loss of every step. */
  readonly losses: readonly number[];
}

/** Called after each step with its loss. */
export type RefineProgress = (step: number, steps: number, loss: number) => void;

/**
 * Instance optimisation: Adam on the displacement of one pair, without any training. The displacement is start + linear
 * interpolation of a field on a coarser grid; the objective is similarity + λ · regulariser, as in training. Compiled
 * for one extent and one loss, and used for any number of pairs.
 * @example
 * const options = { ...REFINE_DEFAULTS, loss: chooseSimilarity('ncc'), steps: 50, mask: false }
 * const refiner = await Refiner.create(options, [48, 48, 48])
 */
export class Refiner {
  private constructor(
    private readonly options: RefineOptions,
    private readonly programs: { readonly once: Program | undefined; readonly step: Program; readonly whole: Program },
    private readonly random: RandomInputs,
    private readonly extent: Extent,
    private readonly coarse: Extent,
  ) {}

  /** Builds the graphs. @param extent of the volumes, [D, H, W] */
  static async create(options: RefineOptions, extent: Extent, runtime: RuntimeOptions = {}): Promise<Refiner> {
    const { graph, random, coarse, displacement, inverse, outputs } = refinementGraph(options, extent);
    const quick = quickWhereSmall(runtime, extent);
    const changing = ['field', 'first', 'second', 'rate', 'correction1', 'correction2', ...random.fresh];
    const cut = hoisted(
      graph,
      outputs,
      graph.inputs.map(({ name }) => name).filter((name) => !changing.includes(name)),
    );
    const once = Object.keys(cut).length > 0 ? await compile(graph, cut, quick) : undefined;
    const step = await compile(graph, outputs, quick, Object.values(cut));
    const whole = await compile(graph, { displacement, ...given({ inverse }) }, quick);
    return new Refiner(options, { once, step, whole }, random, extent, coarse);
  }

  /** Bytes that refining volumes of an extent takes, as {@link create} would ask for them. */
  static memory(options: RefineOptions, extent: Extent): number {
    const { graph, outputs } = refinementGraph(options, extent);
    return runMemory(graphMemory(graph, outputs));
  }

  /**
   * Refines one pair.
   * @throws UserError when the loss is not a number
   */
  async refine(pair: RefinePair, progress: RefineProgress = () => undefined): Promise<Refined> {
    const { steps, rate, seed, balanced, leastGain } = this.options;
    const masks = given({ fixed_mask: pair.fixedMask, moving_mask: pair.movingMask });
    const still = {
      fixed: pair.fixed,
      moving: pair.moving,
      start: pair.start ?? new Float32Array(this.programs.whole.takes('start') ? 3 * pair.fixed.length : 0),
      ...masks,
      ...(balanced ? { balance: Float32Array.of(balanceOf(pair)) } : {}),
    };
    const ready = { ...still, ...(await this.programs.once?.run({ ...still, ...this.random.values(seed, 1) })) };
    let field = this.#firstField(pair.field);
    let first = new Float32Array(field.length);
    let second = new Float32Array(field.length);
    const losses: number[] = [];
    for (let step = 1; step <= steps; step++) {
      const out = await this.programs.step.runOrNothing({
        ...ready,
        field,
        first,
        second,
        ...adamValues(step, cosineRate(rate, (step - 1) / steps)),
        ...this.random.values(seed, step),
      });
      field = out.next_field as Float32Array<ArrayBuffer>;
      first = out.next_first as Float32Array<ArrayBuffer>;
      second = out.next_second as Float32Array<ArrayBuffer>;
      const loss = out.loss?.[0] ?? Number.NaN;
      if (!Number.isFinite(loss))
        throw new UserError(`The loss is not a number in step ${step} of the refinement; ${CALMER}.`);
      losses.push(loss);
      progress(step, steps, loss);
      if (leastGain !== undefined && hasSettled(losses, leastGain)) break;
    }
    return { ...(await this.displacementOf(field, pair)), losses };
  }

  /**
   * The displacement that a field stands for, and of a velocity its inverse.
   * @param data on the refiner's coarser grid, in voxels of the volumes' grid
   */
  async displacementOf(
    data: Float32Array,
    { start }: Pick<RefinePair, 'start'> = {},
  ): Promise<Omit<Refined, 'losses'>> {
    const voxels = this.extent[0] * this.extent[1] * this.extent[2];
    const { displacement, inverse } = await this.programs.whole.runOrNothing({
      start: start ?? new Float32Array(this.programs.whole.takes('start') ? 3 * voxels : 0),
      field: data,
    });
    if (!displacement?.every(Number.isFinite))
      throw new UserError(`The refinement gave displacements that are not numbers; ${CALMER}.`);
    return { displacement, ...given({ inverse }), field: { extent: this.coarse, volumes: this.extent, data } };
  }

  #firstField(given: RefinedField | undefined): Float32Array<ArrayBuffer> {
    if (given) return resizedField(given, this.coarse, this.extent) as Float32Array<ArrayBuffer>;
    return new Float32Array(3 * this.coarse[0] * this.coarse[1] * this.coarse[2]);
  }

  /** Frees what the runtime holds. */
  async release(): Promise<void> {
    await Promise.all([this.programs.once?.release(), this.programs.step.release(), this.programs.whole.release()]);
  }
}

/** What to do about a refinement that goes astray. */
const CALMER = 'try a smaller --refine-rate or a larger --smoothness';

/** Steps over which the gain is looked at. */
const LOOK_BACK = 10;

/** Whether the last steps brought no more than a share of all that was gained. */
function hasSettled(losses: readonly number[], leastGain: number): boolean {
  if (losses.length <= LOOK_BACK) return false;
  const [first, before, now] = [losses[0]!, losses[losses.length - 1 - LOOK_BACK]!, losses[losses.length - 1]!];
  return before - now <= leastGain * Math.max(first - now, 0);
}

/** Voxels of the grid for each voxel that counts. */
function balanceOf({ fixed, fixedMask, movingMask }: RefinePair): number {
  let counted = 0;
  for (let n = 0; n < fixed.length; n++) counted += (fixedMask?.[n] ?? 1) * (movingMask?.[n] ?? 1);
  return fixed.length / Math.max(counted, 1);
}

/** A refinement's step, and what its field stands for, as symbolic tensors. */
function refinementGraph(options: RefineOptions, extent: Extent) {
  const coarse = mapTriple(extent, (size) => Math.max(2, Math.ceil(size / options.grid)));
  const graph = new Graph('refinement_step');
  const moving = graph.input('moving', [1, 1, ...extent]);
  const fixed = graph.input('fixed', [1, 1, ...extent]);
  const field = graph.input('field', [1, 3, ...coarse]);
  const start = (): Tensor => graph.input('start', [1, 3, ...extent]);
  const { displacement, inverse, flow } = options.integrationSteps
    ? ofVelocity(field, extent, options.integrationSteps, options.behind ? start() : undefined)
    : ofDisplacement(field, start(), extent);
  const random = new RandomInputs(graph);
  const compared =
    options.symmetric && options.integrationSteps
      ? inTheMiddle(fixed, moving, field, options.integrationSteps, options.mask)
      : {
          moved: warp(moving, displacement),
          fixed,
          ...(options.mask ? { counts: fedFieldOfView(fixed, displacement) } : {}),
        };
  const weight = options.smoothness ?? defaultWeight(options.loss, 'pair', options.regulariser);
  const smoothness = options.balanced ? multiply(graph.input('balance', []), weight) : weight;
  const { loss } = objective({ ...compared, random }, { flow, displacement }, { ...options, smoothness });
  const [gradient] = gradients(loss, [field]) as [Tensor];
  const moments = { first: graph.input('first', field.shape), second: graph.input('second', field.shape) };
  const next = adam(field, gradient, moments, {
    rate: graph.input('rate', []),
    correction1: graph.input('correction1', []),
    correction2: graph.input('correction2', []),
  });
  const outputs = {
    next_field: next.parameters,
    next_first: next.moments.first,
    next_second: next.moments.second,
    loss,
  };
  return { graph, random, coarse, displacement, inverse, outputs };
}

/** What a field stands for. */
interface Meaning {
  readonly displacement: Tensor;
  readonly inverse?: Tensor;
  /** What the regulariser sees. */
  readonly flow: Tensor;
}

function ofDisplacement(field: Tensor, start: Tensor, extent: Extent): Meaning {
  const displacement = add(start, interpolated(field, extent));
  return { displacement, flow: displacement };
}

/**
 * exp(v) and exp(−v) of a velocity on its coarser grid, where integrating costs little; exp(v) behind `start` where
 * there is one.
 */
function ofVelocity(field: Tensor, extent: Extent, steps: number, start?: Tensor): Meaning {
  const ratios = extent.map((size, a) => size / field.shape[a + 2]!);
  const flow = scaled(
    field,
    ratios.map((ratio) => 1 / ratio),
  );
  const exponential = (velocity: Tensor): Tensor =>
    scaled(interpolated(integrateVelocity(velocity, steps), extent), ratios);
  if (start) return { displacement: composed(start, exponential(flow)), flow };
  return { displacement: exponential(flow), inverse: exponential(multiply(flow, -1)), flow };
}

/** Both volumes moved to the middle between them, and what counts there. */
function inTheMiddle(fixed: Tensor, moving: Tensor, field: Tensor, steps: number, mask: boolean) {
  const { displacement, inverse } = ofVelocity(multiply(field, 0.5), extentOf(fixed), steps);
  const [forwards, backwards] = [displacement, inverse!];
  const counts = mask
    ? fieldOfView(
        warpMask(fixed.graph.input('fixed_mask', fixed.shape), backwards),
        fixed.graph.input('moving_mask', fixed.shape),
        forwards,
      )
    : undefined;
  return { moved: warp(moving, forwards), fixed: warp(fixed, backwards), ...given({ counts }) };
}

/** Each component of a field times a number. */
function scaled(field: Tensor, by: readonly number[]): Tensor {
  return concat(
    by.map((factor, a) => multiply(slice(field, 1, a, a + 1), factor)),
    1,
  );
}

/**
 * A field between other coarse grids of the same box, by linear interpolation; its unit, voxels, grows with the grid's
 * number of voxels.
 */
function resizedField({ extent, volumes, data }: RefinedField, to: Extent, of: Extent): Float32Array {
  const count = to[0] * to[1] * to[2];
  const out = new Float32Array(3 * count);
  const grid = ([d, h, w]: Extent): Size => [w, h, d];
  const at: [number, number, number] = [0, 0, 0];
  const middle = (n: number, a: number): number => ((n + 0.5) * extent[a]!) / to[a]! - 0.5;
  for (let k = 0, n = 0; k < to[0]; k++)
    for (let j = 0; j < to[1]; j++)
      for (let i = 0; i < to[2]; i++, n++) {
        const position: Vec3 = [middle(i, 2), middle(j, 1), middle(k, 0)];
        sampleVector(data, grid(extent), clampTo(grid(extent), position), at);
        for (let c = 0; c < 3; c++) out[c * count + n] = (at[c]! * of[c]!) / volumes[c]!;
      }
  return out;
}

/** A field in voxels of the full grid, given on a coarser one, by linear interpolation. */
function interpolated(field: Tensor, extent: Extent): Tensor {
  return extent.reduce(
    (x, size, a) =>
      x.shape[a + 2] === size ? x : linearAlongAxis(x, a + 2, interpolationMatrix(size, x.shape[a + 2]!)),
    field,
  );
}
