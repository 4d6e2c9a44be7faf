import { UserError } from '../errors.ts';
import { tripleAt } from '../triple.ts';
import { assertFinite } from './checks.ts';
import { type HeaderFiles, numberedNames, readVoxels, type VoxelData } from './dataFiles.ts';
import type { Grid, Mat4, Vec3, Warp } from './grid.ts';
import { headerLines, numbersOf, unusable } from './headerText.ts';
import { flipRasLps, fromColumns, isInvertible, multiply } from './matrix.ts';
import { type StoredArray, type StoredImage, scaled } from './storedImage.ts';
import { planar } from './vectors.ts';
import type { ElementType } from './voxels.ts';

const types: Readonly<Record<string, ElementType>> = {
  MET_CHAR: 'int8',
  MET_UCHAR: 'uint8',
  MET_SHORT: 'int16',
  MET_USHORT: 'uint16',
  MET_INT: 'int32',
  MET_UINT: 'uint32',
  MET_LONG: 'int32',
  MET_ULONG: 'uint32',
  MET_LONG_LONG: 'int64',
  MET_ULONG_LONG: 'uint64',
  MET_FLOAT: 'float32',
  MET_DOUBLE: 'float64',
};

/**
 * Reads a 3-D image from a MetaImage file (.mha, or .mhd with data files beside it): every integer and float type, raw,
 * packed with zlib, or as text. Axes of one voxel after the third are dropped.
 * Format: https://itk.org/Wiki/ITK/MetaIO/Documentation
 * @param name the file's path, beside which data files lie, and what messages call it.
 * @throws UserError when the file is damaged, cut short, not MetaImage, or not one 3-D volume of real numbers
 */
export async function decodeMetaImage(bytes: Uint8Array, name: string, files: HeaderFiles): Promise<StoredImage> {
  const { channels, data, ...grid } = await read(bytes, name, files);
  if (channels !== 1) throw new UserError(`${name} has ${channels} values a voxel; give a volume with one.`);
  return { name, ...grid, slope: 1, intercept: 0, data: await data() };
}

/**
 * Reads a displacement field from a MetaImage file: three values a voxel, LPS mm, as ITK writes it.
 * @param name as in {@link decodeMetaImage}
 * @throws UserError when the file is damaged or is no such field
 */
export async function decodeMetaImageWarp(bytes: Uint8Array, name: string, files: HeaderFiles): Promise<Warp> {
  const { channels, data, ...grid } = await read(bytes, name, files);
  if (channels !== 3)
    throw new UserError(
      `${name} is not a displacement field (${channels} ${channels === 1 ? 'value' : 'values'} a voxel); give a MetaImage with three, in LPS mm.`,
    );
  const components = planar(scaled({ data: await data(), slope: 1, intercept: 0 }, Float32Array));
  assertFinite(components, name);
  return { ...grid, data: components };
}

/** What a file announces, and a function that reads its voxels, the values of each one behind the other. */
async function read(
  bytes: Uint8Array,
  name: string,
  files: HeaderFiles,
): Promise<Grid & { readonly channels: number; readonly data: () => Promise<StoredArray> }> {
  if (bytes.length === 0) throw new UserError(`${name} is empty; copy the file again.`);
  const header = new Header(bytes, name);
  const dimensions = header.numbers(['NDims'], 1)![0]!;
  const sizes = header.numbers(['DimSize'], dimensions) ?? [];
  const channels = header.numbers(['ElementNumberOfChannels'], 1)?.[0] ?? 1;
  if (sizes.length < 3 || sizes.slice(3).some((n) => n !== 1))
    throw new UserError(`${name} has ${dimensions} dimensions (${sizes.join('×')}); give one 3-D volume.`);
  const size = tripleAt(sizes);
  const affine = affineOf(header, dimensions);
  const shape = channels === 1 ? size : [channels, ...size];
  return { size, affine, channels, data: () => readVoxels(dataOf(header, shape), name, files) };
}

/** The lines `key = value` of a header; the last is where the voxels lie. */
class Header {
  readonly rest: Uint8Array;
  /** The lines that name data files. */
  readonly list: readonly string[];
  readonly #lines = new Map<string, string>();

  constructor(
    readonly bytes: Uint8Array,
    readonly name: string,
  ) {
    let end = bytes.length;
    const list: string[] = [];
    for (const { line, next } of headerLines(bytes)) {
      if (this.#lines.has('ElementDataFile')) {
        if (line.trim() !== '') list.push(line.trim());
        continue;
      }
      const [, key, value] = /^\s*(\w+)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
      if (key !== undefined) this.#lines.set(key, value!);
      else if (line.trim() !== '')
        throw new UserError(`${name} is not a MetaImage file, or its header is damaged; give a .mha or .mhd file.`);
      if (key !== 'ElementDataFile') continue;
      end = next;
      if (!/^LIST\b/.test(value!)) break;
    }
    this.list = list;
    this.rest = bytes.subarray(end);
    for (const key of ['NDims', 'DimSize', 'ElementType', 'ElementDataFile'])
      if (!this.#lines.has(key))
        throw new UserError(
          `${name} is not a MetaImage file, or its header is damaged (it has no line "${key}"); export the file again.`,
        );
  }

  /** The text of the first of these keys that is there. */
  text(...keys: readonly string[]): string | undefined {
    return keys.map((key) => this.#lines.get(key)).find((text) => text !== undefined);
  }

  numbers(keys: readonly string[], count: number): number[] | undefined {
    const key = keys.find((each) => this.#lines.has(each));
    return key === undefined ? undefined : numbersOf(this.#lines.get(key)!, count, `${key} =`, this.name);
  }

  flag(...keys: readonly string[]): boolean | undefined {
    const text = this.text(...keys);
    if (text === undefined) return undefined;
    if (!/^(true|false|[01yntf])$/i.test(text))
      throw unusable(`${keys[0]} =`, text, this.name, 'must be True or False');
    return /^[1ty]/i.test(text);
  }
}

function dataOf(header: Header, shape: readonly number[]): VoxelData {
  const { name } = header;
  const typeName = header.text('ElementType')!;
  const type = Object.hasOwn(types, typeName) ? types[typeName] : undefined;
  if (type === undefined)
    throw unusable(
      'ElementType =',
      typeName,
      name,
      'is not supported; give a volume of integers or floats of up to 64 bits',
    );
  const littleEndian = !(header.flag('ElementByteOrderMSB', 'BinaryDataByteOrderMSB') ?? false);
  const skip = header.numbers(['HeaderSize'], 1)?.[0] ?? 0;
  if (!Number.isInteger(skip) || skip < -1)
    throw unusable('HeaderSize =', String(skip), name, 'is not a number of bytes');
  const packed = header.flag('CompressedData') ?? false;
  const packedSize = header.numbers(['CompressedDataSize'], 1)?.[0] ?? 0;
  const place = header.text('ElementDataFile')!;
  const rows = shape[1]! * shape[2]!;
  // In the header's own file, HeaderSize counts from its beginning.
  let source: Uint8Array | readonly string[] = skip > 0 ? header.bytes : header.rest;
  if (/^LIST\b/.test(place)) source = header.list;
  else if (!/^LOCAL$/i.test(place)) source = numberedNames(place, rows, name) ?? [place];
  if (source.length === 0 && !(source instanceof Uint8Array))
    throw unusable('ElementDataFile =', place, name, 'names no file');
  const layout = { shape, type, littleEndian };
  if (header.flag('BinaryData') === false) return { layout, encoding: 'text', skip: 0, source };
  if (!packed) return { layout, encoding: 'raw', skip, source };
  const begin = (bytes: Uint8Array, file: string): Uint8Array => {
    const from = Math.max(skip, 0);
    if (packedSize > 0 && from + packedSize > bytes.length)
      throw new UserError(
        `${file} is cut short: its header announces ${packedSize} bytes of packed voxels, but there are ${Math.max(bytes.length - from, 0)}; copy the file again.`,
      );
    return bytes.subarray(from, packedSize > 0 ? from + packedSize : undefined);
  };
  return { layout, encoding: 'packed', skip: 0, source, begin };
}

/** The geometry, whose numbers are LPS: the rows of the matrix are the directions of the axes. */
function affineOf(header: Header, n: number): Mat4 {
  const spacing = header.numbers(['ElementSpacing', 'ElementSize'], n) ?? [1, 1, 1];
  const origin = header.numbers(['Offset', 'Position', 'Origin'], n) ?? [0, 0, 0];
  const matrix = header.numbers(['TransformMatrix', 'Rotation', 'Orientation'], n * n);
  const axis = (row: number): Vec3 => {
    const direction = matrix ? matrix.slice(row * n, row * n + 3) : [0, 1, 2].map((each) => (each === row ? 1 : 0));
    const [x, y, z] = direction.map((value) => value * spacing[row]!) as [number, number, number];
    return [x, y, z];
  };
  const [x, y, z] = origin as [number, number, number];
  const affine = multiply(flipRasLps, fromColumns(axis(0), axis(1), axis(2), [x, y, z]));
  if (!isInvertible(affine))
    throw new UserError(
      `${header.name} has no usable geometry (its TransformMatrix or ElementSpacing is singular); repair its header.`,
    );
  return affine;
}
