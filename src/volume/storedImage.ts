import { UserError } from '../errors.ts';
import { assertFinite, canBeLabels, summariseValues } from './checks.ts';
import type { Grid, Labels, Volume } from './grid.ts';

/** The arrays in which voxels are stored; 64-bit integers are turned into doubles when they are read. */
export type StoredArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/**
 * A 3-D image as its file has it: the voxel's value is `data[index] · slope + intercept`, index = i + nx·(j + ny·k).
 */
export interface StoredImage extends Grid {
  /** The file's name, for messages. */
  readonly name: string;
  readonly data: StoredArray;
  readonly slope: number;
  readonly intercept: number;
}

/** Whether the values are stored as whole numbers and meant as such. */
export function isIntegerImage({ data, slope, intercept }: StoredImage): boolean {
  const floats = data instanceof Float32Array || data instanceof Float64Array;
  return !floats && slope === 1 && intercept === 0;
}

/**
 * The image as a volume of 32-bit floats.
 * @throws UserError when a voxel is NaN or infinite (or beyond the range of 32-bit floats).
 * @example const volume = toVolume(await decodeNifti(bytes, 'fixed.nii.gz'))
 */
export function toVolume(image: StoredImage): Volume {
  const data = scaled(image, Float32Array);
  assertFinite(data, image.name);
  return { size: image.size, affine: image.affine, data };
}

/**
 * The image as a segmentation.
 * @throws UserError when the values are not whole numbers from 0, or look like intensities.
 * @example const labels = toLabels(await decodeNifti(bytes, 'labels.nii.gz'))
 */
export function toLabels(image: StoredImage): Labels {
  const { name, size, affine } = image;
  const values = scaled(image, Float64Array);
  assertFinite(values, name);
  const summary = summariseValues(values, size);
  if (!summary.integers) {
    throw new UserError(`${name} holds fractions, so it is not a label map; give a segmentation of whole numbers.`);
  }
  if (summary.min < 0) {
    throw new UserError(`${name} holds the negative label ${summary.min}; number the labels from 0 (background) up.`);
  }
  if (summary.max > 0x7fffffff) {
    throw new UserError(`${name} holds the label ${summary.max}; labels must be below 2147483648.`);
  }
  if (!canBeLabels(summary)) {
    throw new UserError(
      `${name} looks like an image, not a label map (${summary.distinct} different values that vary from voxel to voxel); give a segmentation.`,
    );
  }
  const data = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) data[i] = Math.round(values[i]!);
  return { size, affine, data };
}

/** The values with slope and intercept applied; the stored array itself where nothing changes. */
export function scaled<T extends Float32Array | Float64Array>(
  { data, slope, intercept }: Pick<StoredImage, 'data' | 'slope' | 'intercept'>,
  Type: new (n: number | ArrayLike<number>) => T,
): T {
  if (slope === 1 && intercept === 0) return data instanceof Type ? data : new Type(data);
  const out = new Type(data.length);
  for (let i = 0; i < data.length; i++) out[i] = data[i]! * slope + intercept;
  return out;
}
