import { describe, expect, it } from 'vitest';
import { readText } from '../../src/dataset/textFile.ts';
import { UserError } from '../../src/errors.ts';
import type { FileSource } from '../../src/volume/fileSource.ts';

const holding = (bytes: Uint8Array, size?: number): FileSource => ({
  read: async () => bytes,
  list: async () => [],
  exists: async () => true,
  ...(size === undefined ? {} : { size: async () => size }),
});

describe('readText', () => {
  it('reads UTF-8, without a byte order mark', async () => {
    expect(await readText('p', holding(new TextEncoder().encode('\uFEFFfixed,möving')))).toBe('fixed,möving');
  });

  it.each([
    ['Latin-1', Uint8Array.of(0x66, 0xfc, 0x72)],
    ['UTF-16', new Uint8Array(Buffer.from('\uFEFFfixed,moving', 'utf16le'))],
    ['UTF-16 without a mark', new Uint8Array(Buffer.from('fixed,moving', 'utf16le'))],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0)],
  ])('refuses %s', async (_, bytes) => {
    await expect(readText('p.csv', holding(bytes))).rejects.toThrow(
      new UserError("'p.csv' is not UTF-8 text: give a text file, and save it as UTF-8."),
    );
  });

  it('refuses what is too large, before it is read where the size is known', async () => {
    const large = 64 * 2 ** 20 + 1;
    const unread = { ...holding(new Uint8Array(), large), read: () => Promise.reject(new Error('read')) };
    await expect(readText('p.csv', unread)).rejects.toThrow(
      /^'p.csv' has 65 MB, and such a text may have at most 64 MB/,
    );
    await expect(readText('p.csv', holding(new Uint8Array(large)))).rejects.toThrow(UserError);
  });
});
