import { UserError } from '../errors.ts';
import { adamOptimiser } from './adam.ts';
import { momentum } from './momentum.ts';
import type { Optimiser } from './optimiser.ts';

const known = new Map<string, Optimiser>();

/**
 * Makes an optimiser known by its name to training and the command line.
 * @example registerOptimiser(optimiser)
 */
export function registerOptimiser(optimiser: Optimiser): void {
  known.set(optimiser.name, optimiser);
}

registerOptimiser(adamOptimiser);
registerOptimiser(momentum);

/**
 * All optimisers by name.
 * @example const names = [...optimisers().keys()]
 */
export function optimisers(): ReadonlyMap<string, Optimiser> {
  return known;
}

/** The name of the optimiser where nothing else is said. */
export const DEFAULT_OPTIMISER = adamOptimiser.name;

/** Finds an optimiser. @throws UserError for an unknown name */
export function chooseOptimiser(name: string = DEFAULT_OPTIMISER): Optimiser {
  const optimiser = known.get(name);
  if (!optimiser)
    throw new UserError(`There is no optimiser "${name}"; choose one of ${[...known.keys()].join(', ')}.`);
  return optimiser;
}
