import { labelsIn } from '../metric/dice.ts';
import { hasInterior, jacobianDeterminant } from '../metric/jacobian.ts';
import {
  type LabelValues,
  measureLabels,
  measureLandmarks,
  measureShape,
  measuresOf,
  type Values,
} from '../metric/measures.ts';
import { assertSameGrid } from '../volume/checks.ts';
import type { Labels, Mat4, Warp } from '../volume/grid.ts';
import type { PointPairs } from '../volume/landmarks.ts';
import { alignedDistances, registrationError } from './landmarkError.ts';

/**
 * Compares two segmentations on one grid by every label measure, over the labels that either has.
 * @throws UserError when their grids differ
 * @example const { means } = agreement(fixedLabels, movedLabels)
 */
export function agreement(
  fixed: Labels,
  moved: Labels,
  names: readonly [string, string] = ['fixed labels', 'moved labels'],
): LabelValues {
  assertSameGrid(fixed, moved, ...names);
  const { size, affine } = fixed;
  const pair = { fixed: fixed.data, moved: moved.data, size, space: affine };
  return measureLabels(pair, labelsIn(fixed.data, moved.data));
}

/**
 * Every measure of a warp; all NaN where an axis has fewer than 3 voxels, so that none is in the interior.
 * @example const { foldedPercent } = regularity(field)
 */
export function regularity(warp: Warp): Values {
  if (!hasInterior(warp)) return Object.fromEntries(measuresOf('warp').map(({ key }) => [key, Number.NaN]));
  return measureShape({ determinants: jacobianDeterminant(warp).data, warp: () => warp });
}

/** A registered pair with what it can be judged by. */
interface JudgedPair {
  /** The start, RAS mm, fixed point → moving point, and what registration found. */
  readonly start: Mat4;
  readonly warp: Warp;
  /** The alignment by one transform that came first: RAS mm, fixed point → moving point. */
  readonly alignment?: Mat4;
  readonly fixedLabels?: Labels;
  /** The moving labels at the start alignment and after registration, in the fixed grid. */
  readonly startLabels?: Labels;
  readonly movedLabels?: Labels;
  /** Points that both images have, RAS mm. */
  readonly landmarks?: PointPairs;
}

/**
 * What is measured of a registered pair, labels by their means; a key is left out where the pair lacks what its measure
 * needs.
 */
export interface Assessment {
  readonly before: Values;
  /** After the one transform alone, where there was one: landmarks. */
  readonly aligned?: Values;
  readonly after: Values;
  readonly deformation: Values;
  readonly labels: readonly { readonly label: number; readonly before: Values; readonly after: Values }[];
}

/** Every measure that a registered pair can be judged by. */
export function assess(pair: JudgedPair): Assessment {
  const { warp, alignment, fixedLabels, startLabels, movedLabels, landmarks } = pair;
  const before = fixedLabels && startLabels && agreement(fixedLabels, startLabels);
  const after = fixedLabels && movedLabels && agreement(fixedLabels, movedLabels);
  const errors = landmarks && registrationError(landmarks, pair).landmarks;
  const start = errors?.map((error) => error.before);
  const aligned = landmarks && alignment && alignedDistances(landmarks, alignment);
  return {
    before: { ...before?.means, ...(start && measureLandmarks({ now: start })) },
    ...(start && aligned ? { aligned: measureLandmarks({ now: aligned, start }) } : {}),
    after: {
      ...after?.means,
      ...(start && errors && measureLandmarks({ now: errors.map((error) => error.after), start })),
    },
    deformation: regularity(warp),
    labels: (after?.labels ?? []).map(({ label, ...values }) => {
      const { label: _, ...known } = before?.labels.find((entry) => entry.label === label) ?? { label };
      return { label, before: known, after: values };
    }),
  };
}
