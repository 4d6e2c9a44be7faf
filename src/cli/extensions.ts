import { delimiter, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../errors.ts';
import { reasonOf } from '../file/reason.ts';

/** The variable that names modules too; so the processes of trainings get them from the command that starts them. */
const VARIABLE = 'EARTHMORPH_IMPORT';

const FLAG = '--import';

/** Help text of `--import`. */
export const IMPORT_HELP =
  'a module of your own that registers losses, regularisers, networks, measures, generators or layouts; may be repeated';

/**
 * Loads the modules of `--import`, before the commands are defined, so that all of them know what these register.
 * @throws UserError when a module cannot be loaded
 */
export async function loadExtensions(argv: readonly string[]): Promise<void> {
  const named = argv.flatMap((word, n) => {
    if (word.startsWith(`${FLAG}=`)) return [word.slice(FLAG.length + 1)];
    const value = argv[n + 1];
    return word === FLAG && value !== undefined ? [value] : [];
  });
  const inherited = (process.env[VARIABLE] ?? '').split(delimiter).filter((path) => path !== '');
  const modules = [...new Set([...inherited, ...named].map((path) => resolve(path)))];
  for (const path of modules)
    await import(pathToFileURL(path).href).catch((error: unknown) => {
      throw new UserError(
        `The module ${path} cannot be loaded (${reasonOf(error)}); correct it, or leave --import out.`,
      );
    });
  if (modules.length > 0) process.env[VARIABLE] = modules.join(delimiter);
}

/**
 * What a shell needs before a command so that it loads the modules of this one: `VARIABLE=value`; undefined without
 * any.
 */
export function importVariable(): string | undefined {
  const modules = process.env[VARIABLE];
  return modules === undefined || modules === '' ? undefined : `${VARIABLE}=${modules}`;
}
