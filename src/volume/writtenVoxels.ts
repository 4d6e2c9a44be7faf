import { UserError } from '../errors.ts';
import { hostIsLittleEndian, reverseElements } from './byteOrder.ts';
import { voxelCount } from './checks.ts';
import type { Labels, Volume, Warp } from './grid.ts';

/** The types in which voxels are written. */
export type WrittenType = 'uint8' | 'int16' | 'uint16' | 'int32' | 'float32';

/** 1 for a volume or labels, 3 for a warp. */
export function valuesPerVoxel(image: Volume | Labels | Warp): 1 | 3 {
  const count = voxelCount(image);
  if (image.data.length === count) return 1;
  if (image.data.length === 3 * count) return 3;
  throw new RangeError(`${image.data.length} values do not fill a grid of ${image.size.join('×')} voxels.`);
}

/**
 * The bytes of voxels, little endian: floats stay, labels get the smallest type that holds them.
 * @throws UserError when a value is not a number
 */
export function writtenVoxels(values: Float32Array | Int32Array): {
  readonly bytes: Uint8Array;
  readonly type: WrittenType;
} {
  const { data, type } = stored(values);
  if (hostIsLittleEndian) return { bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), type };
  const bytes = new Uint8Array(data.slice().buffer);
  reverseElements(bytes, data.BYTES_PER_ELEMENT);
  return { bytes, type };
}

function stored(data: Float32Array | Int32Array): {
  readonly data: Uint8Array | Int16Array | Uint16Array | Int32Array | Float32Array;
  readonly type: WrittenType;
} {
  if (data instanceof Float32Array) {
    if (!data.every(Number.isFinite))
      throw new UserError(
        'The result has values that are not numbers, so it is not written; check the images and the model.',
      );
    return { data, type: 'float32' };
  }
  let min = 0;
  let max = 0;
  for (const label of data) {
    if (label < min) min = label;
    if (label > max) max = label;
  }
  if (min >= 0 && max <= 0xff) return { data: Uint8Array.from(data), type: 'uint8' };
  if (min >= -0x8000 && max <= 0x7fff) return { data: Int16Array.from(data), type: 'int16' };
  if (min >= 0 && max <= 0xffff) return { data: Uint16Array.from(data), type: 'uint16' };
  return { data, type: 'int32' };
}
