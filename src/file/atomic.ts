import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { reasonOf } from './reason.ts';

/**
 * Writes a file so that it is either complete or not there: into a temporary file beside it, which is then renamed.
 * Missing folders are made.
 * @throws UserError when the file cannot be written.
 */
export async function writeAtomically(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${counter++}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new UserError(`${path} cannot be written (${reasonOf(error)}); choose another output path.`);
  }
}

let counter = 0;
