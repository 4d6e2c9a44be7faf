import { type ChosenSimilarity, chooseSimilarity } from './registry.ts';

/** The default loss of an alignment. */
export const ALIGNMENT_LOSS = 'nmi';

/** Options that suit the coarse grids of an alignment better than a loss's own. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { ncc: { window: 5 } };

/**
 * A similarity for an alignment, with options that suit its grids where none are given.
 * @throws UserError for an unknown name or a wrong option
 */
export function alignmentSimilarity(
  name: string = ALIGNMENT_LOSS,
  options: Readonly<Record<string, unknown>> = {},
): ChosenSimilarity {
  return chooseSimilarity(name, { ...OPTIONS[name], ...options });
}
