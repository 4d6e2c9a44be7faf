import { UserError } from '../errors.ts';
import { add, divide, type Graph, multiply, square, subtract, sum, type Tensor } from '../graph/index.ts';
import { oneHot, softDiceLoss } from '../loss/softDice.ts';
import { warp } from '../network/spatialTransformer.ts';
import type { PreparedVolume } from '../preparation/preprocessing.ts';
import { correspondingPoints } from '../volume/landmarks.ts';
import { applyToPoint, invert, spacingOf } from '../volume/matrix.ts';

/** What a training learns from beside the images. */
type SupervisionKind = 'none' | 'labels' | 'landmarks';

/** The same, as its graph is built for it. */
export type Supervision =
  | { readonly kind: 'labels'; readonly labels: readonly number[] }
  | { readonly kind: 'landmarks'; readonly most: number };

/** A volume with what supervision may know of it. */
type Supervised = Pick<PreparedVolume, 'grid' | 'values' | 'labels' | 'landmarks'>;

/** The labels above 0 of volumes, in ascending order. */
export function labelsOf(volumes: readonly PreparedVolume[]): readonly number[] {
  const found = new Set(volumes.flatMap(({ labels, moving }) => [...new Set(labels), ...new Set(moving?.labels)]));
  found.delete(0);
  return [...found].sort((a, b) => a - b);
}

/**
 * What the training cases have to learn from.
 * @throws UserError where they are to have it, and have none
 */
export function supervisionOf(kind: SupervisionKind, training: readonly PreparedVolume[]): Supervision | undefined {
  if (kind === 'none') return undefined;
  const labels = kind === 'labels' ? labelsOf(training) : [];
  const most = Math.max(0, ...training.map(({ landmarks }) => landmarks?.length ?? 0));
  if ((kind === 'labels' ? labels.length : most) === 0)
    throw new UserError(
      `There are no ${kind} to train on; give data whose training cases have them, or leave --supervise ${kind} out.`,
    );
  return kind === 'labels' ? { kind, labels } : { kind, most };
}

/**
 * The supervised term of a training's loss: {@link softDiceLoss} of the moved labels, or the mean squared distance of
 * moved fixed landmarks and moving ones in mm².
 *
 * Inputs for labels:
 * - `moving_labels`, `fixed_labels`: [1, 1, D, H, W], each label by its place in the list from 1
 * - `label_weights`: [1, L, 1, 1, 1]
 * Inputs for landmarks:
 * - `fixed_points`, `moving_points`: [1, 3, N, 1, 1] in voxels in the order z, y, x
 * - `point_weights`: [1, 1, N, 1, 1]
 * - `voxel`: [1, 3, 1, 1, 1] in mm
 * @param displacement [1, 3, D, H, W] in voxels
 * @param inverse its inverse, if the fixed labels are also moved onto the moving ones; landmarks do not need it
 * @returns a scalar (shape [])
 */
export function fedSupervision(graph: Graph, displacement: Tensor, supervision: Supervision, inverse?: Tensor): Tensor {
  if (supervision.kind === 'labels') {
    const shape = [1, 1, ...displacement.shape.slice(2)];
    const count = supervision.labels.length;
    const moving = oneHot(graph.input('moving_labels', shape), count);
    const fixed = oneHot(graph.input('fixed_labels', shape), count);
    const weights = graph.input('label_weights', [1, count, 1, 1, 1]);
    const there = softDiceLoss(warp(moving, displacement, 'zeros'), fixed, weights);
    if (!inverse) return there;
    return multiply(add(there, softDiceLoss(warp(fixed, inverse, 'zeros'), moving, weights)), 0.5);
  }
  const points = [1, 3, supervision.most, 1, 1];
  const fixed = graph.input('fixed_points', points);
  const weights = graph.input('point_weights', [1, 1, supervision.most, 1, 1]);
  // A sampling at x + u(x) samples at the points when u is what they lack to a row of voxels.
  const row = Float32Array.from({ length: 3 * supervision.most }, (_, n) => (n < supervision.most ? n : 0));
  const there = add(fixed, warp(displacement, subtract(fixed, graph.constant(row, points))));
  const apart = multiply(subtract(there, graph.input('moving_points', points)), graph.input('voxel', [1, 3, 1, 1, 1]));
  return divide(sum(multiply(square(apart), weights)), add(sum(weights), 1e-6));
}

/**
 * What {@link fedSupervision} is fed for a pair. A label counts where both volumes have it; landmarks count where both
 * volumes have them, inside the fixed one's grid.
 */
export function supervisionValues(
  fixed: Supervised,
  moving: Supervised,
  supervision: Supervision,
): Record<string, Float32Array> {
  return supervision.kind === 'labels'
    ? labelValues(fixed, moving, supervision.labels)
    : landmarkValues(fixed, moving, supervision.most);
}

function labelValues(
  fixed: Supervised,
  moving: Supervised,
  labels: readonly number[],
): Record<'fixed_labels' | 'moving_labels' | 'label_weights', Float32Array> {
  const places = new Map(labels.map((label, index) => [label, index + 1]));
  const placed = ({ labels: own, values }: Supervised): Float32Array =>
    own ? Float32Array.from(own, (label) => places.get(label) ?? 0) : new Float32Array(values.length);
  const [fixedMap, movingMap] = [placed(fixed), placed(moving)];
  const [inFixed, inMoving] = [new Set(fixedMap), new Set(movingMap)];
  return {
    fixed_labels: fixedMap,
    moving_labels: movingMap,
    label_weights: Float32Array.from(labels, (_, n) => Number(inFixed.has(n + 1) && inMoving.has(n + 1))),
  };
}

function landmarkValues(fixed: Supervised, moving: Supervised, most: number): Record<string, Float32Array> {
  const [fixedPoints, movingPoints] = [new Float32Array(3 * most), new Float32Array(3 * most)];
  const weights = new Float32Array(most);
  const [x, y, z] = spacingOf(moving.grid.affine);
  if (fixed.landmarks && moving.landmarks) {
    const pairs = correspondingPoints(fixed.landmarks, moving.landmarks);
    const [toFixed, toMoving] = [invert(fixed.grid.affine), invert(moving.grid.affine)];
    pairs.fixed.slice(0, most).forEach((point, n) => {
      const [a, b] = [applyToPoint(toFixed, point), applyToPoint(toMoving, pairs.moving[n] ?? point)];
      for (let axis = 0; axis < 3; axis++) {
        fixedPoints[n + axis * most] = a[2 - axis] ?? 0;
        movingPoints[n + axis * most] = b[2 - axis] ?? 0;
      }
      weights[n] = Number(a.every((at, axis) => at >= 0 && at <= (fixed.grid.size[axis] ?? 0) - 1));
    });
  }
  return {
    fixed_points: fixedPoints,
    moving_points: movingPoints,
    point_weights: weights,
    voxel: Float32Array.of(z, y, x),
  };
}
