import { UserError } from '../../errors.ts';
import type { Tensor } from '../../graph/index.ts';
import { checked } from '../../schema.ts';
import { bendingEnergy } from './bendingEnergy.ts';
import { diffusion } from './diffusion.ts';
import { folding } from './folding.ts';
import type { Deformation, Regulariser } from './regulariser.ts';

const known = new Map<string, Regulariser<never>>();

/**
 * Makes a regulariser known by its name to training, refinement and the command line.
 * @example registerRegulariser(regulariser)
 */
export function registerRegulariser<Options>(regulariser: Regulariser<Options>): void {
  known.set(regulariser.name, regulariser as Regulariser<never>);
}

registerRegulariser(diffusion);
registerRegulariser(bendingEnergy);
registerRegulariser(folding);

/**
 * All regularisers by name.
 * @example const names = [...regularisers().keys()]
 */
export function regularisers(): ReadonlyMap<string, Regulariser<never>> {
  return known;
}

/** The name of the default regulariser. */
export const DEFAULT_REGULARISER = diffusion.name;

/** A regulariser with its options settled. */
export interface ChosenRegulariser {
  readonly regulariser: Regulariser<never>;
  readonly options: never;
}

/**
 * Finds a regulariser and checks its options.
 * @throws UserError for an unknown name or a wrong option
 * @example const bending = chooseRegulariser('bending')
 */
export function chooseRegulariser(
  name: string = DEFAULT_REGULARISER,
  options: Readonly<Record<string, unknown>> = {},
): ChosenRegulariser {
  const regulariser = known.get(name);
  if (!regulariser)
    throw new UserError(`There is no regulariser "${name}"; choose one of ${[...known.keys()].join(', ')}.`);
  return { regulariser, options: checked(`regulariser "${name}"`, 'option', regulariser.options, options) };
}

/** Builds the penalty, a scalar (shape []). */
export function buildRegulariser({ regulariser, options }: ChosenRegulariser, deformation: Deformation): Tensor {
  return regulariser.build(deformation, options);
}
