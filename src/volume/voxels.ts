import { UserError } from '../errors.ts';
import { copyBytes, hostIsLittleEndian, reverseElements } from './byteOrder.ts';
import type { StoredArray } from './storedImage.ts';

type BinaryArray = StoredArray | BigInt64Array | BigUint64Array;
interface BinaryType {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): BinaryArray;
}

const types = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const satisfies Record<string, BinaryType>;

/** The types of voxels that are read. */
export type ElementType = keyof typeof types;

/** How voxels lie in the bytes of a file, as its header announces it. */
export interface VoxelLayout {
  /** Voxels along every axis; those of the first follow each other. */
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly littleEndian: boolean;
}

/** So many voxels are read at most: 1024 along each axis. As 32-bit floats they take 4.3 GB. */
const MOST_VOXELS = 2 ** 30;

/** The bytes that voxels take. */
export function bytesOf({ shape, type }: VoxelLayout): number {
  return shape.reduce((product, n) => product * n, types[type].BYTES_PER_ELEMENT);
}

/**
 * Demands that there are voxels, and as many as a header announces.
 * @param there bytes in which they would have to be.
 * @throws UserError
 */
export function assertVoxels(layout: VoxelLayout, there: number, name: string): void {
  const shape = layout.shape.join('×');
  if (!layout.shape.every((n) => Number.isInteger(n) && n > 0))
    throw new UserError(`${name} has an axis without voxels (${shape}); give a volume that is not empty.`);
  const needed = bytesOf(layout);
  if (needed > there)
    throw new UserError(
      `${name} is cut short: its header announces ${shape} voxels, ${readableBytes(needed)}, but the file has room for ${readableBytes(there)}; copy the file again.`,
    );
}

/**
 * Demands that there are no more voxels than can be worked with.
 * @throws UserError
 */
export function assertWorkable(shape: readonly number[], name: string): void {
  if (shape.reduce((product, n) => product * n, 1) > MOST_VOXELS)
    throw new UserError(
      `${name} has ${shape.join('×')} voxels, and at most ${MOST_VOXELS} are possible; resample it to larger voxels.`,
    );
}

/**
 * Decodes voxels, which lie at the beginning of the bytes; 64-bit integers become doubles.
 * @throws UserError when they are not all there, or too many
 */
export function decodeVoxels(bytes: Uint8Array, layout: VoxelLayout, name: string): StoredArray {
  assertVoxels(layout, bytes.length, name);
  assertWorkable(layout.shape, name);
  const Type: BinaryType = types[layout.type];
  const copy = copyBytes(bytes, 0, bytesOf(layout));
  if (layout.littleEndian !== hostIsLittleEndian) reverseElements(copy, Type.BYTES_PER_ELEMENT);
  const array = new Type(copy.buffer);
  return array instanceof BigInt64Array || array instanceof BigUint64Array ? toDoubles(array) : array;
}

/**
 * Reads voxels that are written as numbers, with blanks or commas between them.
 * @returns their bytes in the layout's type and byte order
 * @throws UserError when there are too few, or a word is no number
 */
export function parseNumbers(text: string, layout: VoxelLayout, name: string): Uint8Array {
  const count = bytesOf(layout) / types[layout.type].BYTES_PER_ELEMENT;
  const short = (there: number) =>
    new UserError(
      `${name} is cut short: its header announces ${layout.shape.join('×')} voxels, but there are ${there} numbers; copy the file again.`,
    );
  if (text.length < 2 * count - 1) throw short(Math.ceil(text.length / 2));
  const Type: BinaryType = types[layout.type];
  const values = new Type(new ArrayBuffer(bytesOf(layout)));
  const words = text.matchAll(/[^\s,]+/g);
  for (let i = 0; i < count; i++) {
    const word = words.next().value?.[0];
    if (word === undefined) throw short(i);
    const value = Number(
      word.replace(/^([+-]?)(nan|inf)$/i, (_, sign, kind) => (/nan/i.test(kind) ? 'NaN' : `${sign}Infinity`)),
    );
    if (Number.isNaN(value) && !/^[+-]?nan$/i.test(word))
      throw new UserError(
        `${name} is damaged: it has "${word.slice(0, 20)}" in place of a number; copy the file again.`,
      );
    values[i] =
      values instanceof BigInt64Array || values instanceof BigUint64Array ? BigInt(Math.trunc(value) || 0) : value;
  }
  const bytes = new Uint8Array(values.buffer);
  if (layout.littleEndian !== hostIsLittleEndian) reverseElements(bytes, Type.BYTES_PER_ELEMENT);
  return bytes;
}

function toDoubles(array: BigInt64Array | BigUint64Array): Float64Array {
  const out = new Float64Array(array.length);
  for (let i = 0; i < array.length; i++) out[i] = Number(array[i]!);
  return out;
}

/** A number of bytes with three digits and a unit: `1.50 MB`. */
export function readableBytes(bytes: number): string {
  if (bytes < 1) return 'no bytes';
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  const unit = Math.min(Math.floor(Math.log10(bytes) / 3), 6);
  return `${unit === 0 ? bytes : (bytes / 1000 ** unit).toPrecision(3)} ${units[unit]}`;
}
