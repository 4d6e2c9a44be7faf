import { UserError } from '../errors.ts';
import { copyBytes, hostIsLittleEndian, reverseElements } from './byteOrder.ts';
import { assertFinite } from './checks.ts';
import type { Warp } from './grid.ts';
import { gunzip, isGzip } from './gzip.ts';
import { type NiftiHeader, readNiftiHeader } from './niftiHeader.ts';
import { type StoredArray, type StoredImage, scaled } from './storedImage.ts';

export { encodeNifti, type NiftiOptions } from './niftiEncode.ts';
export { toLabels, toVolume } from './storedImage.ts';

/** A 3-D NIfTI image as its file has it. */
export interface NiftiImage extends StoredImage {
  /** NIfTI's intent code: 0 for plain images, 1002 for labels. */
  readonly intent: number;
}

/** NIfTI's intent codes for vectors at each voxel. */
export const intentDisplacement = 1006;
export const intentVector = 1007;

type BinaryArray = StoredArray | BigInt64Array | BigUint64Array;
interface ElementType {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): BinaryArray;
}

const elementTypes: Readonly<Record<number, ElementType>> = {
  2: Uint8Array,
  4: Int16Array,
  8: Int32Array,
  16: Float32Array,
  64: Float64Array,
  256: Int8Array,
  512: Uint16Array,
  768: Uint32Array,
  1024: BigInt64Array,
  1280: BigUint64Array,
};

const refusedTypes: Readonly<Record<number, string>> = {
  1: 'single bits',
  32: 'complex numbers',
  128: 'RGB colours',
  1536: '128-bit floats',
  1792: 'complex numbers',
  2048: 'complex numbers',
  2304: 'RGBA colours',
};

/**
 * Reads a 3-D image from the bytes of a .nii or .nii.gz file: NIfTI-1 and NIfTI-2, either byte order, every integer
 * and float type up to 64 bits. Axes of size 1 after the third are dropped.
 * @param name what messages call the file.
 * @param which the volume of a 4-D file, from 1.
 * @throws UserError when the file is damaged, cut short, not NIfTI, not one 3-D volume of real numbers, or has no such volume.
 */
export async function decodeNifti(bytes: Uint8Array, name: string, which?: number): Promise<NiftiImage> {
  const volumes = await decodeNiftiVolumes(bytes, name);
  if (which === undefined && volumes.length > 1)
    throw new UserError(
      `${name} has 4 dimensions (${volumes[0]?.size.join('×')}×${volumes.length}); give one 3-D volume, or name one of them by its number, as ${name},1.`,
    );
  const found = volumes[(which ?? 1) - 1];
  if (!found)
    throw new UserError(`${name} has no volume ${which}: it holds ${volumes.length}; give a number from 1 on.`);
  return found;
}

/**
 * Reads all volumes of a 3-D or 4-D file.
 * @throws UserError as {@link decodeNifti}
 */
export async function decodeNiftiVolumes(bytes: Uint8Array, name: string): Promise<NiftiImage[]> {
  const { header, file } = await open(bytes, name);
  const shape = withoutTrailingOnes(header.shape);
  if (shape.length !== 3 && shape.length !== 4) {
    const all = header.shape.join('×');
    throw new UserError(`${name} has ${shape.length} dimensions (${all}); give one 3-D volume.`);
  }
  const [nx, ny, nz, count = 1] = shape as [number, number, number, number?];
  const { affine, slope, intercept, intent } = header;
  const data = elements(file, header, name);
  const voxels = nx * ny * nz;
  return Array.from({ length: count }, (_, n) => ({
    name: count === 1 ? name : `${name},${n + 1}`,
    size: [nx, ny, nz],
    affine,
    slope,
    intercept,
    intent,
    data: count === 1 ? data : data.subarray(n * voxels, (n + 1) * voxels),
  }));
}

/**
 * Reads a displacement field from a 5-D NIfTI file, [nx, ny, nz, 1, 3], in millimetres.
 *
 * Intent 1007 (vector) holds LPS components verbatim: so ITK and ANTs write their warps. Intent 1006 (displacement
 * vector) holds RAS components, which ITK turns into LPS from version 5.4 on, and so does this function.
 * @throws UserError when the file is damaged or is not such a field.
 */
export async function decodeWarp(bytes: Uint8Array, name: string): Promise<Warp> {
  const { header, file } = await open(bytes, name);
  const [nx, ny, nz, time, components] = header.shape as [number, number, number, number, number];
  const isVector = header.intent === intentVector || header.intent === intentDisplacement;
  if (header.shape.length !== 5 || time !== 1 || components !== 3 || !isVector) {
    const found = `${header.shape.join('×')}, intent ${header.intent}`;
    throw new UserError(
      `${name} is not a displacement field (${found}); give a NIfTI of nx×ny×nz×1×3 with intent 1007 (LPS, as ANTs writes) or 1006 (RAS).`,
    );
  }
  const { slope, intercept } = header;
  const data = scaled({ data: elements(file, header, name), slope, intercept }, Float32Array);
  assertFinite(data, name);
  if (header.intent === intentDisplacement) {
    for (let i = 0; i < 2 * nx * ny * nz; i++) data[i] = -data[i]!;
  }
  return { size: [nx, ny, nz], affine: header.affine, data };
}

async function open(bytes: Uint8Array, name: string): Promise<{ header: NiftiHeader; file: Uint8Array }> {
  if (bytes.length === 0) throw new UserError(`${name} is empty; copy the file again.`);
  const file = isGzip(bytes) ? await gunzip(bytes, name) : bytes;
  const header = readNiftiHeader(file, name);
  if (header.shape.some((n) => !(n > 0))) {
    throw new UserError(
      `${name} has an axis without voxels (${header.shape.join('×')}); give a volume that is not empty.`,
    );
  }
  return { header, file };
}

function withoutTrailingOnes(shape: readonly number[]): readonly number[] {
  let length = shape.length;
  while (length > 3 && shape[length - 1] === 1) length--;
  return shape.slice(0, length);
}

/** The voxels, copied out of the file after a check that they are all there: a header may claim any number of them. */
function elements(file: Uint8Array, header: NiftiHeader, name: string): StoredArray {
  const { shape, datatype, offset, littleEndian } = header;
  const Type = elementTypes[datatype];
  if (Type === undefined) {
    const kind = refusedTypes[datatype] ?? `elements of the unknown type ${datatype}`;
    throw new UserError(`${name} holds ${kind}; give a volume of integers or floats of up to 64 bits.`);
  }
  const bytes = shape.reduce((product, n) => product * n, Type.BYTES_PER_ELEMENT);
  if (offset + bytes > file.length) {
    const claim = `${shape.join('×')} voxels, ${readable(offset + bytes)}`;
    throw new UserError(
      `${name} is cut short: its header announces ${claim}, but there are ${readable(file.length)}; copy the file again.`,
    );
  }
  const copy = copyBytes(file, offset, offset + bytes);
  if (littleEndian !== hostIsLittleEndian) reverseElements(copy, Type.BYTES_PER_ELEMENT);
  const array = new Type(copy.buffer);
  return array instanceof BigInt64Array || array instanceof BigUint64Array ? toDoubles(array) : array;
}

function toDoubles(array: BigInt64Array | BigUint64Array): Float64Array {
  const out = new Float64Array(array.length);
  for (let i = 0; i < array.length; i++) out[i] = Number(array[i]!);
  return out;
}

function readable(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const unit = Math.min(Math.max(Math.floor(Math.log10(bytes) / 3), 0), 4);
  return `${unit === 0 ? bytes : (bytes / 1000 ** unit).toPrecision(3)} ${units[unit]}`;
}
