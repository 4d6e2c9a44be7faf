import { UserError } from '../../src/errors.ts';
import type { HeaderFiles } from '../../src/volume/dataFiles.ts';

/** Files in memory, by path. */
export function filesOf(files: Readonly<Record<string, Uint8Array>> = {}): HeaderFiles {
  return {
    read: async (path) => {
      const bytes = files[path];
      if (!bytes) throw new UserError(`${path} cannot be read.`);
      return bytes;
    },
    exists: async (path) => path in files,
  };
}

/** The lines, a line feed behind each, and the bytes. */
export function headed(lines: readonly string[], bytes: Uint8Array = new Uint8Array()): Uint8Array {
  return Buffer.concat([Buffer.from(lines.map((line) => `${line}\n`).join('')), bytes]);
}

/** 24 voxels of 2×3×4, and their bytes. */
export const voxels = Int16Array.from({ length: 24 }, (_, i) => 37 * i - 100);
export const little = new Uint8Array(voxels.buffer);
export const big = new Uint8Array(Buffer.from(little).swap16());

/** A number's signs of zero made alike. */
export const plain = (numbers: readonly number[]): number[] => numbers.map((value) => value + 0);
