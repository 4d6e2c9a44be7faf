import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.ts';

/** A file that a command reads or writes. */
export interface NamedFile {
  /** What the user knows it by: an option, `the list of pairs`. */
  readonly name: string;
  readonly path: string;
}

/** File systems of these take upper and lower case, and composed and decomposed letters, for the same. */
const FOLDS_CASE = process.platform === 'darwin' || process.platform === 'win32';

/**
 * Checks, before work begins, that no output would replace another or an input, however the paths are spelled and
 * whatever links lead there.
 * @throws UserError that names the two
 */
export async function assertDistinctFiles(
  outputs: readonly NamedFile[],
  inputs: readonly NamedFile[] = [],
): Promise<void> {
  const place = places();
  const written = new Map<string, NamedFile>();
  for (const output of outputs) {
    const key = await place(output.path);
    const other = written.get(key);
    if (other)
      throw new UserError(
        `${other.name} and ${output.name} are the same file, ${output.path}; give each its own path.`,
      );
    written.set(key, output);
  }
  for (const input of inputs) {
    const output = written.get(await place(input.path));
    if (output) throw new UserError(`${output.name} would overwrite ${input.name}, ${input.path}; give another path.`);
  }
}

/** A function that gives the place of a path on disk; each folder is looked up once. */
function places(): (path: string) => Promise<string> {
  const folders = new Map<string, Promise<string>>();
  const folderOf = (folder: string): Promise<string> => {
    const known = folders.get(folder) ?? realFolder(folder);
    folders.set(folder, known);
    return known;
  };
  const realFolder = async (folder: string): Promise<string> =>
    realpath(folder).catch(async () =>
      dirname(folder) === folder ? folder : join(await folderOf(dirname(folder)), basename(folder)),
    );
  return async (path) => {
    const full = resolve(path);
    const real = await realpath(full).catch(async () => join(await folderOf(dirname(full)), basename(full)));
    return FOLDS_CASE ? real.normalize('NFC').toLowerCase() : real;
  };
}
