import { link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { reasonOf } from './reason.ts';

/**
 * Writes a file so that it is either complete or not there: into a temporary file beside it, which is then renamed.
 * Missing folders are made.
 * @throws UserError when the file cannot be written.
 */
export async function writeAtomically(path: string, content: Uint8Array | string): Promise<void> {
  await write(path, content, rename);
}

/**
 * The same for a file that must be written by one process only: where it is there already, it stays as it is.
 * @returns whether this call wrote it
 * @throws UserError when the file cannot be written.
 */
export async function writeOnce(path: string, content: Uint8Array | string): Promise<boolean> {
  let first = true;
  await write(path, content, async (temporary, target) => {
    await link(temporary, target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      first = false;
    });
    await rm(temporary);
  });
  return first;
}

async function write(
  path: string,
  content: Uint8Array | string,
  place: (temporary: string, target: string) => Promise<void>,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${counter++}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, content);
    await place(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new UserError(`${path} cannot be written (${reasonOf(error)}); choose another output path.`);
  }
}

let counter = 0;
