import { slice, sumOfChunks, type Tensor } from '../../graph/index.ts';

/** Elements that one chunk of directions may hold. */
const CHUNK = 2 ** 24;

/**
 * Sum over chunks of directions [L, m], in memory that does not depend on their number.
 * @param sources what the gradient goes to
 * @param elementsEach elements of the largest tensor that one direction needs
 * @param build a scalar from some of the directions
 */
export function overDirections(
  sources: readonly Tensor[],
  directions: Tensor,
  elementsEach: number,
  build: (directions: Tensor) => Tensor,
): Tensor {
  const [count] = directions.shape as readonly [number];
  const most = Math.max(1, Math.floor(CHUNK / elementsEach));
  const each = Math.ceil(count / Math.ceil(count / most));
  const starts = Array.from({ length: Math.ceil(count / each) }, (_, k) => k * each);
  return sumOfChunks(
    sources,
    starts.map((start) => () => build(slice(directions, 0, start, Math.min(count, start + each)))),
  );
}
