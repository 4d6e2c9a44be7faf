import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A folder with one file. */
export function templateOf(folder: string, name: string, bytes: Uint8Array | string): string {
  const template = join(folder, name.replaceAll('.', '-'));
  const path = join(template, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return template;
}

/** A copy of a folder, under a name that the template has in it. */
export function templateFrom(folder: string, name: string, from: string): string {
  const template = join(folder, `template-${name}`);
  cpSync(from, join(template, name), { recursive: true });
  return template;
}
