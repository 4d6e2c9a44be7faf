import { createRequire } from 'node:module';
import { UserError } from '../errors.ts';

/**
 * Makes sure of optional packages: those that few need, and that are not installed along.
 * @param what needs them, the subject of the sentence in the plural
 * @throws UserError that says how to install what is missing
 */
export function assertInstalled(names: readonly string[], what: string): void {
  const { resolve } = createRequire(import.meta.url);
  const missing = names.filter((name) => {
    try {
      resolve(name);
      return false;
    } catch (error) {
      // A package that is only for import is there, but not found so.
      return (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND';
    }
  });
  if (missing.length > 0)
    throw new UserError(
      `${what} need ${missing.join(' and ')}, not installed here; where earthmorph is installed, run: npm install ${missing.join(' ')}`,
    );
}
