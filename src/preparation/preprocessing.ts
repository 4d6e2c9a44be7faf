import { z } from 'zod';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import { mapTriple, tripleAt } from '../triple.ts';
import { comparedForegrounds } from '../volume/foreground.ts';
import type { Grid, Labels, Mask, Mat4, Size, Vec3, Volume } from '../volume/grid.ts';
import type { PointList } from '../volume/landmarks.ts';
import {
  applyToPoint,
  closestAxes,
  column,
  fromColumns,
  invert,
  isSheared,
  multiply,
  spacingOf,
  voxelEdge,
} from '../volume/matrix.ts';
import { minmax, percentile, zscore } from '../volume/normalise.ts';
import { resampleTo, rightAngledGrid } from '../volume/resample.ts';

/**
 * How volumes become what the network sees. Stored with every model, so that a model is always used as it was trained.
 */
export const preprocessingSchema = z.strictObject({
  normalise: z
    .enum(['zscore', 'minmax', 'percentile'])
    .default('zscore')
    .describe(
      'zscore: mean 0 and SD 1, as in the paper; minmax: minimum and maximum to 0 and 1; percentile: 1st and 99th percentile to 0 and 1',
    )
    .meta({ placeholder: 'how' }),
  outside: z
    .enum(['zero', 'edge'])
    .default('zero')
    .describe('values around a volume: zero (under zscore, its mean), or edge (its border repeated)')
    .meta({ placeholder: 'what' }),
  crop: z
    .enum(['none', 'label', 'whole'])
    .default('none')
    .describe(
      'part of a volume that fills the grid: none, a cube of --pad voxels with the volume in its middle; label, the box of its labels, as in the paper; whole, the whole volume, in voxels that fit its longest edge, but none finer than its own',
    )
    .meta({ placeholder: 'how' }),
  pad: z
    .int()
    .min(8)
    .max(4096)
    .default(64)
    .describe('edge of the cube that volumes are padded to')
    .meta({ placeholder: 'voxels' }),
  margin: z
    .int()
    .min(0)
    .max(4096)
    .default(5)
    .describe('voxels around the label box with --crop label')
    .meta({ placeholder: 'voxels' }),
  size: z
    .int()
    .min(8)
    .max(1024)
    .default(64)
    .describe("edge of the network's grid; the padded cube or the label box is resampled to it")
    .meta({ placeholder: 'voxels' }),
  spacing: z
    .number()
    .positive()
    .max(1e4)
    .default(1)
    .describe('voxel edge of the padded cube')
    .meta({ placeholder: 'mm', otherwise: "the data's own" }),
  foreground: z
    .boolean()
    .default(false)
    .describe('ignore the uniform surroundings of an image, in normalisation and masks'),
});
export type Preprocessing = z.infer<typeof preprocessingSchema>;

/** How two volumes start: with their centres together, or where their world coordinates put them. */
export type InitialAlignment = 'center' | 'world';

/** Intensities as the network sees them, on the volume's own grid; over the voxels of a mask, and 0 outside it. */
export function normalised(volume: Volume, { normalise }: Preprocessing, mask?: Mask): Volume {
  if (normalise === 'minmax') return minmax(volume, mask);
  return normalise === 'percentile' ? percentile(volume, 1, 99, mask) : zscore(volume, mask);
}

/** A normalised volume sampled on a network grid, trilinear. */
export function sampled(volume: Volume, grid: Grid, { outside }: Preprocessing): Volume {
  return resampleTo(volume, grid, { outside: outside === 'edge' ? 'edge' : 0 });
}

/** Voxels that a pair is compared on at most without a model, as the edge of a cube. */
const OWN_GRID_LIMIT = 96;

/** Edges of voxels in mm between which a grid of one's own is made: beyond them a header is damaged. */
const OWN_VOXELS = [1e-6, 1e4] as const;

/**
 * Preprocessing for a pair without a model, which would set the grid: isotropic voxels over the whole fixed image.
 * Their edge is the geometric mean of the image's voxel edges, or larger where the grid would have more than about 96³
 * voxels.
 * @param spacing edge of the voxels in mm, in place of that
 * @throws UserError where the image's voxels are of no size that a scan has
 */
export function ownGridPreprocessing(fixed: Grid, spacing?: number): Preprocessing {
  const [nx, ny, nz] = fixed.size;
  const own = voxelEdge(fixed.affine);
  const withSpacing = (edge: number): Preprocessing =>
    preprocessingSchema.parse({ outside: 'edge', pad: 8, size: 8, spacing: edge, foreground: true });
  let chosen = spacing ?? Math.max(own, (own * Math.cbrt(nx * ny * nz)) / OWN_GRID_LIMIT);
  if (!(chosen >= OWN_VOXELS[0] && chosen <= OWN_VOXELS[1]))
    throw new UserError(
      `Voxels of ${Number(chosen.toPrecision(3))} mm are not possible: ${spacing === undefined ? "correct the fixed scan's header, or " : ''}give ${OWN_VOXELS.join(' to ')} mm with --spacing.`,
    );
  // Voxels that are far longer along one axis make many cubes of their mean size.
  while (
    spacing === undefined &&
    voxelsOf(fixed, withSpacing(chosen)) > 2 * OWN_GRID_LIMIT ** 3 &&
    chosen < OWN_VOXELS[1]
  )
    chosen = Math.min(1.25 * chosen, OWN_VOXELS[1]);
  return withSpacing(chosen);
}

function voxelsOf(fixed: Grid, preprocessing: Preprocessing): number {
  return paddedGrid(fixed, preprocessing).size.reduce((a, b) => a * b);
}

/** Voxels that a grid on which pairs are compared may have: 2²⁵, as 320³ or 512×512×128 do. */
const GRID_LIMIT = 2 ** 25;

/**
 * @param voxel its edge in mm
 * @param remedy what to do, as the end of a sentence
 * @throws UserError when a grid has more than {@link GRID_LIMIT} voxels
 */
export function assertGridSize(size: Size, voxel: number, remedy: string): void {
  if (size[0] * size[1] * size[2] <= GRID_LIMIT) return;
  throw new UserError(
    `The grid is too large: it needs ${size.join('×')} voxels of ${Number(voxel.toPrecision(3))} mm, and at most ${GRID_LIMIT} (such as 320×320×320) are possible; ${remedy}.`,
  );
}

/** World coordinates of the middle of a grid. */
export function centreOf({ size, affine }: Grid): Vec3 {
  return applyToPoint(affine, [(size[0] - 1) / 2, (size[1] - 1) / 2, (size[2] - 1) / 2]);
}

/**
 * The network's grid for a volume.
 * @param remedy what to do where it would have too many voxels, as the end of a sentence
 * @throws UserError when `crop: label` has no labels, or none above 0; when the grid would have more than {@link
 * GRID_LIMIT} voxels
 */
export function networkGrid(
  image: Grid,
  preprocessing: Preprocessing,
  labels?: Labels,
  remedy = 'give larger voxels with --spacing, or smaller scans',
): Grid {
  const grid =
    preprocessing.crop === 'label' ? labelBoxGrid(image, preprocessing, labels) : paddedGrid(image, preprocessing);
  assertGridSize(grid.size, Math.max(...spacingOf(grid.affine)), remedy);
  return grid;
}

/**
 * A network's grid without the layers beyond a volume, in eights: networks work at any size. The volume stays in the
 * middle.
 */
export function trimmedGrid(grid: Grid, image: Grid): Grid {
  const toGrid = multiply(invert(grid.affine), image.affine);
  const voxels = ([0, 1, 2] as const).map((row) =>
    [0, 1, 2].reduce((sum, axis) => sum + Math.abs(column(toGrid, axis as 0 | 1 | 2)[row]) * image.size[axis]!, 0),
  );
  const size = mapTriple(grid.size, (n, axis) => Math.min(n, 8 * Math.ceil((voxels[axis]! - 1e-6) / 8)));
  const first = mapTriple(size, (n, axis) => (grid.size[axis]! - n) / 2);
  const [x, y, z] = [0, 1, 2].map((axis) => column(grid.affine, axis as 0 | 1 | 2)) as [Vec3, Vec3, Vec3];
  return { size, affine: fromColumns(x, y, z, applyToPoint(grid.affine, first)) };
}

function paddedGrid(image: Grid, { crop, pad, size, spacing }: Preprocessing): Grid {
  // Losses and smoothness take the voxels for cubes, so that those of a scan with a tilted gantry must be.
  const frame = isSheared(image.affine) ? rightAngledGrid(image) : image;
  // Closest to right, anterior and superior, so that a network sees every scan the same way round.
  const axes = closestAxes(frame.affine);
  const own = spacingOf(frame.affine);
  const isWhole = crop === 'whole';
  const longest = Math.max(...mapTriple(frame.size, (n, axis) => n * own[axis]));
  // Voxels finer than the volume's own show nothing more.
  const voxel = isWhole ? Math.max(longest / size, Math.min(...own)) : (spacing * pad) / size;
  // A volume larger than the padded cube gets a larger grid of the same voxels, in eights: networks work at any size.
  const extents = axes.map(({ axis }) => {
    const needed = Math.ceil((frame.size[axis] * own[axis]) / voxel);
    return isWhole || needed <= size ? size : Math.ceil(needed / 8) * 8;
  });
  const columns = axes.map(({ axis, step }) => {
    const [x, y, z] = column(frame.affine, axis);
    const scale = (step * voxel) / own[axis];
    return [x * scale, y * scale, z * scale] as const;
  }) as [Vec3, Vec3, Vec3];
  return gridCentredAt(columns, tripleAt(extents), centreOf(image), image);
}

/**
 * A grid with given axes around a point. If its voxels have the lattice of `image`, up to order and sign of the axes,
 * it is moved onto that lattice by at most half a voxel. Sampling the image then does not blur it.
 */
function gridCentredAt(columns: readonly [Vec3, Vec3, Vec3], size: Size, centre: Vec3, image: Grid): Grid {
  const along = (component: 0 | 1 | 2): number =>
    centre[component] - columns.reduce((sum, axis, a) => sum + axis[component] * ((size[a]! - 1) / 2), 0);
  const origin: Vec3 = [along(0), along(1), along(2)];
  const affine = fromColumns(columns[0], columns[1], columns[2], origin);
  const toImage = multiply(invert(image.affine), affine);
  const isLattice = [0, 1, 2].every((a) =>
    column(toImage, a as 0 | 1 | 2).every(
      (value) => Math.abs(value - Math.round(value)) < 1e-3 && Math.abs(value) < 1.5,
    ),
  );
  if (!isLattice) return { size, affine };
  const [x, y, z] = column(toImage, 3);
  const onLattice = (value: number): number => Math.round(value - 1e-6);
  const moved = applyToPoint(image.affine, [onLattice(x), onLattice(y), onLattice(z)]);
  return { size, affine: fromColumns(columns[0], columns[1], columns[2], moved) };
}

/**
 * The network's grid for the moving volume, given the fixed volume's: its own label box, or the fixed grid moved to its
 * centre.
 */
export function movingGrid(
  fixedGrid: Grid,
  fixed: Grid,
  moving: Grid,
  preprocessing: Preprocessing,
  start: InitialAlignment,
  movingLabels?: Labels,
): Grid {
  if (preprocessing.crop === 'label') return labelBoxGrid(moving, preprocessing, movingLabels);
  if (start === 'world') return fixedGrid;
  const { affine, size } = fixedGrid;
  const gridCentre = centreOf(fixedGrid);
  const fixedCentre = centreOf(fixed);
  const movingCentre = centreOf(moving);
  const centre: Vec3 = [
    gridCentre[0] - fixedCentre[0] + movingCentre[0],
    gridCentre[1] - fixedCentre[1] + movingCentre[1],
    gridCentre[2] - fixedCentre[2] + movingCentre[2],
  ];
  return gridCentredAt([column(affine, 0), column(affine, 1), column(affine, 2)], size, centre, moving);
}

/** The box of all labels and a margin, in canonical axes, divided into `size`³ voxels. */
function labelBoxGrid(image: Grid, { margin, size }: Preprocessing, labels?: Labels): Grid {
  if (!labels)
    throw new UserError('The crop "label" needs the labels of both volumes; give them, or train with --crop none.');
  const [nx, ny, nz] = labels.size;
  const low: [number, number, number] = [nx, ny, nz];
  const high: [number, number, number] = [-1, -1, -1];
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        if (labels.data[n] === 0) continue;
        [i, j, k].forEach((at, a) => {
          low[a] = Math.min(low[a]!, at);
          high[a] = Math.max(high[a]!, at);
        });
      }
  if (high[0] < 0) throw new UserError('The labels are empty, so there is no box to crop to; use --crop none.');
  const axes = closestAxes(image.affine);
  const columns = axes.map(({ axis, step }) => {
    const extent = high[axis] - low[axis] + 1 + 2 * margin;
    const [x, y, z] = column(image.affine, axis);
    const scale = (step * extent) / size;
    return [x * scale, y * scale, z * scale] as const;
  }) as [Vec3, Vec3, Vec3];
  const middle = (a: 0 | 1 | 2): number => (low[a] + high[a]) / 2;
  const centre = applyToPoint(image.affine, [middle(0), middle(1), middle(2)]);
  const half = (size - 1) / 2;
  const along = (c: 0 | 1 | 2): number => centre[c] - columns.reduce((sum, axis) => sum + axis[c] * half, 0);
  return {
    size: [size, size, size],
    affine: fromColumns(columns[0], columns[1], columns[2], [along(0), along(1), along(2)]),
  };
}

/** A volume as the network sees it, with its labels on the same grid. */
export interface PreparedVolume {
  readonly id: string;
  /** The network's grid; `size` is [nx, ny, nz], the array's shape [nz, ny, nx]. */
  readonly grid: Grid;
  readonly values: Float32Array;
  /** 1 at voxels inside the volume's field of view, 0 outside. */
  readonly mask: Float32Array;
  readonly labels?: Int32Array;
  readonly landmarks?: PointList;
  /** The other image of a pair of two modalities, on the grid that corresponds to this one at the start. */
  readonly moving?: PreparedVolume;
}

/** 1 at the voxels of a grid that lie inside an image, and inside its mask where there is one; 0 elsewhere. */
export function fieldOfView({ size, affine }: Grid, grid: Grid, mask?: Mask): Float32Array {
  const inside = mask ? new Int32Array(mask) : new Int32Array(size[0] * size[1] * size[2]).fill(1);
  return Float32Array.from(resampleTo({ size, affine, data: inside }, grid, { outside: 0 }).data);
}

/** An image as it is read, with what belongs to it. */
export interface ReadImage {
  readonly image: Volume;
  readonly labels?: Labels;
  readonly landmarks?: PointList;
}

/**
 * Prepares one volume of a dataset for training.
 * @example const { values, grid } = prepare('a', fixed, undefined, model.preprocessing)
 */
export function prepare(id: string, image: Volume, labels: Labels | undefined, options: Preprocessing): PreparedVolume {
  return prepareCase(id, { image, ...given({ labels }) }, options, 'center');
}

/** The two images of a pair of modalities, or one alone. */
export interface ReadCase extends ReadImage {
  readonly moving?: ReadImage;
  /** Where a transform found earlier takes points of `image` in `moving`, in place of the start alignment; RAS mm. */
  readonly aligned?: Mat4;
}

/** Prepares a case for training: its image, and the image of the other modality where it has one. */
export function prepareCase(
  id: string,
  { moving, aligned, ...fixed }: ReadCase,
  options: Preprocessing,
  start: InitialAlignment,
): PreparedVolume {
  const grid = networkGrid(fixed.image, options, fixed.labels);
  const images = moving ? [fixed.image, moving.image] : [fixed.image];
  const [counted, movingCounted] = options.foreground ? comparedForegrounds(images) : [];
  const prepared = onGrid(id, fixed, grid, options, counted);
  if (!moving) return prepared;
  const other = aligned
    ? { size: grid.size, affine: multiply(aligned, grid.affine) }
    : movingGrid(grid, fixed.image, moving.image, options, start, moving.labels);
  const preparedMoving = onGrid(id, moving, other, options, movingCounted);
  if (!meet(prepared.mask, preparedMoving.mask))
    throw new UserError(
      `The two scans of ${id} do not overlap at their start; train with --init ${start === 'world' ? 'center' : 'world'}, or leave the case out.`,
    );
  return { ...prepared, moving: preparedMoving };
}

/** Whether two masks on one grid have a voxel in common. */
export function meet(a: Float32Array, b: Float32Array): boolean {
  return a.some((value, n) => value > 0 && b[n]! > 0);
}

function onGrid(
  id: string,
  { image, labels, landmarks }: ReadImage,
  grid: Grid,
  options: Preprocessing,
  counted: Mask | undefined,
): PreparedVolume {
  return {
    id,
    grid,
    values: sampled(normalised(image, options, counted), grid, options).data,
    mask: fieldOfView(image, grid, counted),
    ...(labels ? { labels: resampleTo(labels, grid).data } : {}),
    ...given({ landmarks }),
  };
}
