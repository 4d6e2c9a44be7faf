import { UserError } from '../errors.ts';
import { isGzip, unpack } from './gzip.ts';
import { headerLines, numbersOf, unusable } from './headerText.ts';
import { assertVoxels, assertWorkable, bytesOf, type ElementType, parseNumbers, type VoxelLayout } from './voxels.ts';

/** The formats that ITK reads for us. */
export type ItkFormat = 'gipl' | 'mrc' | 'vtk' | 'hdf5';

/** Where the voxels begin, and how they lie. */
interface Announced {
  readonly offset: number;
  readonly layout: VoxelLayout;
  readonly text?: boolean;
}

/** The format by the extension, which the name has. */
export function itkFormat(name: string): ItkFormat {
  return /(gipl|mrc|vtk|hdf5)(\.gz)?$/i.exec(name)?.[1]?.toLowerCase() as ItkFormat;
}

/** That ITK finds no image in a file that looks whole. */
export function unreadByItk(name: string, format: ItkFormat): UserError {
  return new UserError(
    `${name} is damaged or has the wrong extension, since ITK cannot read it as ${format.toUpperCase()}; copy the file again, or convert it to .nii.gz.`,
  );
}

/**
 * Unpacks a file for ITK, after a check that the voxels which its header announces are there: ITK fills up what is
 * missing. HDF5 is left to ITK, which checks it.
 * @throws UserError when they are not, or there are too many
 */
export async function wholeItkFile(bytes: Uint8Array, format: ItkFormat, name: string): Promise<Uint8Array> {
  if (bytes.length === 0) throw new UserError(`${name} is empty; copy the file again.`);
  const reader = readers[format];
  if (!reader) return bytes;
  const endOf = (head: Uint8Array, most: number): number => {
    const { offset, layout, text } = reader(head, name);
    if (!text) assertVoxels(layout, most - offset, name);
    assertWorkable(layout.shape, name);
    if (text) parseNumbers(new TextDecoder().decode(head.subarray(offset)), layout, name);
    return text ? head.length : offset + bytesOf(layout);
  };
  if (!isGzip(bytes)) {
    endOf(bytes, bytes.length);
    return bytes;
  }
  let end = 0;
  const unpacked = await unpack(bytes, name, 'gzip', (head, most) => {
    end = endOf(head, most);
    return { from: 0, to: end };
  });
  endOf(unpacked, unpacked.length);
  return unpacked;
}

const readers: Partial<Record<ItkFormat, (bytes: Uint8Array, name: string) => Announced>> = { gipl, mrc, vtk };

function viewOf(bytes: Uint8Array, header: number, name: string): DataView {
  if (bytes.length < header) throw new UserError(`${name} is cut short in its header; copy the file again.`);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function typeOf(
  types: Readonly<Record<string | number, ElementType>>,
  code: string | number,
  name: string,
): ElementType {
  const type = Object.hasOwn(types, code) ? types[code] : undefined;
  if (type === undefined)
    throw new UserError(
      `${name} holds elements of the type ${code}, which is not supported; give a volume of integers or floats.`,
    );
  return type;
}

const giplTypes: Readonly<Record<number, ElementType>> = {
  1: 'uint8',
  7: 'int8',
  8: 'uint8',
  15: 'int16',
  16: 'uint16',
  31: 'uint32',
  32: 'int32',
  64: 'float32',
  65: 'float64',
};

/** GIPL, big endian: sizes and type at the beginning of 256 bytes, a magic number at their end. */
function gipl(bytes: Uint8Array, name: string): Announced {
  const view = viewOf(bytes, 256, name);
  if (![0xefffe9b0, 0x2ae389b8].includes(view.getUint32(252)))
    throw new UserError(`${name} is not a GIPL file, or its header is damaged.`);
  const [nx, ny, nz, nt] = [0, 2, 4, 6].map((at) => view.getUint16(at)) as [number, number, number, number];
  const type = typeOf(giplTypes, view.getUint16(8), name);
  return { offset: 256, layout: { shape: nt > 1 ? [nx, ny, nz, nt] : [nx, ny, nz], type, littleEndian: false } };
}

const mrcTypes: Readonly<Record<number, ElementType>> = { 0: 'int8', 1: 'int16', 2: 'float32', 6: 'uint16' };

/** MRC: 1024 bytes, their order at byte 212, and an extended header whose length they hold. */
function mrc(bytes: Uint8Array, name: string): Announced {
  const view = viewOf(bytes, 1024, name);
  const littleEndian = view.getUint8(212) !== 0x11;
  const [nx, ny, nz, mode, extended] = [0, 4, 8, 12, 92].map((at) => view.getInt32(at, littleEndian)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (extended < 0) throw new UserError(`${name} has a damaged MRC header; copy or convert the file again.`);
  return { offset: 1024 + extended, layout: { shape: [nx, ny, nz], type: typeOf(mrcTypes, mode, name), littleEndian } };
}

const vtkTypes: Readonly<Record<string, ElementType>> = {
  char: 'int8',
  unsigned_char: 'uint8',
  short: 'int16',
  unsigned_short: 'uint16',
  int: 'int32',
  unsigned_int: 'uint32',
  long: 'int64',
  unsigned_long: 'uint64',
  vtktypeint64: 'int64',
  vtktypeuint64: 'uint64',
  float: 'float32',
  double: 'float64',
};

/**
 * Legacy VTK: lines of words up to that of the values and mostly one of their colours, then big-endian bytes or text.
 */
function vtk(bytes: Uint8Array, name: string): Announced {
  const said = new Map<string, string>();
  let offset = 0;
  for (const { line, next } of headerLines(bytes)) {
    const [, word = '', rest = ''] = /^\s*(\S+)\s*(.*?)\s*$/.exec(line) ?? [];
    const key = word.toUpperCase();
    if (offset === 0 ? !line.startsWith('# vtk DataFile') : said.has('SCALARS') && key !== 'LOOKUP_TABLE') break;
    said.set(key, rest);
    offset = next;
    if (key === 'LOOKUP_TABLE') break;
  }
  const scalars = said.get('SCALARS');
  if (scalars === undefined)
    throw new UserError(
      `${name} is not a legacy VTK file of an image, or its header is damaged; convert it to .nii.gz.`,
    );
  const [dataset = '', dimensions = ''] = [said.get('DATASET'), said.get('DIMENSIONS')];
  if (dataset.toUpperCase() !== 'STRUCTURED_POINTS')
    throw unusable('DATASET', dataset, name, 'is not an image; give STRUCTURED_POINTS');
  const [, type = '', components = '1'] = scalars.split(/\s+/);
  if (components !== '1') throw new UserError(`${name} has ${components} values a voxel; give a volume with one.`);
  const layout: VoxelLayout = {
    shape: numbersOf(dimensions, 3, 'DIMENSIONS', name),
    type: typeOf(vtkTypes, type.toLowerCase(), name),
    littleEndian: false,
  };
  return { offset, layout, text: said.has('ASCII') };
}
