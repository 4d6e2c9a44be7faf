import type { Graph, Tensor } from '../graph/index.ts';
import { oneHot, softDiceLoss } from '../loss/softDice.ts';
import { warp } from '../network/spatialTransformer.ts';
import type { PreparedVolume } from '../preparation/preprocessing.ts';

/** The labels above 0 of volumes, in ascending order. */
export function labelsOf(volumes: readonly PreparedVolume[]): readonly number[] {
  const found = new Set(volumes.flatMap(({ labels, moving }) => [...new Set(labels), ...new Set(moving?.labels)]));
  found.delete(0);
  return [...found].sort((a, b) => a - b);
}

/**
 * How far the moved labels are from the fixed ones: {@link softDiceLoss} over the inputs `moving_labels` and
 * `fixed_labels`, [1, 1, D, H, W], each label by its place in a list from 1, and `label_weights`, [1, L, 1, 1, 1].
 * @param labels how many there are
 */
export function fedSupervision(graph: Graph, displacement: Tensor, labels: number): Tensor {
  const shape = [1, 1, ...displacement.shape.slice(2)];
  const [moving, fixed] = [graph.input('moving_labels', shape), graph.input('fixed_labels', shape)];
  const moved = warp(oneHot(moving, labels), displacement, 'zeros');
  return softDiceLoss(moved, oneHot(fixed, labels), graph.input('label_weights', [1, labels, 1, 1, 1]));
}

/**
 * What {@link fedSupervision} is fed for a pair. A label counts where both volumes have it; none does where either has
 * no labels at all.
 * @param labels the list that the graph was built for
 */
export function supervisionValues(
  fixed: Pick<PreparedVolume, 'labels' | 'values'>,
  moving: Pick<PreparedVolume, 'labels' | 'values'>,
  labels: readonly number[],
): Record<string, Float32Array> {
  const places = new Map(labels.map((label, index) => [label, index + 1]));
  const placed = ({ labels: own, values }: Pick<PreparedVolume, 'labels' | 'values'>): Float32Array =>
    own ? Float32Array.from(own, (label) => places.get(label) ?? 0) : new Float32Array(values.length);
  const maps = [fixed, moving].map(placed) as [Float32Array, Float32Array];
  const seen = maps.map((map) => new Set(map)) as [Set<number>, Set<number>];
  return {
    fixed_labels: maps[0],
    moving_labels: maps[1],
    label_weights: Float32Array.from(labels, (_, index) => Number(seen.every((map) => map.has(index + 1)))),
  };
}
