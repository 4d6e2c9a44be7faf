import {
  add,
  divide,
  gemm,
  mean,
  multiply,
  reshape,
  slice,
  sqrt,
  square,
  subtract,
  sum,
  type Tensor,
} from '../../graph/index.ts';
import type { RandomInputs } from '../similarity.ts';
import { type CloudOptions, cloudShape, cloudsOf, type PointEmbedding } from './clouds.ts';
import { drawDirections } from './directions.ts';
import { binnedBox, distributionsOf, massOf, normaliseRows } from './mass.ts';
import { binnedW1, binnedW2, crossingsOf, sortedDistance } from './oneDimensional.ts';
import type { WassersteinOptions } from './options.ts';
import { overDirections } from './overDirections.ts';
import { extractPatches, type PatchGrid } from './patches.ts';

/**
 * Sliced Wasserstein distance of two volumes (Rabin et al., SSVM 2011; Bonneel et al., JMIV 51, 2015), in one of the
 * forms that {@link WassersteinOptions} describes. Both volumes are projected onto random directions. There W_pᵖ has a
 * closed form. The loss is its mean over scales, patches and directions.
 *
 * @param moved,fixed [1, 1, D, H, W]
 * @param weight [1, 1, D, H, W]: voxels outside the field of view (0) have no mass, or intensity 0, in both volumes;
 * the weight of a patch is its number of voxels inside
 * @returns a scalar. Unit: `mass`, half edge lengths of the patch or volume, to the power p; points, intensity (and
 * coordinates) to the power p
 */
export function wasserstein(
  moved: Tensor,
  fixed: Tensor,
  options: WassersteinOptions,
  random: RandomInputs,
  weight?: Tensor,
): Tensor {
  const scales = options.patch.map((_, index) => {
    const cut = (volume: Tensor): Tensor => boxesOf(volume, options, index);
    const inside = weight && cut(weight);
    const embed = (volume: Tensor): Tensor =>
      options.embedding === 'mass'
        ? measuresOf(volume, options, index, inside)
        : pointsOf(cut(volume), options, inside);
    const boxes = { moved: embed(moved), fixed: embed(fixed) };
    const shares = inside && sharesOf(inside);
    const name = directionsName(options, index);
    return options.embedding === 'mass'
      ? massDistance(boxes, options, random, name, shares)
      : pointDistance(boxes, { ...options, embedding: options.embedding }, random, name, shares);
  });
  return multiply(scales.reduce(add), 1 / scales.length);
}

/** The patches of a scale; undefined where the scale is the whole volume. */
export function patchGrid(options: WassersteinOptions, scale: number): PatchGrid | undefined {
  const size = options.patch[scale]!;
  const stride = options.stride?.[scale] ?? Math.max(1, Math.floor(size / 2));
  return size === 0 ? undefined : { size, stride, border: options.border };
}

/** Name of the random input that holds a scale's directions; with `lines`, what chooses the axis begins with it too. */
export function directionsName(options: WassersteinOptions, scale: number): string {
  return options.patch.length === 1 ? 'directions' : `directions_${scale}`;
}

/** What a scale compares: [1, 1, D, H, W] → its patches, or the volume as the only box, [sets, d, h, w]. */
export function boxesOf(volume: Tensor, options: WassersteinOptions, scale: number): Tensor {
  const grid = patchGrid(options, scale);
  return grid ? extractPatches(volume, grid) : reshape(volume, volume.shape.slice(1));
}

interface Boxes {
  /** [sets, D, H, W] */
  readonly moved: Tensor;
  readonly fixed: Tensor;
}

/** Intensities as they are embedded: with mean 0 and SD 1 in each box where that is asked for. */
function intensities(boxes: Tensor, { standardise }: WassersteinOptions, inside?: Tensor): Tensor {
  if (standardise === 'none') return boxes;
  const [sets] = boxes.shape as readonly [number];
  const rows = (x: Tensor): Tensor => reshape(x, [sets, boxes.count / sets]);
  return reshape(standardised(rows(boxes), inside && rows(inside)), boxes.shape);
}

/** Intensities to make points of: 0 outside the field of view. */
export function pointsOf(boxes: Tensor, options: WassersteinOptions, inside?: Tensor): Tensor {
  const standard = intensities(boxes, options, inside);
  return inside ? multiply(standard, inside) : standard;
}

/**
 * Each box of a scale as a measure of mass 1, [sets, D, H, W]; no mass lies outside the field of view.
 * @param volume [1, 1, D, H, W]
 * @param inside the boxes of the field of view
 */
export function measuresOf(volume: Tensor, options: WassersteinOptions, scale: number, inside?: Tensor): Tensor {
  const cut = (x: Tensor): Tensor => boxesOf(x, options, scale);
  // A voxel has one mass in all patches that it lies in, unless its intensity differs between them.
  const mass =
    options.standardise === 'none'
      ? cut(massOf(volume, options))
      : massOf(intensities(cut(volume), options, inside), options);
  const [sets] = mass.shape as readonly [number];
  const rows = reshape(inside ? multiply(mass, inside) : mass, [sets, mass.count / sets]);
  return reshape(normaliseRows(rows), mass.shape);
}

/** Rows with mean 0 and SD 1 over the voxels inside the field of view; a constant row becomes 0. */
function standardised(rows: Tensor, inside?: Tensor): Tensor {
  const meanOf = (x: Tensor): Tensor =>
    inside ? divide(sum(multiply(x, inside), [1], true), add(sum(inside, [1], true), 1e-6)) : mean(x, [1], true);
  const centred = subtract(rows, meanOf(rows));
  return divide(centred, sqrt(add(meanOf(square(centred)), 1e-2)));
}

/** How much each box counts, [sets, 1]: its share of all voxels in the field of view. */
function sharesOf(weight: Tensor): Tensor {
  const [sets] = weight.shape as readonly [number];
  const inside = sum(reshape(weight, [sets, weight.count / sets]), [1], true);
  return divide(inside, add(sum(inside), 1e-6));
}

function massDistance(
  boxes: Boxes,
  options: WassersteinOptions,
  random: RandomInputs,
  name: string,
  shares?: Tensor,
): Tensor {
  const [sets, ...extent] = boxes.moved.shape as readonly [number, ...number[]];
  const box = binnedBox(extent, options.bins);
  const counted = (measures: Tensor): Tensor => {
    const rows = reshape(measures, [sets, box.voxels]);
    return shares ? multiply(rows, shares) : rows;
  };
  const moved = counted(boxes.moved);
  const fixed = counted(boxes.fixed);
  const { directions: count, drawing, order, bins } = options;
  const directions = random.input(
    name,
    [count, 3],
    (stream, values) => drawDirections(drawing, 3, stream, values),
    options.fresh ? 'fresh' : 'fixed',
  );
  const cuts = bins - 1;
  const crossings = crossingsOf(order === 2 ? cuts : 1);
  // A single measure is sorted into bins, which takes some tensors of the volume's size. Many measures take a matrix of
  // all distribution values.
  const elements = Math.max((sets === 1 ? 4 : cuts) * box.voxels, cuts * sets * (order === 2 ? cuts : 1));
  const total = overDirections([moved, fixed], directions, elements, (some) => {
    if (order === 1) return binnedW1(distributionsOf(subtract(moved, fixed), some, box), box.width);
    const rows = (measures: Tensor): Tensor =>
      reshape(distributionsOf(measures, some, box), [sets * some.shape[0]!, cuts]);
    return binnedW2(rows(moved), rows(fixed), box.width, crossings);
  });
  return multiply(total, 1 / (shares ? count : sets * count));
}

type PointOptions = WassersteinOptions & { readonly embedding: PointEmbedding };

function pointDistance(
  boxes: Boxes,
  options: PointOptions,
  random: RandomInputs,
  name: string,
  shares?: Tensor,
): Tensor {
  const extent = boxes.moved.shape.slice(1);
  if (options.embedding !== 'lines' || options.axis !== 'random')
    return cloudDistance(boxes, options, options.axis === 'random' ? 0 : options.axis, random, name, shares);
  const choice = random.input(
    `${name}_axis`,
    [3],
    (stream, values) => {
      values[stream.integer(3)] = 1;
    },
    options.fresh ? 'fresh' : 'fixed',
  );
  if (new Set(extent).size === 1) return cloudDistance(boxes, options, choice, random, name, shares);
  // The lines of different axes have different lengths: all three are worked out and one counts.
  return [0, 1, 2]
    .map((axis) => {
      const distance = cloudDistance(boxes, options, axis, random, `${name}_${axis}`, shares);
      return multiply(distance, reshape(slice(choice, 0, axis, axis + 1), []));
    })
    .reduce(add);
}

function cloudDistance(
  boxes: Boxes,
  options: CloudOptions & WassersteinOptions,
  axis: number | Tensor,
  random: RandomInputs,
  name: string,
  shares?: Tensor,
): Tensor {
  const extent = boxes.moved.shape.slice(1);
  const { dimensions } = cloudShape(extent, options, typeof axis === 'number' ? axis : 0);
  const { points: moved, sets, size } = cloudsOf(boxes.moved, options, axis);
  const { points: fixed } = cloudsOf(boxes.fixed, options, axis);
  const distances = (a: Tensor, b: Tensor): Tensor => {
    const lines = a.count / size;
    const each = sortedDistance(reshape(a, [lines, size]), reshape(b, [lines, size]), options.order);
    if (!shares) return multiply(sum(each), 1 / sets);
    return sum(multiply(reshape(each, [lines / sets, sets]), reshape(shares, [1, sets])));
  };
  if (dimensions === 1) return distances(moved, fixed);
  const { directions: count, drawing } = options;
  const directions = random.input(
    name,
    [count, dimensions],
    (stream, values) => drawDirections(drawing, dimensions, stream, values),
    options.fresh ? 'fresh' : 'fixed',
  );
  const total = overDirections([moved, fixed], directions, sets * size, (some) =>
    distances(gemm(some, moved), gemm(some, fixed)),
  );
  return multiply(total, 1 / count);
}
