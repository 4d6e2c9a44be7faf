import { UserError } from '../../src/errors.ts';
import type { FileSource } from '../../src/volume/fileSource.ts';

/** Files in memory: paths and their text; an object is written as JSON. */
export function memoryFiles(contents: Record<string, string | object>): FileSource {
  const paths = Object.keys(contents);
  return {
    async read(path) {
      const content = contents[path];
      if (content === undefined) throw new UserError(`There is no file '${path}'.`);
      return new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content));
    },
    async list(dir) {
      const prefix = dir === '' ? '' : `${dir}/`;
      const below = paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
      if (below.length === 0) throw new UserError(`There is no folder '${dir}'.`);
      return [...new Set(below.map((path) => path.split('/')[0]!))].sort();
    },
    async exists(path) {
      return paths.some((known) => known === path || known.startsWith(`${path}/`));
    },
  };
}
