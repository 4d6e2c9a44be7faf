import {
  add,
  concat,
  elementCount,
  type Graph,
  multiply,
  reshape,
  slice,
  type Tensor,
  transpose,
} from '../../graph/index.ts';

/** The embeddings that make a set of points. */
export const POINT_EMBEDDINGS = ['lines', 'rows', 'points', 'scalars'] as const;
export type PointEmbedding = (typeof POINT_EMBEDDINGS)[number];

/** Sets of points, all of one size. */
interface Clouds {
  /** [dimensions, sets · points]: a column is a point. */
  readonly points: Tensor;
  readonly sets: number;
  /** Points of a set. */
  readonly size: number;
}

/** Options of {@link cloudsOf}. */
export interface CloudOptions {
  readonly embedding: PointEmbedding;
  /** `lines`: weight of a line's two coordinates; 0 leaves them out. */
  readonly coordinates: number;
  /** `points`: weight of the intensity beside the position. */
  readonly intensity: number;
  /** `rows`: voxels of a row. */
  readonly row: number;
}

/** Points of an embedding in a box, and their dimension. */
export function cloudShape(
  extent: readonly number[],
  options: CloudOptions,
  axis: number,
): { size: number; dimensions: number } {
  const voxels = elementCount(extent);
  switch (options.embedding) {
    case 'lines': {
      const length = extent[axis]!;
      return { size: voxels / length, dimensions: length + (options.coordinates > 0 ? 2 : 0) };
    }
    case 'rows': {
      const dimensions = Math.min(options.row, voxels);
      return { size: Math.floor(voxels / dimensions), dimensions };
    }
    case 'points':
      return { size: voxels, dimensions: 4 };
    case 'scalars':
      return { size: voxels, dimensions: 1 };
  }
}

/**
 * Makes points of the intensities of boxes (patches, or one volume).
 *
 * - `lines`: each scan line along `axis` is a point: its intensities and, weighted, its two coordinates in [−1, 1].
 * - `rows`: the flattened box in rows; a rest shorter than a row is left out.
 * - `points`: each voxel: its coordinates in [−1, 1] and its weighted intensity.
 * - `scalars`: each voxel's intensity alone.
 *
 * @param boxes [sets, D, H, W]
 * @param axis scan axis of `lines`, 0 to 2; or three weights (a tensor [3], one of them 1) that choose one for cubes
 */
export function cloudsOf(boxes: Tensor, options: CloudOptions, axis: number | Tensor): Clouds {
  const [sets, ...extent] = boxes.shape as readonly [number, ...number[]];
  const { graph } = boxes;
  const { size, dimensions } = cloudShape(extent, options, typeof axis === 'number' ? axis : 0);
  if (options.embedding === 'scalars') return { points: reshape(boxes, [1, boxes.count]), sets, size };
  if (options.embedding === 'points') {
    const where = graph.constant(tile(coordinatesOf(extent), sets), [3, boxes.count]);
    return { points: concat([where, multiply(reshape(boxes, [1, boxes.count]), options.intensity)], 0), sets, size };
  }
  if (options.embedding === 'rows') {
    const flat = reshape(boxes, [sets, boxes.count / sets]);
    const whole = size * dimensions === flat.shape[1] ? flat : slice(flat, 1, 0, size * dimensions);
    return { points: transpose(reshape(whole, [sets * size, dimensions]), [1, 0]), sets, size };
  }
  const along = typeof axis === 'number' ? axisFirst(boxes, axis) : chosenAxisFirst(boxes, axis);
  const lines = reshape(along, [along.shape[0]!, sets * size]);
  if (options.coordinates === 0) return { points: lines, sets, size };
  const grid = coordinatesOf(along.shape.slice(2)).map((value) => value * options.coordinates);
  return { points: concat([lines, constantTile(graph, grid, sets)], 0), sets, size };
}

/** [sets, D, H, W] → [length of the axis, sets, the other two]. */
function axisFirst(boxes: Tensor, axis: number): Tensor {
  const order = [axis + 1, 0, ...[1, 2, 3].filter((other) => other !== axis + 1)];
  return transpose(boxes, order);
}

/** As {@link axisFirst}, with the axis chosen by three weights; of cubes. */
function chosenAxisFirst(boxes: Tensor, weights: Tensor): Tensor {
  return [0, 1, 2].map((axis) => multiply(axisFirst(boxes, axis), slice(weights, 0, axis, axis + 1))).reduce(add);
}

/**
 * Coordinates in [−1, 1] of a grid's nodes, C order, one axis after the other: [axes, nodes]. An axis of one node is at
 * 0.
 */
function coordinatesOf(extent: readonly number[]): Float32Array {
  const nodes = elementCount(extent);
  const out = new Float32Array(extent.length * nodes);
  extent.forEach((length, a) => {
    const inner = elementCount(extent.slice(a + 1));
    for (let n = 0; n < nodes; n++) {
      const at = Math.floor(n / inner) % length;
      out[a * nodes + n] = length === 1 ? 0 : (2 * at) / (length - 1) - 1;
    }
  });
  return out;
}

/** Repeats each of two rows of coordinates for every set: [2, sets · nodes]. */
function constantTile(graph: Graph, rows: Float32Array, sets: number): Tensor {
  return graph.constant(tile(rows, sets, 2), [2, (rows.length / 2) * sets]);
}

function tile(rows: Float32Array, sets: number, count = 3): Float32Array {
  const nodes = rows.length / count;
  const out = new Float32Array(rows.length * sets);
  for (let row = 0; row < count; row++)
    for (let set = 0; set < sets; set++)
      out.set(rows.subarray(row * nodes, (row + 1) * nodes), (row * sets + set) * nodes);
  return out;
}
