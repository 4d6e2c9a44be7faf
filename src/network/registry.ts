import { UserError } from '../errors.ts';
import type { FeatureOperators, Tensor } from '../graph/index.ts';
import { checked } from '../schema.ts';
import type { NetworkFamily, Registered } from './family.ts';
import { matching } from './matching.ts';
import type { ParameterSpec } from './parameters.ts';
import { pyramid } from './pyramid.ts';
import { voxelmorph } from './voxelmorph.ts';

const known = new Map<string, NetworkFamily<never>>();

/**
 * Makes a family of networks known by its name to training, model files and the command line.
 * @example registerNetwork(family)
 */
export function registerNetwork<Options>(family: NetworkFamily<Options>): void {
  known.set(family.name, family as unknown as NetworkFamily<never>);
}

registerNetwork(voxelmorph);
registerNetwork(pyramid);
registerNetwork(matching);

/**
 * All families by name.
 * @example const names = [...networks().keys()]
 */
export function networks(): ReadonlyMap<string, NetworkFamily<never>> {
  return known;
}

/** The default family, also of model files that name none. */
export const DEFAULT_NETWORK = voxelmorph.name;

/** A network with its settings decided. */
export interface ChosenNetwork {
  readonly family: NetworkFamily<never>;
  readonly options: never;
}

/**
 * Finds a family of networks and checks its settings.
 * @throws UserError for an unknown name or a wrong setting
 * @example const unet = chooseNetwork('unet')
 */
export function chooseNetwork(
  name: string = DEFAULT_NETWORK,
  settings: Readonly<Record<string, unknown>> = {},
): ChosenNetwork {
  const family = known.get(name);
  if (!family) throw new UserError(`There is no network "${name}"; choose one of ${[...known.keys()].join(', ')}.`);
  return { family, options: checked(`network "${name}"`, 'setting', family.schema, settings) as never };
}

/** The weights of a network, in order; see {@link NetworkFamily.parameters}. */
export function networkParameters(
  { family, options }: ChosenNetwork,
  flowDeviation?: number,
): readonly ParameterSpec[] {
  return family.parameters(options, flowDeviation);
}

/** The computation of a network; see {@link NetworkFamily.build}. */
export function buildNetwork(
  { family, options }: ChosenNetwork,
  moving: Tensor,
  fixed: Tensor,
  parameters: ReadonlyMap<string, Tensor>,
  features: FeatureOperators,
): Registered {
  return family.build(moving, fixed, parameters, options, features);
}

/** A network as JSON: its family and settings, one beside the other. */
export function describeNetwork({ family, options }: ChosenNetwork): Record<string, unknown> {
  return { network: family.name, ...(options as object) };
}
