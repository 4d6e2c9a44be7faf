/**
 * Where files come from: a disk in Node, a folder the user picked or a web server in the browser.
 * Paths use forward slashes.
 */
export interface FileSource {
  /** The whole file. Throws a UserError that names the file when it is missing or cannot be read. */
  read(path: string): Promise<Uint8Array>;
  /** The names (not paths) of what lies in a folder, sorted. Throws a UserError when the folder is missing. */
  list(dir: string): Promise<string[]>;
  /** Whether a file or a folder of that path exists. */
  exists(path: string): Promise<boolean>;
  /** The bytes of a file, where they are known without reading it; throws as {@link FileSource.read}. */
  size?(path: string): Promise<number>;
}
