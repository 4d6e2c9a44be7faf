import { access, readdir, readFile, stat } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import type { FileSource } from '../volume/fileSource.ts';
import { reasonOf } from './reason.ts';

/**
 * Files on this machine's disks.
 * @example const dataset = await openDataset('scans', nodeFiles())
 */
export function nodeFiles(): FileSource {
  return { read: readBytes, list, exists, size };
}

/** Texts that people or programs write for us are far smaller; what is larger is another kind of file. */
const MOST_TEXT = 64 * 2 ** 20;

/**
 * Reads a text of at most 64 MB.
 * @throws UserError when it is larger, and as {@link readBytes}
 */
export async function readText(path: string): Promise<string> {
  const bytes = await size(path);
  if (bytes > MOST_TEXT)
    throw new UserError(
      `${path} has ${Math.ceil(bytes / 2 ** 20)} MB, and such a text may have at most 64 MB; give the right file, or split it.`,
    );
  return new TextDecoder().decode(await readBytes(path));
}

/**
 * Reads a whole file.
 * @throws UserError when it is missing, a folder, a device, or cannot be read.
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  await size(path);
  return readFile(path).catch((error: unknown) => refuse(path, reasonOf(error), error));
}

/** Throws the UserError that {@link readBytes} would, without reading the file. */
export async function assertFile(path: string): Promise<void> {
  await size(path);
}

async function size(path: string): Promise<number> {
  const found = await stat(path).catch((error: unknown) => refuse(path, reasonOf(error), error));
  if (found.isDirectory()) refuse(path, 'it is a folder');
  if (found.isCharacterDevice() || found.isBlockDevice()) refuse(path, 'it is a device');
  return found.size;
}

function refuse(path: string, reason: string, cause?: unknown): never {
  throw new UserError(`${path} cannot be read (${reason}); give the path of a file.`, { cause });
}

async function list(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).sort();
  } catch (error) {
    throw new UserError(`${dir} cannot be listed (${reasonOf(error)}); give the path of a folder.`, { cause: error });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
