import { given } from '../../given.ts';
import {
  compile,
  elementCount,
  Graph,
  gemm,
  type RuntimeOptions,
  reshape,
  sortLast,
  type Tensor,
} from '../../graph/index.ts';
import type { ChosenSimilarity } from '../registry.ts';
import { cloudsOf } from './clouds.ts';
import { binnedBox, distributionsOf } from './mass.ts';
import type { WassersteinOptions } from './options.ts';
import { patchStarts } from './patches.ts';
import { transportCost } from './transportCost.ts';
import { boxesOf, directionsName, measuresOf, patchGrid, pointsOf, wasserstein } from './wasserstein.ts';

/** Voxels along z, y and x. */
type Extent = readonly [number, number, number];

/** What a loss compares: two volumes in C order. */
interface ComparedVolumes {
  readonly moved: Float32Array;
  readonly fixed: Float32Array;
  readonly extent: Extent;
}

/** Which of all directions a projection is along, by the distance there. */
type DirectionRank = 'largest' | 'median' | 'smallest';

/** A box (patch or volume) of both volumes projected on a line. */
export interface BoxProjection {
  readonly rank: DirectionRank;
  /**
   * Unit vector. For `mass` it has the array axes z, y, x; for `points` the intensity is a fourth. Otherwise it lies in
   * the space of the points.
   */
  readonly direction: readonly number[];
  /** W_pᵖ along it, in the unit of the loss. */
  readonly distance: number;
  /**
   * Values of the distribution function, one a bin but the last (`mass`); or the projected points in ascending order.
   */
  readonly moved: Float32Array;
  readonly fixed: Float32Array;
}

/** One scale of a Wasserstein loss, taken apart. Its value is the mean of `distances`. */
export interface WassersteinProfile {
  readonly options: WassersteinOptions;
  /** Extent of each box. */
  readonly box: Extent;
  /** First voxel of each box, along z, y and x. */
  readonly starts: readonly Extent[];
  /** W_pᵖ of each box, mean over directions. */
  readonly distances: Float32Array;
  /** The box with the largest distance; where all are alike, the middle one. */
  readonly telling: number;
  readonly directions: number;
  /**
   * That box along the directions with the largest, the median and the smallest distance; fewer where there are fewer
   * directions.
   */
  readonly projections: readonly BoxProjection[];
  /** `mass`: distance of neighbouring bins, in half edge lengths of the box. */
  readonly binWidth?: number;
}

/** The options of a loss of the Wasserstein family; undefined for any other. */
export function wassersteinOptions({ similarity, options }: ChosenSimilarity): WassersteinOptions | undefined {
  return similarity.build === wasserstein ? options : undefined;
}

/**
 * Takes one scale of a Wasserstein loss apart: what each patch contributes, and what the projections of the one that
 * contributes most look like.
 *
 * @param random values of the loss's random inputs, by name: the same ones give the same distances as the loss
 * @param scale index of the patch size in the options
 */
export async function wassersteinProfile(
  volumes: ComparedVolumes,
  options: WassersteinOptions,
  random: Readonly<Record<string, Float32Array>>,
  scale = 0,
  runtime: RuntimeOptions = {},
): Promise<WassersteinProfile> {
  const starts = boxStarts(volumes.extent, options, scale);
  const grid = patchGrid(options, scale);
  const box: Extent = grid ? [grid.size, grid.size, grid.size] : volumes.extent;
  const name = directionsName(options, scale);
  const drawnAxis = random[`${name}_axis`]?.indexOf(1);
  const axis = drawnAxis ?? (options.axis === 'random' ? 0 : options.axis);
  const embedded = await embed(volumes, options, scale, axis, runtime);
  const directions = random[`${name}_${axis}`] ?? random[name] ?? Float32Array.of(1);
  const line = await openProjector(embedded, { sets: starts.length, box, options, directions }, runtime);

  const sets = starts.length;
  const each = new Float32Array(sets * line.directions);
  for (let first = 0; first < line.directions; first += line.atOnce) {
    const some = Array.from({ length: Math.min(line.atOnce, line.directions - first) }, (_, k) => first + k);
    const projected = await line.project(some);
    for (const [k, direction] of some.entries())
      for (let set = 0; set < sets; set++) each[set * line.directions + direction] = projected(set, k).distance;
  }
  const ofSet = (set: number): Float32Array => each.subarray(set * line.directions, (set + 1) * line.directions);
  const distances = Float32Array.from(starts, (_, set) => ofSet(set).reduce((a, b) => a + b, 0) / line.directions);
  const telling = distances.reduce((best, value, set) => (value > distances[best]! ? set : best), sets >> 1);
  const chosen = tellingDirections(ofSet(telling));
  const dimensions = directions.length / line.directions;
  const projections: BoxProjection[] = [];
  for (const { rank, index } of chosen) {
    const { distance, moved, fixed } = (await line.project([index]))(telling, 0);
    const direction = [...directions.subarray(index * dimensions, (index + 1) * dimensions)];
    projections.push({ rank, direction, distance, moved: moved.slice(), fixed: fixed.slice() });
  }
  await line.release();
  return {
    options,
    box,
    starts,
    distances,
    telling,
    directions: line.directions,
    projections,
    ...given({ binWidth: line.width }),
  };
}

/**
 * The distances painted on the voxels of their patches, averaged where patches overlap; NaN where no patch lies.
 * @returns one value a voxel, in C order
 */
export function patchMap({ starts, distances, box }: WassersteinProfile, [nz, ny, nx]: Extent): Float32Array {
  const sums = new Float32Array(nz * ny * nx);
  const counts = new Uint16Array(nz * ny * nx);
  for (const [set, [z, y, x]] of starts.entries())
    for (let k = z; k < z + box[0]; k++)
      for (let j = y; j < y + box[1]; j++)
        for (let i = x, n = x + nx * (j + ny * k); i < x + box[2]; i++, n++) {
          sums[n]! += distances[set]!;
          counts[n]!++;
        }
  return sums.map((sum, n) => sum / counts[n]!);
}

/**
 * First voxels of a scale's boxes along z, y and x, in the order of the loss; none if a patch is larger than the
 * volume.
 */
export function boxStarts(extent: Extent, options: WassersteinOptions, scale: number): Extent[] {
  const grid = patchGrid(options, scale);
  const [z, y, x] = extent.map((length) => (grid ? patchStarts(length, grid) : [0])) as [number[], number[], number[]];
  return z.flatMap((k) => y.flatMap((j) => x.map((i) => [k, j, i] as const)));
}

function tellingDirections(distances: Float32Array): { rank: DirectionRank; index: number }[] {
  const order = Array.from(distances.keys()).sort((a, b) => distances[b]! - distances[a]!);
  const last = order.length - 1;
  const places = { largest: 0, median: last >> 1, smallest: last } as const;
  return (['largest', 'median', 'smallest'] as const)
    .filter((rank, k, ranks) => ranks.findIndex((other) => places[other] === places[rank]) === k)
    .map((rank) => ({ rank, index: order[places[rank]]! }));
}

/** Both volumes' boxes: measures [sets, voxels] of mass 1, or points [dimensions, sets · size]. */
interface Embedded {
  readonly moved: Float32Array;
  readonly fixed: Float32Array;
  readonly shape: readonly [number, number];
}

async function embed(
  { moved, fixed, extent }: ComparedVolumes,
  options: WassersteinOptions,
  scale: number,
  axis: number,
  runtime: RuntimeOptions,
): Promise<Embedded> {
  const graph = new Graph('embedding');
  const input = graph.input('volume', [1, 1, ...extent]);
  const { embedding } = options;
  const embedded =
    embedding === 'mass'
      ? asRows(measuresOf(input, options, scale))
      : cloudsOf(pointsOf(boxesOf(input, options, scale), options), { ...options, embedding }, axis).points;
  const program = await compile(graph, { embedded }, runtime);
  const run = async (volume: Float32Array): Promise<Float32Array> =>
    (await program.run({ volume })).embedded as Float32Array;
  const both = { moved: await run(moved), fixed: await run(fixed) };
  await program.release();
  return { ...both, shape: embedded.shape as readonly [number, number] };
}

function asRows(boxes: Tensor): Tensor {
  const [sets] = boxes.shape as readonly [number];
  return reshape(boxes, [sets, boxes.count / sets]);
}

interface Projected {
  readonly distance: number;
  readonly moved: Float32Array;
  readonly fixed: Float32Array;
}

/** Projects all boxes on a few directions at a time, in bounded memory. */
interface Projector {
  /** Directions that there are, and that are worked out together. */
  readonly directions: number;
  readonly atOnce: number;
  readonly width?: number;
  /** At most `atOnce` directions, by index; what is returned reads one box along the k-th of them. */
  project(indices: readonly number[]): Promise<(set: number, k: number) => Projected>;
  release(): Promise<void>;
}

/** Elements that are worked out together. */
const CHUNK = 2 ** 22;

interface Projection {
  readonly sets: number;
  readonly box: Extent;
  readonly options: WassersteinOptions;
  /** Rows one after the other. */
  readonly directions: Float32Array;
}

async function openProjector(
  { moved, fixed, shape }: Embedded,
  { sets, box, options, directions }: Projection,
  runtime: RuntimeOptions,
): Promise<Projector> {
  const isMass = options.embedding === 'mass';
  const dimensions = isMass ? 3 : shape[0];
  const count = directions.length / dimensions;
  const samples = isMass ? options.bins - 1 : shape[1] / sets;
  const most = Math.max(1, Math.floor(CHUNK / (samples * (isMass ? Math.max(sets, elementCount(box)) : sets))));
  const atOnce = Math.ceil(count / Math.ceil(count / most));
  const graph = new Graph('projection');
  const inputs = [graph.input('moved', shape), graph.input('fixed', shape)] as const;
  const along = graph.input('directions', [atOnce, dimensions]);
  const binned = isMass ? binnedBox(box, options.bins) : undefined;
  const [lineOfMoved, lineOfFixed] = inputs.map((input) =>
    binned
      ? distributionsOf(input, along, binned)
      : sortLast(reshape(gemm(along, input), [atOnce * sets, samples])).values,
  ) as [ReturnType<typeof gemm>, ReturnType<typeof gemm>];
  const program = await compile(graph, { lineOfMoved, lineOfFixed }, runtime);
  return {
    directions: count,
    atOnce,
    ...(binned ? { width: binned.width } : {}),
    async project(indices) {
      const rows = new Float32Array(atOnce * dimensions);
      for (const [k, index] of indices.entries())
        rows.set(directions.subarray(index * dimensions, (index + 1) * dimensions), k * dimensions);
      const out = await program.run({ moved, fixed, directions: rows });
      return (set, k) => {
        const start = (isMass ? set * atOnce + k : k * sets + set) * samples;
        const read = (name: 'lineOfMoved' | 'lineOfFixed'): Float32Array =>
          (out[name] as Float32Array).subarray(start, start + samples);
        const both = { moved: read('lineOfMoved'), fixed: read('lineOfFixed') };
        const distance = binned
          ? transportCost(both.moved, both.fixed, binned.width, options.order)
          : both.moved.reduce((sum, x, n) => sum + Math.abs(x - both.fixed[n]!) ** options.order, 0) / samples;
        return { ...both, distance };
      };
    },
    release: () => program.release(),
  };
}
