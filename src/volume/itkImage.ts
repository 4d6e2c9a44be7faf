import { UserError } from '../errors.ts';
import type { Mat4 } from './grid.ts';
import { flipRasLps, isInvertible, multiply } from './matrix.ts';
import type { StoredArray, StoredImage } from './storedImage.ts';

/** An image as `@itk-wasm/image-io` returns it, as far as it is used here. */
export interface ItkImage {
  readonly imageType: { readonly dimension: number; readonly components: number; readonly pixelType: string };
  readonly size: readonly number[];
  /** The position of the first voxel, LPS mm. */
  readonly origin: readonly number[];
  readonly spacing: readonly number[];
  /** Row-major; its columns are the LPS directions of the axes. */
  readonly direction: ArrayLike<number | bigint>;
  readonly data: ArrayLike<number | bigint> | null;
}

/**
 * Turns ITK's image into ours: its LPS geometry becomes an RAS affine. Axes of size 1 after the third are dropped.
 * @param name what messages call the file.
 * @throws UserError when it is not one 3-D volume of single numbers, or its geometry cannot be used.
 */
export function fromItkImage(image: ItkImage, name: string): StoredImage {
  const { imageType, size, origin, spacing, direction } = image;
  const { dimension, components } = imageType;
  if (components !== 1) {
    throw new UserError(`${name} has ${components} values a voxel (${imageType.pixelType}); give a volume with one.`);
  }
  const shape = size.join('×');
  if (dimension < 3 || size.slice(3).some((n) => n !== 1)) {
    throw new UserError(`${name} has ${dimension} dimensions (${shape}); give one 3-D volume.`);
  }
  const [nx, ny, nz] = size as [number, number, number];
  if (image.data === null || image.data.length !== nx * ny * nz || image.data.length === 0) {
    throw new UserError(`${name} does not hold the ${shape} voxels that its header announces; copy the file again.`);
  }
  const row = (r: number) => [0, 1, 2].map((c) => Number(direction[dimension * r + c]) * spacing[c]!);
  const lps: Mat4 = [...row(0), origin[0]!, ...row(1), origin[1]!, ...row(2), origin[2]!, 0, 0, 0, 1];
  const affine = multiply(flipRasLps, lps);
  if (!isInvertible(affine)) {
    throw new UserError(`${name} has no usable geometry (its direction matrix is singular); repair its header.`);
  }
  return { name, size: [nx, ny, nz], affine, slope: 1, intercept: 0, data: ownArray(image.data) };
}

/** The voxels in an ordinary array: 64-bit integers as doubles. */
function ownArray(data: ArrayLike<number | bigint>): StoredArray {
  const plain = storedTypes.find((Type) => data instanceof Type);
  return plain === undefined ? Float64Array.from(data, Number) : (data as StoredArray);
}

const storedTypes = [
  ...[Int8Array, Uint8Array, Int16Array, Uint16Array],
  ...[Int32Array, Uint32Array, Float32Array, Float64Array],
];
