import { UserError } from '../errors.ts';
import { mapTriple, tripleAt } from '../triple.ts';
import { assertFinite } from './checks.ts';
import { type Encoding, type HeaderFiles, numberedNames, readVoxels, type VoxelData } from './dataFiles.ts';
import type { Mat4, Vec3, Warp } from './grid.ts';
import { headerLines, numbersOf, unusable } from './headerText.ts';
import { fromColumns, isInvertible, multiply, scaling } from './matrix.ts';
import { type StoredImage, scaled } from './storedImage.ts';
import { planar } from './vectors.ts';
import type { ElementType } from './voxels.ts';

/** The fields of the format's definition, without blanks. */
const fields = new Set(
  [
    ['content', 'number', 'type', 'blocksize', 'dimension', 'space', 'spacedimension', 'sizes', 'spacings'],
    ['thicknesses', 'axismins', 'axismaxs', 'spacedirections', 'centers', 'centerings', 'labels', 'units', 'kinds'],
    ['min', 'max', 'oldmin', 'oldmax', 'endian', 'encoding', 'lineskip', 'byteskip', 'sampleunits', 'spaceunits'],
    ['spaceorigin', 'measurementframe', 'datafile'],
  ].flat(),
);

const types: Readonly<Record<string, ElementType>> = {
  'signed char': 'int8',
  int8: 'int8',
  int8_t: 'int8',
  uchar: 'uint8',
  'unsigned char': 'uint8',
  uint8: 'uint8',
  uint8_t: 'uint8',
  short: 'int16',
  'short int': 'int16',
  'signed short': 'int16',
  'signed short int': 'int16',
  int16: 'int16',
  int16_t: 'int16',
  ushort: 'uint16',
  'unsigned short': 'uint16',
  'unsigned short int': 'uint16',
  uint16: 'uint16',
  uint16_t: 'uint16',
  int: 'int32',
  'signed int': 'int32',
  int32: 'int32',
  int32_t: 'int32',
  uint: 'uint32',
  'unsigned int': 'uint32',
  uint32: 'uint32',
  uint32_t: 'uint32',
  longlong: 'int64',
  'long long': 'int64',
  'long long int': 'int64',
  'signed long long': 'int64',
  'signed long long int': 'int64',
  int64: 'int64',
  int64_t: 'int64',
  ulonglong: 'uint64',
  'unsigned long long': 'uint64',
  'unsigned long long int': 'uint64',
  uint64: 'uint64',
  uint64_t: 'uint64',
  float: 'float32',
  double: 'float64',
};

const encodings: Readonly<Record<string, Encoding>> = {
  raw: 'raw',
  gz: 'packed',
  gzip: 'packed',
  hex: 'hex',
  txt: 'text',
  text: 'text',
  ascii: 'text',
};

/**
 * The named spaces, without blanks and hyphens: their dimension, and which of their first two axes run against RAS.
 * Those without anatomy are taken for LPS, as ITK and Slicer take them.
 */
const spaces: Readonly<Record<string, { readonly dimension: 3 | 4; readonly signs: Vec3 }>> = Object.fromEntries(
  (
    [
      [
        ['rightanteriorsuperior', 'ras'],
        ['rightanteriorsuperiortime', 'rast'],
        [1, 1, 1],
      ],
      [
        ['leftanteriorsuperior', 'las'],
        ['leftanteriorsuperiortime', 'last'],
        [-1, 1, 1],
      ],
      [
        ['leftposteriorsuperior', 'lps'],
        ['leftposteriorsuperiortime', 'lpst'],
        [-1, -1, 1],
      ],
      [['scannerxyz'], ['scannerxyztime'], [-1, -1, 1]],
      [['3drighthanded'], ['3drighthandedtime'], [-1, -1, 1]],
      [['3dlefthanded'], ['3dlefthandedtime'], [-1, -1, 1]],
    ] as const
  ).flatMap(([three, four, signs]) => [
    ...three.map((name) => [name, { dimension: 3, signs }] as const),
    ...four.map((name) => [name, { dimension: 4, signs }] as const),
  ]),
);

/**
 * Reads a 3-D image from a NRRD file (.nrrd, or .nhdr with data files beside it): every integer and float type, raw,
 * gzip, hex or text. Axes of one voxel are dropped where there are more than three.
 * Format: https://teem.sourceforge.net/nrrd/format.html
 * @param name the file's path, beside which data files lie, and what messages call it.
 * @throws UserError when the file is damaged, cut short, not NRRD, or not one 3-D volume of real numbers
 */
export async function decodeNrrd(bytes: Uint8Array, name: string, files: HeaderFiles): Promise<StoredImage> {
  if (bytes.length === 0) throw new UserError(`${name} is empty; copy the file again.`);
  const header = new Header(bytes, name);
  const { axes, affine } = geometryOf(header);
  const shape = axes.map((axis) => header.sizes[axis]!);
  const data = await readVoxels(dataOf(header, shape), name, files);
  return { name, size: tripleAt(shape), affine, slope: 1, intercept: 0, data };
}

/**
 * Reads a displacement field from a NRRD file: three values a voxel, LPS mm, as ITK and Slicer write it, along an axis
 * without direction.
 * @param name as in {@link decodeNrrd}
 * @throws UserError when the file is damaged or is no such field
 */
export async function decodeNrrdWarp(bytes: Uint8Array, name: string, files: HeaderFiles): Promise<Warp> {
  if (bytes.length === 0) throw new UserError(`${name} is empty; copy the file again.`);
  const header = new Header(bytes, name);
  const { sizes } = header;
  const components = vectorAxis(header);
  if (sizes.length !== 4 || (components !== 0 && components !== 3))
    throw new UserError(
      `${name} is not a displacement field (${sizes.join('×')}); give a NRRD of 3×nx×ny×nz with kinds "vector domain domain domain".`,
    );
  if (spaceOf(header).signs.join() !== '-1,-1,1' || !isIdentityFrame(header))
    throw new UserError(
      `${name} does not say in which frame its vectors are: its space must be left-posterior-superior, without a measurement frame; export it from ITK or Slicer.`,
    );
  const { axes, affine } = geometryOf(header, components);
  const stored = scaled(
    { data: await readVoxels(dataOf(header, sizes), name, files), slope: 1, intercept: 0 },
    Float32Array,
  );
  const data = components === 0 ? planar(stored) : stored;
  assertFinite(data, name);
  return { size: mapTriple(tripleAt(axes), (axis) => sizes[axis]!), affine, data };
}

/** The axis of the three components of a vector: one without direction, or said to hold vectors. */
function vectorAxis(header: Header): number {
  const words = (header.text('space directions') ?? '').match(/\([^()]*\)|[^\s()]+/g);
  const kinds = (header.text('kinds') ?? '').split(/\s+/);
  return header.sizes.findIndex(
    (n, axis) => n === 3 && (words ? words[axis]?.toLowerCase() === 'none' : /vector/i.test(kinds[axis] ?? '')),
  );
}

/** Whether vectors are given along the axes of the space. */
function isIdentityFrame(header: Header): boolean {
  const text = header.text('measurement frame');
  return (
    text === undefined ||
    text
      .replace(/[^-+.\de]+/gi, ' ')
      .trim()
      .split(' ')
      .map(Number)
      .join() === '1,0,0,0,1,0,0,0,1'
  );
}

/** The lines of a header, by field. */
class Header {
  readonly sizes: readonly number[];
  readonly rest: Uint8Array;
  /** The lines that name data files. */
  readonly list: readonly string[];
  readonly #lines = new Map<string, string>();

  constructor(
    bytes: Uint8Array,
    readonly name: string,
  ) {
    let first = true;
    let end = bytes.length;
    const list: string[] = [];
    for (const { line, next } of headerLines(bytes)) {
      if (first && !/^NRRD\d{4}\s*$/.test(line))
        throw new UserError(`${name} is not a NRRD file; give a .nrrd or .nhdr file.`);
      if (/^LIST\b/i.test(this.#lines.get('datafile') ?? '')) {
        if (line.trim() !== '') list.push(line.trim());
      } else if (line === '') {
        end = next;
        break;
      } else if (!first && !line.startsWith('#')) this.#add(line);
      first = false;
    }
    this.list = list;
    this.rest = bytes.subarray(end);
    this.sizes = this.numbers('sizes', this.numbers('dimension', 1)[0]!);
  }

  #add(line: string): void {
    // What users add, `key:=value`, says nothing of the image.
    const [, field, value] = /^([^:]+):(?!=)\s*(.*?)\s*$/.exec(line) ?? [];
    if (field === undefined) {
      if (/^[^:]+:=/.test(line)) return;
      throw unusable(line, '', this.name, 'is not a line of a NRRD header');
    }
    const key = field.trim().toLowerCase().replaceAll(' ', '');
    if (!fields.has(key) || this.#lines.has(key))
      throw unusable(
        `${field}:`,
        value!,
        this.name,
        this.#lines.has(key) ? 'stands there twice' : 'is not a field of NRRD',
      );
    this.#lines.set(key, value!);
  }

  text(field: string): string | undefined {
    return this.#lines.get(field.replaceAll(' ', ''));
  }

  needed(field: string): string {
    const text = this.text(field);
    if (text === undefined)
      throw new UserError(`${this.name} is damaged: its header has no line "${field}:"; export the file again.`);
    return text;
  }

  /** The numbers of a line that must be there. */
  numbers(field: string, count: number): number[] {
    return numbersOf(this.needed(field), count, `${field}:`, this.name);
  }

  /** What a line's word stands for. */
  word<T>(field: string, words: Readonly<Record<string, T>>, normalised: (text: string) => string, kinds: string): T {
    const text = this.needed(field);
    const found = Object.hasOwn(words, normalised(text)) ? words[normalised(text)] : undefined;
    if (found === undefined) throw unusable(`${field}:`, text, this.name, `is not supported; give ${kinds}`);
    return found;
  }
}

function dataOf(header: Header, shape: readonly number[]): VoxelData {
  const { name } = header;
  const lower = (text: string) => text.toLowerCase();
  const type = header.word('type', types, lower, 'a volume of integers or floats of up to 64 bits');
  const encoding = header.word('encoding', encodings, lower, 'one with encoding raw or gzip');
  const oneByte = type === 'int8' || type === 'uint8';
  const littleEndian =
    oneByte || encoding === 'text' || header.word('endian', { little: true, big: false }, lower, 'little or big');
  const skip = (field: string, least: number): number => {
    const text = header.text(field);
    if (text === undefined) return 0;
    const [value] = header.numbers(field, 1) as [number];
    if (!Number.isInteger(value) || value < least) throw unusable(`${field}:`, text, name, 'cannot be skipped');
    return value;
  };
  const lines = skip('line skip', 0);
  const bytes = skip('byte skip', encoding === 'raw' ? -1 : 0);
  const text = header.text('data file');
  const rows = shape[1]! * shape[2]!;
  let source: Uint8Array | readonly string[] = header.rest;
  if (text !== undefined) source = /^LIST\b/i.test(text) ? header.list : (numberedNames(text, rows, name) ?? [text]);
  if (source.length === 0 && text !== undefined) throw unusable('data file:', text, name, 'names no file');
  return {
    layout: { shape, type, littleEndian },
    encoding,
    skip: bytes,
    source,
    begin: (all, file) => withoutLines(all, lines, file),
  };
}

function withoutLines(bytes: Uint8Array, lines: number, name: string): Uint8Array {
  let at = 0;
  for (let n = 0; n < lines; n++) {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0)
      throw new UserError(`${name} is cut short: it must have ${lines} lines before its voxels; copy the file again.`);
    at = end + 1;
  }
  return bytes.subarray(at);
}

/** Which three axes the volume has, beside that of a vector's components, and where it lies. */
function geometryOf(header: Header, components?: number): { readonly axes: readonly number[]; readonly affine: Mat4 } {
  const { name, sizes } = header;
  const { dimension, signs } = spaceOf(header);
  const directions = header.text('space directions') === undefined ? undefined : vectors(header, dimension);
  const axes = sizes
    .map((_, axis) => axis)
    .filter((axis) => axis !== components && (directions?.[axis] !== null || sizes[axis] !== 1));
  while (axes.length > 3 && sizes[axes.at(-1)!] === 1) axes.pop();
  if (axes.length !== 3)
    throw new UserError(`${name} has ${sizes.length} dimensions (${sizes.join('×')}); give one 3-D volume.`);
  const [i, j, k] = axes.map((axis) => stepOf(header, axis, axes.indexOf(axis), directions)) as [Vec3, Vec3, Vec3];
  const affine = multiply(scaling(signs), fromColumns(i, j, k, originOf(header, axes, dimension, directions)));
  if (!isInvertible(affine))
    throw new UserError(
      `${name} has no usable geometry (its space directions or spacings are singular); repair its header.`,
    );
  return { axes, affine };
}

function spaceOf(header: Header): { readonly dimension: number; readonly signs: Vec3 } {
  if (header.text('space') !== undefined) {
    const normalised = (text: string) => text.toLowerCase().replace(/[\s-]/g, '');
    return header.word(
      'space',
      spaces,
      normalised,
      'right-anterior-superior, left-anterior-superior or left-posterior-superior',
    );
  }
  const given = header.text('space dimension') !== undefined;
  return { dimension: given ? header.numbers('space dimension', 1)[0]! : 3, signs: [-1, -1, 1] };
}

type Vectors = readonly (readonly number[] | null)[];

/** One vector an axis; null for `none`. */
function vectors(header: Header, dimension: number): Vectors {
  const text = header.needed('space directions');
  const words = text.match(/\([^()]*\)|[^\s()]+/g) ?? [];
  if (words.length !== header.sizes.length)
    throw unusable('space directions:', text, header.name, `needs ${header.sizes.length} vectors`);
  return words.map((word) =>
    word.toLowerCase() === 'none' ? null : vector(word, dimension, 'space directions:', header.name),
  );
}

function vector(text: string, dimension: number, field: string, name: string): number[] {
  const [, inside] = /^\(([^()]*)\)$/.exec(text.trim()) ?? [];
  if (inside === undefined) throw unusable(field, text, name, `needs vectors of ${dimension} numbers in brackets`);
  return numbersOf(inside.replaceAll(',', ' '), dimension, field, name);
}

/**
 * The world vector of a step along an axis: its direction, or its spacing (1 where none is given) along the world's
 * axis of that number.
 */
function stepOf(header: Header, axis: number, position: number, directions: Vectors | undefined): Vec3 {
  const direction = directions?.[axis];
  if (direction) return [direction[0] ?? 0, direction[1] ?? 0, direction[2] ?? 0];
  if (direction === null)
    throw new UserError(
      `${header.name} has an axis without direction (${header.sizes.join('×')}); give one 3-D volume.`,
    );
  const step: [number, number, number] = [0, 0, 0];
  const { spacing } = extentOf(header, axis);
  step[position] = Number.isNaN(spacing) ? 1 : spacing;
  return step;
}

/** The world position of the first voxel: `space origin`, or by `axis mins`, or 0. */
function originOf(header: Header, axes: readonly number[], dimension: number, directions: Vectors | undefined): Vec3 {
  const text = header.text('space origin');
  if (text !== undefined) {
    const [x = 0, y = 0, z = 0] = vector(text, dimension, 'space origin:', header.name);
    return [x, y, z];
  }
  if (directions) return [0, 0, 0];
  const [x, y, z] = axes.map((axis) => extentOf(header, axis).first || 0) as [number, number, number];
  return [x, y, z];
}

/**
 * Spacing and first position along an axis without direction; NaN where the header does not tell. `axis mins` and
 * `axis maxs` are the borders of the outer voxels, or, where the axis is centred on nodes, their positions.
 */
function extentOf(header: Header, axis: number): { readonly spacing: number; readonly first: number } {
  const [least, most, given] = ['axis mins', 'axis maxs', 'spacings'].map((field) => perAxis(header, field)[axis]!) as [
    number,
    number,
    number,
  ];
  const centres = (header.text('centers') ?? header.text('centerings') ?? '').toLowerCase().split(/\s+/);
  const node = centres[axis] === 'node';
  const steps = header.sizes[axis]! - (node ? 1 : 0);
  const spacing = Number.isNaN(given) ? (most - least) / steps : given;
  return { spacing, first: least + (node ? 0 : spacing / 2) };
}

/** A number for each axis; NaN where the header has none. */
function perAxis(header: Header, field: string): number[] {
  const { sizes } = header;
  return header.text(field) === undefined ? sizes.map(() => Number.NaN) : header.numbers(field, sizes.length);
}
