import { UserError } from '../errors.ts';
import type { DataWriter } from '../synthesis/generator.ts';
import type { FileSource } from '../volume/fileSource.ts';
import { encodeNifti } from '../volume/nifti.ts';

/**
 * A folder in the origin's private file system, which a browser keeps for a site and shows to nobody else. Paths are
 * relative, with forward slashes. A file is there with its old or its new content, never half-written.
 */
export class StoredFolder implements FileSource {
  private constructor(private readonly handle: FileSystemDirectoryHandle) {}

  /**
   * Opens a folder, and makes it where it is not there.
   * @throws UserError where the browser keeps no files for this page
   */
  static async open(path: string): Promise<StoredFolder> {
    const root = await navigator.storage?.getDirectory?.().catch(() => undefined);
    if (!root || typeof FileSystemFileHandle.prototype.createWritable !== 'function')
      throw new UserError(
        'This browser stores no files for the page, so a training would be lost; use another browser, or a window that is not private.',
      );
    return new StoredFolder(await folderAt(root, path, true));
  }

  async read(path: string): Promise<Uint8Array> {
    const file = await this.file(path);
    if (!file) throw new UserError(`${path} is not there; give the path of a file.`);
    return new Uint8Array(await file.arrayBuffer());
  }

  /** A file, not yet read; undefined where there is none. */
  async file(path: string): Promise<File | undefined> {
    const { folder, name } = split(path);
    try {
      return await (await (await folderAt(this.handle, folder)).getFileHandle(name)).getFile();
    } catch {
      return undefined;
    }
  }

  /** A text; undefined where there is none. */
  async text(path: string): Promise<string | undefined> {
    return (await this.file(path))?.text();
  }

  async list(dir = ''): Promise<string[]> {
    try {
      const names: string[] = [];
      for await (const name of (await folderAt(this.handle, dir)).keys()) names.push(name);
      return names.sort();
    } catch (error) {
      throw new UserError(`${dir} cannot be listed; give the path of a folder.`, { cause: error });
    }
  }

  async exists(path: string): Promise<boolean> {
    return (await this.file(path)) !== undefined || (await this.list(path).catch(() => undefined)) !== undefined;
  }

  async size(path: string): Promise<number> {
    const file = await this.file(path);
    if (!file) throw new UserError(`${path} is not there; give the path of a file.`);
    return file.size;
  }

  /** @throws UserError where the browser gives no more room */
  async write(path: string, content: Uint8Array | Blob | string): Promise<void> {
    const { folder, name } = split(path);
    try {
      const handle = await (await folderAt(this.handle, folder, true)).getFileHandle(name, { create: true });
      const stream = await handle.createWritable();
      await stream.write(content as FileSystemWriteChunkType);
      await stream.close();
    } catch (error) {
      throw new UserError(
        `The browser cannot store more files for this page (${name}: ${(error as Error).message}); remove earlier trainings, or free disk space.`,
        { cause: error },
      );
    }
  }

  /** Removes a file, or a folder with all that is in it. */
  async remove(path: string): Promise<void> {
    const { folder, name } = split(path);
    await (await folderAt(this.handle, folder)).removeEntry(name, { recursive: true });
  }

  /** Where made data go: a folder below this one. */
  writer(below: string): DataWriter {
    const image: DataWriter['image'] = async (path, volume) =>
      this.write(`${below}/${path}`, await encodeNifti(volume, { gzip: path.endsWith('.gz') }));
    return {
      image,
      labels: image as unknown as DataWriter['labels'],
      warp: image as unknown as DataWriter['warp'],
      text: (path, content) => this.write(`${below}/${path}`, content),
    };
  }
}

async function folderAt(
  root: FileSystemDirectoryHandle,
  path: string,
  create = false,
): Promise<FileSystemDirectoryHandle> {
  let folder = root;
  for (const name of path.split('/').filter((step) => step !== ''))
    folder = await folder.getDirectoryHandle(name, { create });
  return folder;
}

function split(path: string): { readonly folder: string; readonly name: string } {
  const end = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(end, 0)), name: path.slice(end + 1) };
}
