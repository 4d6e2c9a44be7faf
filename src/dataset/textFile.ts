import { UserError } from '../errors.ts';
import type { FileSource } from '../volume/fileSource.ts';

/** Lists and descriptions of data sets are far smaller; what is larger is another kind of file. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * Reads a text that describes data: a list of pairs, a JSON file. A byte order mark is dropped.
 *
 * @throws UserError when the file is missing, of more than 64 MB, or no UTF-8 text.
 */
export async function readText(path: string, files: FileSource): Promise<string> {
  refuseLarge(path, await files.size?.(path));
  const bytes = await files.read(path);
  refuseLarge(path, bytes.length);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Said below, as for a text with zero bytes.
  }
  throw new UserError(`'${path}' is not UTF-8 text: give a text file, and save it as UTF-8.`);
}

function refuseLarge(path: string, bytes = 0): void {
  if (bytes > MOST_BYTES)
    throw new UserError(
      `'${path}' has ${Math.ceil(bytes / 2 ** 20)} MB, and such a text may have at most ${MOST_BYTES / 2 ** 20} MB: give the right file, or split it.`,
    );
}
