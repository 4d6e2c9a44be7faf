import type { Labels, Volume, Warp } from './grid.ts';
import { gzip, joined } from './gzip.ts';
import { column, flipRasLps, multiply } from './matrix.ts';
import { interleaved } from './vectors.ts';
import { valuesPerVoxel, type WrittenType, writtenVoxels } from './writtenVoxels.ts';

const types: Readonly<Record<WrittenType, string>> = {
  uint8: 'uchar',
  int16: 'short',
  uint16: 'ushort',
  int32: 'int',
  float32: 'float',
};

/**
 * Writes a .nrrd file, packed with gzip: left-posterior-superior mm, floats or the smallest integer type that holds the
 * labels. A warp has its three components as first axis, of the kind `vector`, as ITK and Slicer have displacement
 * fields.
 * @throws UserError when a value is not a number
 * @example const bytes = await encodeNrrd(fixed)
 */
export async function encodeNrrd(image: Volume | Labels | Warp): Promise<Uint8Array> {
  const isWarp = valuesPerVoxel(image) === 3;
  const { bytes, type } = writtenVoxels(isWarp ? interleaved(image.data as Float32Array) : image.data);
  const lps = multiply(flipRasLps, image.affine);
  const [i, j, k, origin] = ([0, 1, 2, 3] as const).map(
    (n) =>
      `(${column(lps, n)
        .map((x) => x || 0)
        .join(',')})`,
  );
  const vector = (text: string): string => (isWarp ? `${text} ` : '');
  const header = [
    'NRRD0004',
    `type: ${types[type]}`,
    `dimension: ${isWarp ? 4 : 3}`,
    'space: left-posterior-superior',
    `sizes: ${vector('3')}${image.size.join(' ')}`,
    `space directions: ${vector('none')}${i} ${j} ${k}`,
    `kinds: ${vector('vector')}domain domain domain`,
    ...(type === 'uint8' ? [] : ['endian: little']),
    'encoding: gzip',
    `space origin: ${origin}`,
    '',
    '',
  ].join('\n');
  return joined(new TextEncoder().encode(header), await gzip(bytes));
}
