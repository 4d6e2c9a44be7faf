import { closeSync, mkdirSync, openSync } from 'node:fs';
import { link, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { reasonOf } from './reason.ts';
import { forgetTemporary, rememberTemporary } from './temporaries.ts';

/** What a file is written from: all of it, or its pieces as they come. */
type Content = Uint8Array | string | AsyncIterable<Uint8Array>;

/**
 * Writes a file so that it is either complete or not there: into a temporary file beside it, which is then renamed. Its
 * content is on the disk before its name is, so that a machine that goes down leaves the one or the other too. Missing
 * folders are made.
 * @throws UserError when the file cannot be written.
 */
export async function writeAtomically(path: string, content: Content): Promise<void> {
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

/** Waits until the names in a folder are on the disk. What has no such thing, as Windows, goes without. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

/** Whether a name is that of a file which {@link writeAtomically} has not finished. */
export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/** Removes what killed processes of this machine left half-written in a folder. */
export async function removeTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  const left = names.filter((name) => isTemporary(name) && !isRunning(Number(TEMPORARY.exec(name)?.[1])));
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process may not be asked.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const TEMPORARY = /^\..+\.(\d+)-\d+\.tmp$/;

async function write(
  path: string,
  content: Content,
  place: (temporary: string, target: string) => Promise<void>,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${counter++}.tmp`);
  try {
    rememberTemporary(temporary);
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(temporary, 'wx'));
    const file = await open(temporary, 'r+');
    try {
      await writeFile(file, content);
      await file.sync();
    } finally {
      await file.close();
    }
    await place(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new UserError(`${path} cannot be written (${reasonOf(error)}); choose another output path.`, {
      cause: error,
    });
  } finally {
    forgetTemporary(temporary);
  }
}

let counter = 0;
