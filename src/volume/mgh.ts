import { UserError } from '../errors.ts';
import { tripleAt } from '../triple.ts';
import type { Mat4, Vec3 } from './grid.ts';
import { isGzip, unpack } from './gzip.ts';
import { applyToPoint, fromColumns, isInvertible } from './matrix.ts';
import type { StoredImage } from './storedImage.ts';
import { assertVoxels, assertWorkable, bytesOf, decodeVoxels, type ElementType, type VoxelLayout } from './voxels.ts';

const elementTypes: Readonly<Record<number, ElementType>> = {
  0: 'uint8',
  1: 'int32',
  3: 'float32',
  4: 'int16',
  10: 'uint16',
};

/** Where the voxels begin; the fields take less. */
const HEADER = 284;

/**
 * Reads an image of FreeSurfer from the bytes of a .mgh or .mgz file, always big endian.
 * Layout: https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/MghFormat
 * @param name what messages call the file.
 * @throws UserError when the file is damaged, cut short, not MGH, or not one 3-D volume of real numbers
 */
export async function decodeMgh(bytes: Uint8Array, name: string): Promise<StoredImage> {
  if (bytes.length === 0) throw new UserError(`${name} is empty; copy the file again.`);
  let header: ReturnType<typeof readHeader> | undefined;
  const plan = (head: Uint8Array, most: number) => {
    header = readHeader(head, name);
    assertVoxels(header.layout, most - HEADER, name);
    assertWorkable(header.layout.shape, name);
    return { from: HEADER, to: HEADER + bytesOf(header.layout) };
  };
  let voxels: Uint8Array;
  if (isGzip(bytes)) voxels = await unpack(bytes, name, 'gzip', plan);
  else {
    const { from, to } = plan(bytes, bytes.length);
    voxels = bytes.subarray(from, to);
  }
  const { layout, affine } = header!;
  const size = tripleAt(layout.shape);
  return { name, size, affine, slope: 1, intercept: 0, data: decodeVoxels(voxels, layout, name) };
}

function readHeader(bytes: Uint8Array, name: string): { layout: VoxelLayout; affine: Mat4 } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || (view.getInt32(0) & 0xff) !== 1)
    throw new UserError(`${name} is not an MGH file; give a .mgh or .mgz file of FreeSurfer.`);
  if (bytes.length < HEADER) throw new UserError(`${name} is cut short in its header; copy the file again.`);
  const [nx, ny, nz, frames, code] = [4, 8, 12, 16, 20].map((at) => view.getInt32(at)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (frames > 1) throw new UserError(`${name} has 4 dimensions (${nx}×${ny}×${nz}×${frames}); give one 3-D volume.`);
  const type = elementTypes[code];
  if (type === undefined)
    throw new UserError(
      `${name} holds elements of the unknown type ${code}; give a volume of integers or 32-bit floats.`,
    );
  const layout: VoxelLayout = { shape: [nx, ny, nz], type, littleEndian: false };
  return { layout, affine: affineOf(view, [nx, ny, nz], name) };
}

/**
 * The geometry: spacing, the axes' directions and the position of the middle, RAS; coronal slices where the file has
 * none.
 */
function affineOf(view: DataView, [nx, ny, nz]: readonly [number, number, number], name: string): Mat4 {
  const given = view.getInt16(28) > 0;
  const numbers = given
    ? Array.from({ length: 15 }, (_, i) => view.getFloat32(30 + 4 * i))
    : [1, 1, 1, -1, 0, 0, 0, 0, -1, 0, 1, 0, 0, 0, 0];
  const axis = (n: 0 | 1 | 2): Vec3 => {
    const [spacing, x, y, z] = [numbers[n]!, ...numbers.slice(3 + 3 * n, 6 + 3 * n)] as [
      number,
      number,
      number,
      number,
    ];
    return [spacing * x, spacing * y, spacing * z];
  };
  const turned = fromColumns(axis(0), axis(1), axis(2), [0, 0, 0]);
  const middle = applyToPoint(turned, [nx / 2, ny / 2, nz / 2]);
  const affine = fromColumns(axis(0), axis(1), axis(2), [
    numbers[12]! - middle[0],
    numbers[13]! - middle[1],
    numbers[14]! - middle[2],
  ]);
  if (!isInvertible(affine))
    throw new UserError(
      `${name} has no usable geometry (its directions or voxel sizes are singular); repair its header.`,
    );
  return affine;
}
