import { z } from 'zod';
import type { Grid } from '../volume/grid.ts';
import { closestAxes, spacingOf } from '../volume/matrix.ts';

const range = z.tuple([z.number().positive(), z.number().positive()]);

/** What scans a model was trained on, as its file keeps it. */
export const trainedOnSchema = z.strictObject({
  /** Least and largest edge of their voxels in mm. */
  spacing: range,
  /** Least and largest extent in mm, along right, anterior and superior. */
  extent: z.tuple([range, range, range]),
  /** In the words of the data set, as "MRI". */
  modality: z.string().min(1).optional(),
  /** In the words of the data set, as "Left and right hippocampus". */
  anatomy: z.string().min(1).optional(),
  /** Whether they were made and not measured. */
  synthetic: z.boolean(),
});
export type TrainedOn = Readonly<z.infer<typeof trainedOnSchema>>;

/** How many times more, or less, than what a model has seen a scan's extent or voxel may be. */
const BEYOND = { extent: 1.5, spacing: 2 } as const;

/** Edges of the voxels and extents in mm along right, anterior and superior, as near as the axes come. */
function measured({ size, affine }: Grid): { readonly spacing: readonly number[]; readonly extent: readonly number[] } {
  const own = spacingOf(affine);
  const axes = closestAxes(affine).map(({ axis }) => axis);
  return { spacing: axes.map((axis) => own[axis]), extent: axes.map((axis) => own[axis] * size[axis]) };
}

/**
 * What is to be known of the scans that a model was trained on.
 * @param grids of all of them, one at least
 */
export function trainedOn(
  grids: readonly Grid[],
  words: { readonly modality?: string; readonly anatomy?: string; readonly synthetic: boolean },
): TrainedOn {
  const all = grids.map(measured);
  const rangeOf = (values: readonly number[]): [number, number] =>
    [Math.min(...values), Math.max(...values)].map((value) => Number(value.toPrecision(4))) as [number, number];
  const along = (axis: number): [number, number] => rangeOf(all.map(({ extent }) => extent[axis]!));
  return { spacing: rangeOf(all.flatMap(({ spacing }) => spacing)), extent: [along(0), along(1), along(2)], ...words };
}

/**
 * Whether a model suits a pair, as far as grids tell: by extents and voxels, not by what is in the scans.
 * @returns undefined where it does, or is not known not to; else a sentence that says what does not fit
 * @example const sentence = modelFits(model, { fixed, moving })
 */
export function modelFits(
  model: { readonly trainedOn?: TrainedOn; readonly preprocessing?: { readonly crop: string } },
  pair: { readonly fixed: Grid; readonly moving: Grid },
): string | undefined {
  const known = model.trainedOn;
  // Voxels that are chosen for each pair are of no size that a model knows.
  if (!known || model.preprocessing?.crop === 'whole') return undefined;
  const what = [known.synthetic ? 'made' : '', known.modality ?? '', 'scans'].filter((word) => word !== '').join(' ');
  const of = known.anatomy === undefined ? '' : ` (${known.anatomy})`;
  for (const [name, grid] of Object.entries(pair)) {
    const { spacing, extent } = measured(grid);
    const wide = extent.some((value, axis) => isBeyond(value, known.extent[axis] as [number, number], BEYOND.extent));
    if (wide)
      return `The model was trained on ${what}${of} of ${known.extent.map(rangeText).join(' × ')} mm, and the ${name} scan has ${extent.map(rounded).join(' × ')} mm.`;
    const coarse = spacing.some((value) => isBeyond(value, known.spacing, BEYOND.spacing));
    if (coarse)
      return `The model was trained on ${what}${of} with voxels of ${rangeText(known.spacing)} mm, and the ${name} scan has voxels of ${spacing.map(rounded).join(' × ')} mm.`;
  }
  return undefined;
}

function isBeyond(value: number, [least, largest]: readonly [number, number], factor: number): boolean {
  return value < least / factor || value > largest * factor;
}

function rangeText([least, largest]: readonly [number, number]): string {
  return rounded(least) === rounded(largest) ? rounded(least) : `${rounded(least)} to ${rounded(largest)}`;
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(value >= 10 ? 3 : 2)));
}
