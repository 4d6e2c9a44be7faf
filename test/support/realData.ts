import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A data set that tests use where it is there. */
export interface RealData {
  /** A path in it. */
  at(...names: string[]): string;
  readonly isHere: boolean;
  /** Behind the name of a test that is skipped. */
  readonly why: string;
}

/**
 * Looks for a data set in the folder that EARTHMORPH_DATA names, `data/` by default.
 * @param names folders that it may have, the usual one first
 * @param holds what must be in it
 * @param how to get it
 */
function find(names: readonly string[], holds: string, how: string): RealData {
  const root = process.env.EARTHMORPH_DATA ?? 'data';
  const folder = names.find((name) => existsSync(join(root, name, holds))) ?? (names[0] as string);
  const isHere = existsSync(join(root, folder, holds));
  return {
    at: (...inside) => join(root, folder, ...inside),
    isHere,
    why: isHere ? '' : ` (skipped: no ${join(root, folder, holds)}; ${how})`,
  };
}

/** The Decathlon's Task04, in the folder that `earthmorph data fetch hippocampus` makes, or in a shorter one. */
export const HIPPOCAMPUS = find(
  ['Task04_Hippocampus', 'hippocampus'],
  'imagesTr',
  'run `earthmorph data fetch hippocampus`, or set EARTHMORPH_DATA',
);

/** RESECT, as far as it is there. */
export const RESECT = find(['RESECT', 'resect'], 'Case24', 'get RESECT, and set EARTHMORPH_DATA');
