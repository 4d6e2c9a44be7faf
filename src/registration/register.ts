import { type InitialAlignment, movingGrid, networkGrid, normalised, sampled } from '../dataset/preprocessing.ts';
import { UserError } from '../errors.ts';
import { compile, fastestFeatures, type Program, type RuntimeOptions } from '../graph/index.ts';
import { type Extent, inferenceGraph, type RegistrationModel } from '../network/model.ts';
import type { Grid, Labels, Volume, Warp } from '../volume/grid.ts';
import { applyWarp } from '../volume/warp.ts';
import { warpFromDisplacement } from './warpFromDisplacement.ts';

/** A pair to register. Labels are needed only by models that crop to them. */
export interface RegistrationPair {
  readonly fixed: Volume;
  readonly moving: Volume;
  readonly fixedLabels?: Labels;
  readonly movingLabels?: Labels;
}

/** A registered pair. */
export interface Registration {
  /** On the fixed image's grid, LPS mm, fixed point → moving point, start alignment included. */
  readonly warp: Warp;
  /** The start alignment alone, in the same form: what "unregistered" means for this pair. */
  readonly start: Warp;
  /** The moving image in the fixed image's grid, original intensities; 0 where the warp leads out of it. */
  readonly moved: Volume;
}

/** A model ready for use; compiled once for each size of grid that it meets. */
export class Registrar {
  readonly #programs = new Map<string, Promise<Program>>();

  constructor(
    readonly model: RegistrationModel,
    private readonly runtime: RuntimeOptions = {},
  ) {}

  /**
   * Registers a pair in one pass through the network.
   * @throws UserError when the model needs labels that are not given, or a volume is constant
   */
  async register(pair: RegistrationPair, start: InitialAlignment = 'center'): Promise<Registration> {
    const { preprocessing } = this.model;
    const { fixed, moving } = pair;
    assertNotConstant(fixed, 'fixed');
    assertNotConstant(moving, 'moving');
    const fixedGrid = networkGrid(fixed, preprocessing, pair.fixedLabels);
    const grid = movingGrid(fixedGrid, fixed, moving, preprocessing, start, pair.movingLabels);
    const inputs = {
      fixed: sampled(normalised(fixed, preprocessing), fixedGrid, preprocessing).data,
      moving: sampled(normalised(moving, preprocessing), grid, preprocessing).data,
    };
    const program = await this.#programFor(fixedGrid);
    const { displacement } = (await program.run(inputs)) as { displacement: Float32Array };
    const grids = { fixedGrid, movingGrid: grid };
    const warp = warpFromDisplacement({ displacement, ...grids }, fixed);
    const still = new Float32Array(displacement.length);
    return {
      warp,
      start: warpFromDisplacement({ displacement: still, ...grids }, fixed),
      moved: applyWarp(warp, moving),
    };
  }

  #programFor({ size: [nx, ny, nz] }: Grid): Promise<Program> {
    const extent: Extent = [nz, ny, nx];
    const key = extent.join();
    let program = this.#programs.get(key);
    if (!program) {
      program = this.#build(extent);
      this.#programs.set(key, program);
    }
    return program;
  }

  async #build(extent: Extent): Promise<Program> {
    const { graph, outputs } = inferenceGraph(this.model, extent, await fastestFeatures(this.runtime.device));
    return compile(graph, { displacement: outputs.displacement }, this.runtime);
  }

  /** Frees what the runtime holds. */
  async release(): Promise<void> {
    for (const program of this.#programs.values()) await (await program).release();
    this.#programs.clear();
  }
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
  model: RegistrationModel,
  { start = 'center', runtime = {} }: { readonly start?: InitialAlignment; readonly runtime?: RuntimeOptions } = {},
): Promise<Registration> {
  const registrar = new Registrar(model, runtime);
  try {
    return await registrar.register(pair, start);
  } finally {
    await registrar.release();
  }
}
