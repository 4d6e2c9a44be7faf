import { z } from 'zod';
import { UserError } from '../errors.ts';
import { Graph } from '../graph/index.ts';
import { mse } from './mse.ts';
import { ncc } from './ncc.ts';
import { pswd } from './pswd.ts';
import { radon } from './radon.ts';
import { radonProfiles } from './radonProfiles.ts';
import { RandomInputs, type Similarity } from './similarity.ts';
import { swd } from './swd.ts';

const known = new Map<string, Similarity<never>>();

/** Makes a similarity known by its name to training, registration and the command line. */
export function registerSimilarity<Options>(similarity: Similarity<Options>): void {
  known.set(similarity.name, similarity as Similarity<never>);
}

registerSimilarity(mse);
registerSimilarity(ncc);
registerSimilarity(swd);
registerSimilarity(radon);
registerSimilarity(pswd);
registerSimilarity(radonProfiles);

/** All similarities by name. */
export function similarities(): ReadonlyMap<string, Similarity<never>> {
  return known;
}

/** A similarity with its options settled. */
export interface ChosenSimilarity {
  readonly similarity: Similarity<never>;
  readonly options: never;
}

/**
 * Finds a similarity and checks its options.
 * @throws UserError for an unknown name or a wrong option
 */
export function chooseSimilarity(name: string, options: Readonly<Record<string, unknown>> = {}): ChosenSimilarity {
  const similarity = known.get(name);
  if (!similarity) throw new UserError(`There is no loss "${name}"; choose one of ${[...known.keys()].join(', ')}.`);
  const parsed = similarity.options.safeParse(options);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const wrong = issue?.code === 'unrecognized_keys' ? unknownOption(similarity, issue.keys[0] as string) : undefined;
    const option = issue?.path.length ? `option "${issue.path[0] as string}" ` : '';
    throw new UserError(
      `The loss "${name}" cannot be used so: ${wrong ?? `${option}${issue?.message ?? 'wrong options'}`}.`,
    );
  }
  return { similarity, options: parsed.data };
}

/**
 * Checks a loss on volumes of an extent, before work begins that it would end.
 * @param extent [D, H, W]
 * @throws UserError when it cannot compare such volumes, for instance because a patch is larger
 */
export function assertFits({ similarity, options }: ChosenSimilarity, extent: readonly [number, number, number]): void {
  const graph = new Graph('check');
  const shape = [1, 1, ...extent];
  similarity.build(graph.input('moved', shape), graph.input('fixed', shape), options, new RandomInputs(graph));
}

function unknownOption({ options }: Similarity<never>, key: string): string {
  const known = Object.keys(z.toJSONSchema(options, { unrepresentable: 'any' }).properties ?? {});
  return `it has no option "${key}", ${known.length > 0 ? `only ${known.join(', ')}` : 'and no other'}`;
}
