import {
  compile,
  Graph,
  gemm,
  gradients,
  type Program,
  type RuntimeOptions,
  reshape,
  sum,
  type Tensor,
} from '../../graph/index.ts';
import type { ChosenSimilarity } from '../../loss/registry.ts';
import { RandomInputs } from '../../loss/similarity.ts';
import { extentOf } from '../../network/displacement.ts';
import { warp } from '../../network/spatialTransformer.ts';
import { fieldOfView, similarityOf } from '../../objective/objective.ts';
import type { Grid, Mat4 } from '../../volume/grid.ts';
import { invert, multiply as product } from '../../volume/matrix.ts';
import { quickWhereSmall } from '../quickWhereSmall.ts';
import type { PyramidLevel } from './pyramid.ts';

/** The loss of a transform with its slope. */
interface AlignmentValue {
  readonly loss: number;
  /** Derivative to the 12 numbers of the world matrix, rows x, y, z; the last row is 0. */
  readonly gradient: Mat4;
  /** Share of the fixed volume's voxels with data that meet voxels with data. */
  readonly overlap: number;
}

/**
 * How far a moving volume is from a fixed one under a world transform (RAS mm, fixed point → moving point), as one
 * graph. The sampling positions are the 12 numbers times the voxel coordinates: their gradient comes from the graph.
 */
export class AlignmentObjective {
  /** What was evaluated already: candidates are ranked before they are followed, and ends after. */
  readonly #known = new WeakMap<Mat4, Promise<AlignmentValue>>();

  private constructor(
    private readonly program: Program,
    /** All that stays the same from one transform to the next. */
    private readonly feeds: Readonly<Record<string, Float32Array>>,
    private readonly fixed: Grid,
    private readonly moving: Grid,
    /** Voxels of the fixed volume that have data. */
    private readonly voxels: number,
  ) {}

  static async create(
    fixed: PyramidLevel,
    moving: PyramidLevel,
    chosen: ChosenSimilarity,
    seed: number,
    runtime: RuntimeOptions = {},
  ): Promise<AlignmentObjective> {
    const graph = new Graph('affine');
    const shape = shapeOf(fixed.grid);
    const inputs = {
      fixed: graph.input('fixed', shape),
      moving: graph.input('moving', shapeOf(moving.grid)),
      fixedMask: graph.input('fixed_mask', shape),
      movingMask: graph.input('moving_mask', shapeOf(moving.grid)),
      matrix: graph.input('matrix', [3, 4]),
    };
    const displacement = reshape(gemm(inputs.matrix, coordinates(graph, fixed.grid)), [1, 3, ...shape.slice(2)]);
    const counts = fieldOfView(inputs.fixedMask, inputs.movingMask, displacement);
    const random = new RandomInputs(graph);
    const moved = warp(inputs.moving, displacement);
    const loss = similarityOf({ moved, fixed: inputs.fixed, counts, random }, chosen);
    const [gradient] = gradients(loss, [inputs.matrix]) as [Tensor];
    const program = await compile(
      graph,
      { loss, gradient, overlap: sum(counts) },
      quickWhereSmall(runtime, extentOf(inputs.fixed)),
    );
    const feeds = {
      fixed: fixed.values,
      moving: moving.values,
      fixed_mask: fixed.mask,
      moving_mask: moving.mask,
      ...random.values(seed, 'affine'),
    };
    return new AlignmentObjective(program, feeds, fixed.grid, moving.grid, Math.max(1, total(fixed.mask)));
  }

  /** Evaluates a world matrix. The loss's random quantities are the same each time, so that values can be compared. */
  evaluate(world: Mat4): Promise<AlignmentValue> {
    const known = this.#known.get(world) ?? this.#evaluated(world);
    this.#known.set(world, known);
    return known;
  }

  async #evaluated(world: Mat4): Promise<AlignmentValue> {
    const toIndex = invert(this.moving.affine);
    const index = product(toIndex, product(world, this.fixed.affine));
    // Displacement in voxels: rows in the order of the array's axes, z, y, x; columns x, y, z and 1.
    const rows = [2, 1, 0].flatMap((row) => [0, 1, 2, 3].map((c) => index[4 * row + c]! - (row === c ? 1 : 0)));
    const { loss, gradient, overlap } = (await this.program.run({
      ...this.feeds,
      matrix: Float32Array.from(rows),
    })) as { loss: Float32Array; gradient: Float32Array; overlap: Float32Array };
    const slope = [2, 1, 0].flatMap((row) => [...gradient.subarray(4 * row, 4 * row + 4)]);
    return {
      loss: loss[0]!,
      gradient: product(transposed(toIndex), product([...slope, 0, 0, 0, 0], transposed(this.fixed.affine))),
      overlap: overlap[0]! / this.voxels,
    };
  }

  /** Frees what the runtime holds. */
  release(): Promise<void> {
    return this.program.release();
  }
}

function shapeOf({ size }: Grid): readonly number[] {
  return [1, 1, size[2], size[1], size[0]];
}

/** Homogeneous voxel coordinates, [4, D · H · W], rows x, y, z and 1. */
function coordinates(graph: Graph, { size }: Grid): Tensor {
  const [nx, ny, nz] = size;
  const count = nx * ny * nz;
  const values = new Float32Array(4 * count).fill(1);
  for (let n = 0; n < count; n++) {
    values[n] = n % nx;
    values[count + n] = Math.floor(n / nx) % ny;
    values[2 * count + n] = Math.floor(n / (nx * ny));
  }
  return graph.constant(values, [4, count]);
}

function transposed(m: Mat4): Mat4 {
  return m.map((_, n) => m[4 * (n % 4) + Math.floor(n / 4)]!);
}

function total(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
