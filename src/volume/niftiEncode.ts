import { UserError } from '../errors.ts';

import type { Labels, Mat4, Volume, Warp } from './grid.ts';
import { gzip, joined } from './gzip.ts';
import { column, determinant, spacingOf } from './matrix.ts';
import { valuesPerVoxel, writtenVoxels } from './writtenVoxels.ts';

/** How a NIfTI file is written. */
export interface NiftiOptions {
  /** Pack with gzip (for a .nii.gz file). Default: false. */
  readonly gzip?: boolean;
  /** Up to 79 ASCII characters for the header's description. Default: 'EarthMorph'. */
  readonly description?: string;
  /**
   * Where the three components of a warp lie: the fifth axis, as ITK has vectors (default), or the fourth, as in
   * Learn2Reg.
   */
  readonly vectors?: 'fifth' | 'fourth';
}

const headerSize = 352;

/** NIfTI's codes of the types that are written. */
const datatypes = { uint8: 2, int16: 4, int32: 8, float32: 16, uint16: 512 } as const;

/**
 * Writes a NIfTI-1 file, little endian, in millimetres.
 *
 * - A volume is stored as 32-bit floats, labels as the smallest integer type that holds them.
 * - A warp is stored as [nx, ny, nz, 1, 3] with intent 1007 (vector) and its LPS components. ITK reads vectors of this
 *   intent without change. So ANTs and Slicer take the file as a displacement field.
 * - The sform holds the affine (code 1). The qform repeats it (code 1) if it is a rotation or reflection with voxel
 *   sizes, and is left out (code 0) if it has shear.
 * @throws UserError when an axis is longer than NIfTI-1 can say (32767), or a value is not a number.
 * @example const bytes = await encodeNifti(fixed)
 */
export async function encodeNifti(image: Volume | Labels | Warp, options: NiftiOptions = {}): Promise<Uint8Array> {
  const file = joined(...niftiParts(image, options));
  return options.gzip ? gzip(file) : file;
}

/** The header of a NIfTI-1 file and its voxels, which are not copied; see {@link encodeNifti}. */
export function niftiParts(
  image: Volume | Labels | Warp,
  { vectors = 'fifth', description = 'EarthMorph' }: Omit<NiftiOptions, 'gzip'> = {},
): readonly [Uint8Array, Uint8Array] {
  const tooLong = image.size.find((n) => n > 32767);
  if (tooLong !== undefined) {
    throw new UserError(
      `An axis of ${tooLong} voxels does not fit into a NIfTI-1 file (at most 32767); crop the volume.`,
    );
  }
  const { bytes, type } = writtenVoxels(image.data);
  const header = new Uint8Array(headerSize);
  writeHeader(new DataView(header.buffer), image, datatypes[type], (8 * bytes.length) / image.data.length, vectors);
  header.set(new TextEncoder().encode(description).subarray(0, 79), 148);
  return [header, bytes];
}

function writeHeader(
  view: DataView,
  image: Volume | Labels | Warp,
  datatype: number,
  bits: number,
  vectors: 'fifth' | 'fourth',
): void {
  const isWarp = valuesPerVoxel(image) === 3;
  const isFourth = isWarp && vectors === 'fourth';
  const int16 = (at: number, ...values: readonly number[]): void => {
    for (const [i, value] of values.entries()) view.setInt16(at + 2 * i, value, true);
  };
  const float32 = (at: number, ...values: readonly number[]): void => {
    for (const [i, value] of values.entries()) view.setFloat32(at + 4 * i, value, true);
  };
  const { affine } = image;
  const quaternion = quaternionOf(affine);

  view.setInt32(0, 348, true);
  if (isFourth) int16(40, 4, ...image.size, 3, 1, 1, 1);
  else int16(40, isWarp ? 5 : 3, ...image.size, 1, isWarp ? 3 : 1, 1, 1);
  int16(68, isWarp && !isFourth ? 1007 : 0, datatype, bits);
  float32(76, determinant(affine) < 0 ? -1 : 1, ...spacingOf(affine), 1, 1, 1, 1);
  float32(108, headerSize, 1);
  view.setUint8(123, 2); // millimetres
  int16(252, quaternion === undefined ? 0 : 1, 1);
  float32(256, ...(quaternion ?? [0, 0, 0]), ...column(affine, 3), ...affine.slice(0, 12));
  view.setUint32(344, 0x6e2b3100); // "n+1"
}

/**
 * The vector part (b, c, d) of the unit quaternion, with a ≥ 0, of an affine's rotation. The third axis of a
 * left-handed affine is reversed first (NIfTI's qfac). Undefined if the axes are not orthogonal.
 */
function quaternionOf(affine: Mat4): readonly [number, number, number] | undefined {
  const spacing = spacingOf(affine);
  const hand = Math.sign(determinant(affine));
  const axes = ([0, 1, 2] as const).map((axis) => {
    const length = spacing[axis] * (axis === 2 ? hand : 1);
    return column(affine, axis).map((value) => value / length);
  });
  const dot = (p: number, q: number) => axes[p]!.reduce((sum, value, i) => sum + value * axes[q]![i]!, 0);
  if (Math.max(Math.abs(dot(0, 1)), Math.abs(dot(0, 2)), Math.abs(dot(1, 2))) > 1e-5) return undefined;
  const r = (row: number, col: number) => axes[col]![row]!;

  // Shepperd's method: divide by the largest of the four components.
  const squares = [
    1 + r(0, 0) + r(1, 1) + r(2, 2),
    1 + r(0, 0) - r(1, 1) - r(2, 2),
    1 - r(0, 0) + r(1, 1) - r(2, 2),
    1 - r(0, 0) - r(1, 1) + r(2, 2),
  ];
  const largest = squares.indexOf(Math.max(...squares));
  const twice = 2 * Math.sqrt(squares[largest]!);
  const products = [
    [squares[0]!, r(2, 1) - r(1, 2), r(0, 2) - r(2, 0), r(1, 0) - r(0, 1)],
    [r(2, 1) - r(1, 2), squares[1]!, r(0, 1) + r(1, 0), r(0, 2) + r(2, 0)],
    [r(0, 2) - r(2, 0), r(0, 1) + r(1, 0), squares[2]!, r(1, 2) + r(2, 1)],
    [r(1, 0) - r(0, 1), r(0, 2) + r(2, 0), r(1, 2) + r(2, 1), squares[3]!],
  ][largest]!;
  const [a, b, c, d] = products.map((product) => product / twice) as [number, number, number, number];
  return a < 0 ? [-b, -c, -d] : [b, c, d];
}
