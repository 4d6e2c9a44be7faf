import { z } from 'zod';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import {
  add,
  compile,
  Graph,
  gradients,
  hoisted,
  interpolationMatrix,
  linearAlongAxis,
  type Program,
  type RuntimeOptions,
  type Tensor,
} from '../graph/index.ts';
import type { ChosenSimilarity } from '../loss/registry.ts';
import type { ChosenRegulariser } from '../loss/regulariser/registry.ts';
import { RandomInputs } from '../loss/similarity.ts';
import type { Extent } from '../network/displacement.ts';
import { warp } from '../network/spatialTransformer.ts';
import { fedFieldOfView } from '../objective/fieldOfView.ts';
import { defaultWeight, objective } from '../objective/objective.ts';
import { adam, adamValues } from '../optimise/adam.ts';
import { cosineRate } from '../optimise/schedule.ts';

/** The settings of a refinement that are numbers. Texts are those of the command line. */
export const refineSchema = z.strictObject({
  steps: z.int().positive().default(100).describe('steps a pair'),
  grid: z.int().positive().default(2).describe('refinement: optimise the displacement on a grid so many times coarser'),
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
}

/** Settings of a refinement that need no choice. */
export const REFINE_DEFAULTS: Readonly<z.infer<typeof refineSchema>> = refineSchema.parse({});

/** A prepared pair, all [D, H, W] on one grid. */
export interface RefinePair {
  readonly fixed: Float32Array;
  readonly moving: Float32Array;
  readonly fixedMask?: Float32Array;
  readonly movingMask?: Float32Array;
  /** Displacement to begin with, [3, D, H, W] in voxels; none when left out. */
  readonly start?: Float32Array;
}

/** Called after each step with its loss. */
export type RefineProgress = (step: number, steps: number, loss: number) => void;

/**
 * Instance optimisation: Adam on the displacement of one pair, without any training. The displacement is start + linear interpolation of
 * a field on a coarser grid; the objective is similarity + λ · regulariser, as in training.
 * Compiled for one extent and one loss, and used for any number of pairs.
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
    const coarse = extent.map((size) => Math.max(2, Math.ceil(size / options.grid))) as unknown as Extent;
    const graph = new Graph('refinement_step');
    const moving = graph.input('moving', [1, 1, ...extent]);
    const fixed = graph.input('fixed', [1, 1, ...extent]);
    const start = graph.input('start', [1, 3, ...extent]);
    const field = graph.input('field', [1, 3, ...coarse]);
    const displacement = add(start, interpolated(field, extent));
    const random = new RandomInputs(graph);
    const moved = warp(moving, displacement);
    const pair = { moved, fixed, random, ...(options.mask ? { counts: fedFieldOfView(fixed, displacement) } : {}) };
    const weight = options.smoothness ?? defaultWeight(options.loss, 'pair', options.regulariser);
    const { loss } = objective(pair, { flow: displacement, displacement }, { ...options, smoothness: weight });
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
    const changing = ['field', 'first', 'second', 'rate', 'correction1', 'correction2', ...random.fresh];
    const cut = hoisted(
      graph,
      outputs,
      graph.inputs.map(({ name }) => name).filter((name) => !changing.includes(name)),
    );
    const once = Object.keys(cut).length > 0 ? await compile(graph, cut, runtime) : undefined;
    const step = await compile(graph, outputs, runtime, Object.values(cut));
    const whole = await compile(graph, { displacement }, runtime);
    return new Refiner(options, { once, step, whole }, random, extent, coarse);
  }

  /**
   * Refines one pair.
   * @returns displacement, [3, D, H, W] in voxels, and the loss of every step
   * @throws UserError when the loss is not a number
   */
  async refine(
    pair: RefinePair,
    progress: RefineProgress = () => undefined,
  ): Promise<{ displacement: Float32Array; losses: number[] }> {
    const { steps, rate, seed } = this.options;
    const count = this.coarse[0] * this.coarse[1] * this.coarse[2] * 3;
    const still = {
      fixed: pair.fixed,
      moving: pair.moving,
      start: pair.start ?? new Float32Array(3 * this.extent[0] * this.extent[1] * this.extent[2]),
      ...given({ fixed_mask: pair.fixedMask, moving_mask: pair.movingMask }),
    };
    const ready = { ...still, ...(await this.programs.once?.run({ ...still, ...this.random.values(seed, 1) })) };
    let field = new Float32Array(count);
    let first = new Float32Array(count);
    let second = new Float32Array(count);
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
    }
    const { displacement } = await this.programs.whole.runOrNothing({ ...still, field });
    if (!displacement?.every(Number.isFinite))
      throw new UserError(`The refinement ends in displacements that are not numbers; ${CALMER}.`);
    return { displacement, losses };
  }

  /** Frees what the runtime holds. */
  async release(): Promise<void> {
    await Promise.all([this.programs.once?.release(), this.programs.step.release(), this.programs.whole.release()]);
  }
}

/** What to do about a refinement that goes astray. */
const CALMER = 'try a smaller --refine-rate or a larger --smoothness';

/** A field in voxels of the full grid, given on a coarser one, by linear interpolation. */
function interpolated(field: Tensor, extent: Extent): Tensor {
  return extent.reduce(
    (x, size, a) =>
      x.shape[a + 2] === size ? x : linearAlongAxis(x, a + 2, interpolationMatrix(size, x.shape[a + 2] as number)),
    field,
  );
}
