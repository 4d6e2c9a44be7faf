import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Mutation, Seed } from '../format.ts';
import { GZIP_BYTES, insideGzip } from '../mutateBytes.ts';

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

/** A file as it is and packed by gzip, each under its name. */
export function plainAndPacked(
  folder: string,
  [plain, packed]: readonly [string, string],
  bytes: Uint8Array,
  mutations: readonly Mutation[],
  usesOf: (file: string) => Seed['uses'],
): Seed[] {
  const seed = (file: string, content: Uint8Array, harms: readonly Mutation[]): Seed => ({
    ...{ template: templateOf(folder, file, content), target: file, mutations: harms, uses: usesOf(file) },
  });
  return [
    seed(plain, bytes, mutations),
    seed(packed, gzipSync(bytes), [...mutations.map(insideGzip), ...GZIP_BYTES, ...GZIP_BYTES]),
  ];
}
