import { UserError } from '../errors.ts';
import { hostIsLittleEndian, reverseElements } from './byteOrder.ts';
import { voxelCount } from './checks.ts';
import type { Labels, Mat4, Volume, Warp } from './grid.ts';
import { gzip } from './gzip.ts';
import { column, determinant, spacingOf } from './matrix.ts';

/** How a NIfTI file is written. */
export interface NiftiOptions {
  /** Pack with gzip (for a .nii.gz file). Default: false. */
  readonly gzip?: boolean;
  /** Up to 79 ASCII characters for the header's description. Default: 'EarthMorph'. */
  readonly description?: string;
}

const headerSize = 352;

/**
 * Writes a NIfTI-1 file, little endian, in millimetres.
 *
 * - A volume is stored as 32-bit floats, labels as the smallest integer type that holds them.
 * - A warp is stored as [nx, ny, nz, 1, 3] with intent 1007 (vector) and its LPS components as they are: ITK reads
 *   vectors of this intent without change, so ANTs and Slicer take the file as a displacement field.
 * - The sform holds the affine (code 1); the qform repeats it (code 1) when it is a rotation or reflection with voxel
 *   sizes, and is left out (code 0) when it has shear.
 * @throws UserError when an axis is longer than NIfTI-1 can say (32767), or a value is not a number.
 */
export async function encodeNifti(image: Volume | Labels | Warp, options: NiftiOptions = {}): Promise<Uint8Array> {
  const tooLong = image.size.find((n) => n > 32767);
  if (tooLong !== undefined) {
    throw new UserError(
      `An axis of ${tooLong} voxels does not fit into a NIfTI-1 file (at most 32767); crop the volume.`,
    );
  }
  const { data, datatype } = stored(image.data);
  const file = new Uint8Array(headerSize + data.byteLength);
  writeHeader(new DataView(file.buffer), image, datatype, 8 * data.BYTES_PER_ELEMENT);
  file.set(new TextEncoder().encode(options.description ?? 'EarthMorph').subarray(0, 79), 148);
  writeElements(file, data);
  return options.gzip ? gzip(file) : file;
}

type WrittenArray = Uint8Array | Int16Array | Uint16Array | Int32Array | Float32Array;

/** Chooses the type of the elements: floats stay, labels get the smallest that holds them. */
function stored(data: Float32Array | Int32Array): { data: WrittenArray; datatype: number } {
  if (data instanceof Float32Array) {
    if (!data.every(Number.isFinite))
      throw new UserError(
        'The result has values that are not numbers, so it is not written; check the images and the model.',
      );
    return { data, datatype: 16 };
  }
  let min = 0;
  let max = 0;
  for (const label of data) {
    if (label < min) min = label;
    if (label > max) max = label;
  }
  if (min >= 0 && max <= 0xff) return { data: Uint8Array.from(data), datatype: 2 };
  if (min >= -0x8000 && max <= 0x7fff) return { data: Int16Array.from(data), datatype: 4 };
  if (min >= 0 && max <= 0xffff) return { data: Uint16Array.from(data), datatype: 512 };
  return { data, datatype: 8 };
}

function writeHeader(view: DataView, image: Volume | Labels | Warp, datatype: number, bits: number): void {
  const isWarp = image.data.length === 3 * voxelCount(image);
  if (!isWarp && image.data.length !== voxelCount(image)) {
    throw new RangeError(`${image.data.length} values do not fill a grid of ${image.size.join('×')} voxels.`);
  }
  const int16 = (at: number, ...values: readonly number[]): void => {
    for (const [i, value] of values.entries()) view.setInt16(at + 2 * i, value, true);
  };
  const float32 = (at: number, ...values: readonly number[]): void => {
    for (const [i, value] of values.entries()) view.setFloat32(at + 4 * i, value, true);
  };
  const { affine } = image;
  const quaternion = quaternionOf(affine);

  view.setInt32(0, 348, true);
  int16(40, isWarp ? 5 : 3, ...image.size, 1, isWarp ? 3 : 1, 1, 1);
  int16(68, isWarp ? 1007 : 0, datatype, bits);
  float32(76, determinant(affine) < 0 ? -1 : 1, ...spacingOf(affine), 1, 1, 1, 1);
  float32(108, headerSize, 1);
  view.setUint8(123, 2); // millimetres
  int16(252, quaternion === undefined ? 0 : 1, 1);
  float32(256, ...(quaternion ?? [0, 0, 0]), ...column(affine, 3), ...affine.slice(0, 12));
  view.setUint32(344, 0x6e2b3100); // "n+1"
}

function writeElements(file: Uint8Array, data: WrittenArray): void {
  const body = file.subarray(headerSize);
  body.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  if (!hostIsLittleEndian) reverseElements(body, data.BYTES_PER_ELEMENT);
}

/**
 * The vector part (b, c, d) of the unit quaternion, with a ≥ 0, of an affine's rotation, after its third axis is
 * turned round when the affine is left-handed (NIfTI's qfac); undefined when its axes are not orthogonal.
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
