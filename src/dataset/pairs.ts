import { UserError } from '../errors.ts';
import { randomStream } from '../random.ts';
import { sorted } from './paths.ts';

/** Two cases by their ids: the moving image is brought onto the fixed one. */
export interface Pair {
  readonly fixed: string;
  readonly moving: string;
}

function checkIds(ids: readonly string[]): string[] {
  const unique = sorted(new Set(ids));
  if (unique.length !== ids.length) throw new UserError('A case is listed twice: give every case once.');
  if (unique.length < 2) {
    throw new UserError(`Pairs need at least 2 cases, and there ${ids.length === 1 ? 'is 1' : 'are none'}: add cases.`);
  }
  return unique;
}

/** The `index`-th of the n·(n-1) ordered pairs of different cases. */
function pairAt(ids: readonly string[], index: number): Pair {
  const others = ids.length - 1;
  const fixed = Math.floor(index / others);
  const moving = index % others;
  return { fixed: ids[fixed]!, moving: ids[moving < fixed ? moving : moving + 1]! };
}

/** Every case once as fixed, in random order, each with a random different moving case. */
function onePerCase(ids: readonly string[], seed: number, path: readonly (string | number)[]): Pair[] {
  const random = randomStream(seed, 'pairs', ...path);
  const others = ids.length - 1;
  const pairs = ids.map((_, fixed) => pairAt(ids, fixed * others + random.integer(others)));
  return random.shuffle(pairs);
}

/**
 * The pairs of one training epoch: every case once as the fixed image with a random different moving case, in random
 * order. Another epoch gives another draw; the order of `ids` does not matter.
 * Randomness: the stream (`seed`, 'pairs', 'training', `epoch`).
 *
 * @throws UserError for fewer than two cases or a repeated id.
 * @example const pairs = trainingPairs(ids, 1, 7)
 */
export function trainingPairs(ids: readonly string[], seed: number, epoch: number): Pair[] {
  return onePerCase(checkIds(ids), seed, ['training', epoch]);
}

/** The two images of each case, of datasets in which every case holds a pair. In ascending order of id. */
export function ownPairs(ids: readonly string[]): Pair[] {
  return sorted(ids).map((id) => ({ fixed: id, moving: id }));
}

/**
 * One training epoch of such pairs: each once, in random order. Randomness: as {@link trainingPairs}.
 */
export function trainingOwnPairs(ids: readonly string[], seed: number, epoch: number): Pair[] {
  return randomStream(seed, 'pairs', 'training', epoch).shuffle(ownPairs(ids));
}

/**
 * Pairs that stay the same for the whole experiment, for validation and test: one per case as fixed, or `count`
 * different ordered pairs drawn without replacement. Another `name` gives another draw.
 * Randomness: the stream (`seed`, 'pairs', 'fixed', `name`).
 *
 * @throws UserError for fewer than two cases, a repeated id, or more pairs asked for than exist.
 * @example const pairs = fixedPairs(ids, 1, 'test', 40)
 */
export function fixedPairs(ids: readonly string[], seed: number, name: string, count?: number): Pair[] {
  const unique = checkIds(ids);
  if (count === undefined) return onePerCase(unique, seed, ['fixed', name]);
  const possible = unique.length * (unique.length - 1);
  if (!Number.isInteger(count) || count < 1 || count > possible) {
    throw new UserError(
      `${unique.length} cases make ${possible} different pairs, not ${count}: ask for 1 to ${possible} pairs.`,
    );
  }
  // Floyd's sampling: `count` different indices out of all pairs without listing them.
  const random = randomStream(seed, 'pairs', 'fixed', name);
  const chosen = new Set<number>();
  for (let last = possible - count; last < possible; last++) {
    const index = random.integer(last + 1);
    chosen.add(chosen.has(index) ? last : index);
  }
  return random.shuffle([...chosen]).map((index) => pairAt(unique, index));
}
