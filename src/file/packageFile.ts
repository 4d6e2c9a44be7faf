import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Path of a file that ships with the package, given from the package's root. */
export function packageFile(...parts: readonly string[]): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return join(folder, ...parts);
}

/** URL of a file of another package. A thread needs it, since it finds no packages by their names. */
export function packageUrl(name: string, ...file: readonly string[]): string {
  const places = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const place = places.map((each) => join(each, name)).find((each) => existsSync(each));
  return pathToFileURL(join(place ?? name, ...file)).href;
}
