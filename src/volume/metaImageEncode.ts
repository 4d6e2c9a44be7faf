import type { Labels, Volume, Warp } from './grid.ts';
import { deflate, joined } from './gzip.ts';
import { column, flipRasLps, multiply, spacingOf } from './matrix.ts';
import { interleaved } from './vectors.ts';
import { valuesPerVoxel, type WrittenType, writtenVoxels } from './writtenVoxels.ts';

const types: Readonly<Record<WrittenType, string>> = {
  uint8: 'MET_UCHAR',
  int16: 'MET_SHORT',
  uint16: 'MET_USHORT',
  int32: 'MET_INT',
  float32: 'MET_FLOAT',
};

/**
 * Writes a .mha file, packed with zlib: LPS mm, floats or the smallest integer type that holds the labels; a warp has
 * three channels.
 * @throws UserError when a value is not a number
 * @example const bytes = await encodeMetaImage(fixed)
 */
export async function encodeMetaImage(image: Volume | Labels | Warp): Promise<Uint8Array> {
  const channels = valuesPerVoxel(image);
  const { bytes, type } = writtenVoxels(channels === 3 ? interleaved(image.data as Float32Array) : image.data);
  const packed = await deflate(bytes);
  const lps = multiply(flipRasLps, image.affine);
  const spacing = spacingOf(lps);
  const directions = ([0, 1, 2] as const).flatMap((axis) => column(lps, axis).map((x) => x / spacing[axis] || 0));
  const header = [
    'ObjectType = Image',
    'NDims = 3',
    'BinaryData = True',
    'BinaryDataByteOrderMSB = False',
    'CompressedData = True',
    `CompressedDataSize = ${packed.length}`,
    `TransformMatrix = ${directions.join(' ')}`,
    `Offset = ${column(lps, 3)
      .map((x) => x || 0)
      .join(' ')}`,
    'CenterOfRotation = 0 0 0',
    `ElementSpacing = ${spacing.join(' ')}`,
    `DimSize = ${image.size.join(' ')}`,
    ...(channels === 1 ? [] : [`ElementNumberOfChannels = ${channels}`]),
    `ElementType = ${types[type]}`,
    'ElementDataFile = LOCAL',
    '',
  ].join('\n');
  return joined(new TextEncoder().encode(header), packed);
}
