import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../../src', import.meta.url));

/** One import of the project's source. */
export interface Import {
  /** Path from src of the importing file. */
  readonly from: string;
  /** Path from src for the project's own files, the name as it is written for packages. */
  readonly to: string;
}

/** Every TypeScript file of src by its path from there. */
export const sourceFiles: readonly string[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.split(sep).join('/'));

/** The text of a file of src. */
export function sourceText(name: string): string {
  return readFileSync(join(src, name), 'utf8');
}

const FIXED = /^(?:import\s*|(?:import|export)\s[^'"`;=]*?\sfrom\s*)['"]([^'"\n]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"\n]+)['"]/g;

/** Every import of src, of types too, and those that are made when they are reached. */
export const sourceImports: readonly Import[] = sourceFiles.flatMap((from) => {
  const text = sourceText(from);
  return [...text.matchAll(FIXED), ...text.matchAll(DYNAMIC)].map((match) => {
    const name = match[1] as string;
    return {
      from,
      to: name.startsWith('.')
        ? normalize(join(dirname(from), name))
            .split(sep)
            .join('/')
        : name,
    };
  });
});
