import { UserError } from '../errors.ts';
import type { Mat4, Vec3 } from '../volume/grid.ts';
import { decodeItkTransform, encodeItkTransform } from '../volume/itkTransform.ts';
import { writeAtomically } from './atomic.ts';
import { readText } from './nodeFiles.ts';

const extension = /\.(tfm|txt)$/i;

/**
 * Reads a linear transform from ITK's text file: RAS mm, fixed point → moving point.
 * @throws UserError when the file is missing or holds no such transform
 */
export async function readTransform(path: string): Promise<Mat4> {
  return decodeItkTransform(await readText(path), path);
}

/** Writes a linear transform, RAS mm, about a centre. */
export async function writeTransform(path: string, matrix: Mat4, centre: Vec3): Promise<void> {
  assertTransformName(path);
  await writeAtomically(path, encodeItkTransform(matrix, centre));
}

/**
 * Checks where a transform is to be written, before work begins whose result would be lost.
 * @throws UserError when the name does not end in .tfm or .txt, by which other programs know the format
 */
export function assertTransformName(path: string): void {
  if (!extension.test(path)) throw new UserError(`${path} cannot be written; give a path that ends in .tfm or .txt.`);
}
