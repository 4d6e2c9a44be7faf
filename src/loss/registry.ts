import { UserError } from '../errors.ts';
import { mse } from './mse.ts';
import { ncc } from './ncc.ts';
import { pswd } from './pswd.ts';
import { radon } from './radon.ts';
import { radonProfiles } from './radonProfiles.ts';
import type { Similarity } from './similarity.ts';
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
    const where = issue?.path.length ? `option "${issue.path.join('.')}" ` : '';
    throw new UserError(`The loss "${name}" cannot be used so: ${where}${issue?.message ?? 'wrong options'}.`);
  }
  return { similarity, options: parsed.data };
}
