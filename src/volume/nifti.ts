import { UserError } from '../errors.ts';
import { tripleAt } from '../triple.ts';
import { assertFinite } from './checks.ts';
import type { Warp } from './grid.ts';
import { isGzip, unpack } from './gzip.ts';
import { type NiftiHeader, readNiftiHeader } from './niftiHeader.ts';
import { type StoredImage, scaled } from './storedImage.ts';
import { assertVoxels, assertWorkable, bytesOf, decodeVoxels, type ElementType, type VoxelLayout } from './voxels.ts';

export { encodeNifti, type NiftiOptions, niftiParts } from './niftiEncode.ts';
export { toLabels, toVolume } from './storedImage.ts';

/** A 3-D NIfTI image as its file has it. */
interface NiftiImage extends StoredImage {
  /** NIfTI's intent code: 0 for plain images, 1002 for labels. */
  readonly intent: number;
}

/** NIfTI's intent codes for vectors at each voxel. */
const intentDisplacement = 1006;
const intentVector = 1007;

const elementTypes: Readonly<Record<number, ElementType>> = {
  2: 'uint8',
  4: 'int16',
  8: 'int32',
  16: 'float32',
  64: 'float64',
  256: 'int8',
  512: 'uint16',
  768: 'uint32',
  1024: 'int64',
  1280: 'uint64',
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
 * and float type up to 64 bits. Axes of size 1 after the third are dropped; a 2-D image has one slice.
 * @param name what messages call the file.
 * @param which the volume of a 4-D file, from 1.
 * @throws UserError when the file is damaged, cut short, not NIfTI, not one 3-D volume of real numbers, or has no such
 * volume.
 * @example const fixed = toVolume(await decodeNifti(bytes, 'fixed.nii.gz'))
 */
export async function decodeNifti(bytes: Uint8Array, name: string, which?: number): Promise<NiftiImage> {
  const [image] = await read(bytes, name, (count, shape) => {
    if (which === undefined && count > 1)
      throw new UserError(
        `${name} has 4 dimensions (${shape.join('×')}×${count}); give one 3-D volume, or choose one by its number, such as ${name},1.`,
      );
    if (which !== undefined && !(which >= 1 && which <= count))
      throw new UserError(`${name} has no volume ${which}: it holds ${count}; give a number from 1 on.`);
    return { first: which ?? 1, number: 1 };
  });
  return image!;
}

/**
 * Reads all volumes of a 3-D or 4-D file.
 * @throws UserError as {@link decodeNifti}
 */
export function decodeNiftiVolumes(bytes: Uint8Array, name: string): Promise<NiftiImage[]> {
  return read(bytes, name, (count) => ({ first: 1, number: count }));
}

/**
 * Reads some of a file's volumes, numbered from 1; which ones, is told from how many there are and how large they are.
 */
async function read(
  bytes: Uint8Array,
  name: string,
  choose: (count: number, shape: readonly number[]) => { first: number; number: number },
): Promise<NiftiImage[]> {
  const { header, voxels, part } = await open(bytes, name, (found) => {
    const shape = volumeShape(found.shape);
    if (shape.length !== 3 && shape.length !== 4) {
      const all = found.shape.join('×');
      throw new UserError(`${name} has ${shape.length} dimensions (${all}); give one 3-D volume.`);
    }
    const [count = 1] = shape.slice(3);
    return { shape: shape.slice(0, 3), count, ...choose(count, shape.slice(0, 3)) };
  });
  const { affine, slope, intercept, intent } = header;
  const layout = layoutOf(header, part.shape, name);
  const size = tripleAt(part.shape);
  const length = bytesOf(layout);
  return Array.from({ length: part.number }, (_, n) => {
    const each = part.count === 1 ? name : `${name},${part.first + n}`;
    const data = decodeVoxels(voxels.subarray(n * length, (n + 1) * length), layout, each);
    return { name: each, size, affine, slope, intercept, intent, data };
  });
}

/**
 * Reads a displacement field from a 5-D NIfTI file, [nx, ny, nz, 1, 3], in millimetres.
 *
 * Intent 1007 (vector) holds LPS components verbatim: so ITK and ANTs write their warps. Intent 1006 (displacement
 * vector) holds RAS components, which ITK turns into LPS from version 5.4 on, and so does this function.
 * @throws UserError when the file is damaged or is not such a field.
 * @example const field = await decodeWarp(bytes, 'warp.nii.gz')
 */
export async function decodeWarp(bytes: Uint8Array, name: string): Promise<Warp> {
  const { header, voxels } = await open(bytes, name, ({ shape, intent }) => {
    const [, , , time, components] = shape;
    if (
      shape.length !== 5 ||
      time !== 1 ||
      components !== 3 ||
      !(intent === intentVector || intent === intentDisplacement)
    )
      throw new UserError(
        `${name} is not a displacement field (${shape.join('×')}, intent ${intent}); give a NIfTI of nx×ny×nz×1×3 with intent 1007 (LPS, as ANTs writes) or 1006 (RAS).`,
      );
    return { shape, count: 1, first: 1, number: 1 };
  });
  const [nx, ny, nz] = header.shape as [number, number, number];
  const { slope, intercept } = header;
  const stored = decodeVoxels(voxels, layoutOf(header, header.shape, name), name);
  const data = scaled({ data: stored, slope, intercept }, Float32Array);
  assertFinite(data, name);
  if (header.intent === intentDisplacement) {
    for (let i = 0; i < 2 * nx * ny * nz; i++) data[i] = -data[i]!;
  }
  return { size: [nx, ny, nz], affine: header.affine, data };
}

/** Some of the volumes of a file. */
interface Part {
  /** Of one volume. */
  readonly shape: readonly number[];
  /** How many the file has. */
  readonly count: number;
  /** The first that is read, from 1. */
  readonly first: number;
  /** How many are read. */
  readonly number: number;
}

/** Reads the header and the voxels of a part of the file, after a check that all it announces can be there. */
async function open(
  bytes: Uint8Array,
  name: string,
  partOf: (header: NiftiHeader) => Part,
): Promise<{ header: NiftiHeader; part: Part; voxels: Uint8Array }> {
  if (bytes.length === 0) throw new UserError(`${name} is empty; copy the file again.`);
  const plan = (head: Uint8Array, most: number) => {
    const header = readNiftiHeader(head, name);
    const part = partOf(header);
    const layout = layoutOf(header, part.shape, name);
    assertVoxels(layoutOf(header, header.shape, name), most - header.offset, name);
    assertWorkable(part.number > 1 ? [...part.shape, part.number] : part.shape, name);
    const from = header.offset + (part.first - 1) * bytesOf(layout);
    return {
      header,
      part,
      from,
      to: from + part.number * bytesOf(layout),
      end: header.offset + part.count * bytesOf(layout),
    };
  };
  if (!isGzip(bytes)) {
    const { header, part, from, to } = plan(bytes, bytes.length);
    return { header, part, voxels: bytes.subarray(from, to) };
  }
  let planned: ReturnType<typeof plan> | undefined;
  const voxels = await unpack(bytes, name, 'gzip', (head, most) => (planned = plan(head, most)));
  return { ...planned!, voxels };
}

/** The shape with three axes at least, a picture having one slice, and no axis of size 1 behind them. */
function volumeShape(shape: readonly number[]): readonly number[] {
  if (shape.length === 2) return [...shape, 1];
  let length = shape.length;
  while (length > 3 && shape[length - 1] === 1) length--;
  return shape.slice(0, length);
}

function layoutOf({ datatype, littleEndian }: NiftiHeader, shape: readonly number[], name: string): VoxelLayout {
  const type = elementTypes[datatype];
  if (type === undefined) {
    const kind = refusedTypes[datatype] ?? `elements of the unknown type ${datatype}`;
    throw new UserError(`${name} holds ${kind}; give a volume of integers or floats of up to 64 bits.`);
  }
  return { shape, type, littleEndian };
}
