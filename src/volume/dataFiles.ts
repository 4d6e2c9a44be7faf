import { UserError } from '../errors.ts';
import type { FileSource } from './fileSource.ts';
import { isGzip, unpack } from './gzip.ts';
import type { StoredArray } from './storedImage.ts';
import { assertVoxels, assertWorkable, bytesOf, decodeVoxels, parseNumbers, type VoxelLayout } from './voxels.ts';

/** What is needed of files to read those that a header names. */
export type HeaderFiles = Pick<FileSource, 'read' | 'exists'>;

/**
 * How voxels are written: as they are, packed by gzip or zlib (told from the data), as hexadecimal digits, or as
 * numbers in words.
 */
export type Encoding = 'raw' | 'packed' | 'hex' | 'text';

/** Where the voxels of an image lie and how they are written. */
export interface VoxelData {
  readonly layout: VoxelLayout;
  readonly encoding: Encoding;
  /** Bytes before the voxels, after unpacking; −1: the voxels end where the file ends. */
  readonly skip: number;
  /** The data in the header's own file, or the names of files that each hold an equal share, in their order. */
  readonly source: Uint8Array | readonly string[];
  /** Takes off what stands before the data, before unpacking; default: nothing. */
  readonly begin?: (bytes: Uint8Array, name: string) => Uint8Array;
}

/**
 * Reads the voxels that a header announces.
 * @param name the header's path, beside which its data files lie.
 * @throws UserError when a file is missing, cut short or damaged, or there are too many voxels
 */
export async function readVoxels(data: VoxelData, name: string, files: HeaderFiles): Promise<StoredArray> {
  const { layout, source, begin = (bytes) => bytes } = data;
  assertVoxels(layout, Number.POSITIVE_INFINITY, name);
  assertWorkable(layout.shape, name);
  if (source instanceof Uint8Array)
    return decodeVoxels(await part(begin(source, name), data, layout, name), layout, name);
  const share = shareOf(layout, source.length, name);
  if (source.length === 1) {
    const path = beside(name, source[0]!);
    return decodeVoxels(await part(begin(await readBeside(name, path, files), path), data, layout, path), layout, path);
  }
  const all = new Uint8Array(bytesOf(layout));
  for (const [n, file] of source.entries()) {
    const path = beside(name, file);
    const bytes = await part(begin(await readBeside(name, path, files), path), data, share, path);
    assertVoxels(share, bytes.length, path);
    all.set(bytes.subarray(0, bytesOf(share)), n * bytesOf(share));
  }
  return decodeVoxels(all, layout, name);
}

/** The layout of one of several files that share the voxels, whole slices or more each. */
function shareOf(layout: VoxelLayout, files: number, name: string): VoxelLayout {
  const shape = [...layout.shape];
  let left = files;
  for (let axis = shape.length - 1; axis >= 0 && left > 1; axis--) {
    const taken = left >= shape[axis]! ? shape[axis]! : left;
    if (shape[axis]! % taken !== 0 || left % taken !== 0) break;
    shape[axis]! /= taken;
    left /= taken;
  }
  if (left !== 1)
    throw new UserError(
      `${name} names ${files} data files, which cannot share ${layout.shape.join('×')} voxels evenly; correct its header.`,
    );
  return { ...layout, shape };
}

/** The bytes of the voxels, or of a share of them: unpacked, and without what stands before them. */
async function part(bytes: Uint8Array, data: VoxelData, layout: VoxelLayout, name: string): Promise<Uint8Array> {
  const { encoding, skip } = data;
  const length = bytesOf(layout);
  if (encoding === 'text') return parseNumbers(new TextDecoder().decode(bytes), layout, name);
  if (encoding === 'packed')
    return unpack(bytes, name, isGzip(bytes) ? 'gzip' : 'deflate', (_, most) => {
      assertVoxels(layout, most - skip, name);
      return { from: skip, to: skip + length };
    });
  const raw = encoding === 'hex' ? fromHex(bytes, name) : bytes;
  assertVoxels(layout, raw.length - Math.max(skip, 0), name);
  const from = skip < 0 ? raw.length - length : skip;
  return raw.subarray(from, from + length);
}

async function readBeside(header: string, path: string, files: HeaderFiles): Promise<Uint8Array> {
  if (/[\p{Cc}\ufffd]/u.test(path) || /[/\\]$/.test(path))
    throw new UserError(`${header} is damaged: the name of its data file is not a file name; export it again.`);
  if (await files.exists(path)) return files.read(path);
  throw new UserError(`${header} has its voxels in ${path}, which is missing; copy that file there too.`);
}

/** The path of a file that a header names, relative to the header's folder. */
function beside(header: string, file: string): string {
  return /^(\/|[A-Za-z]:[\\/])/.test(file) ? file : header.replace(/[^/\\]*$/, file);
}

/** The names that a C pattern makes of numbers: `slice%03d.raw 1 20 1`; undefined where the text is no such pattern. */
export function numberedNames(text: string, most: number, name: string): string[] | undefined {
  const [, before, width, after, ...numbers] =
    /^(.*)%(\d*)d(\S*)\s+(-?\d+)\s+(-?\d+)(?:\s+(-?\d+))?(?:\s+\d+)?$/.exec(text) ?? [];
  if (before === undefined) return undefined;
  const [from, to, step] = [Number(numbers[0]), Number(numbers[1]), Number(numbers[2] ?? 1)] as const;
  const count = Math.floor((to - from) / step) + 1;
  if (!(count >= 1 && count <= most))
    throw new UserError(
      `${name} names ${count >= 1 ? count : 'no'} data files (${text}), but has ${most} rows of voxels; correct its header.`,
    );
  const padding = width!.startsWith('0') ? '0' : ' ';
  return Array.from(
    { length: count },
    (_, n) => before + String(from + n * step).padStart(Number(width), padding) + after,
  );
}

function fromHex(bytes: Uint8Array, name: string): Uint8Array {
  const out = new Uint8Array(bytes.length >> 1);
  let digits = 0;
  for (const byte of bytes) {
    if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)) continue;
    const digit = Number.parseInt(String.fromCharCode(byte), 16);
    if (Number.isNaN(digit))
      throw new UserError(`${name} is damaged: its hexadecimal data holds another character; copy the file again.`);
    out[digits >> 1]! |= digits % 2 === 0 ? digit << 4 : digit;
    digits++;
  }
  return out.subarray(0, digits >> 1);
}
