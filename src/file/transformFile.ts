import { UserError } from '../errors.ts';
import type { Grid, Mat4, Vec3 } from '../volume/grid.ts';
import { decodeItkMatlab } from '../volume/itkMatlab.ts';
import { recordsOfChain } from '../volume/itkRecord.ts';
import { decodeItkTransform, decodeItkTransforms, encodeItkTransform } from '../volume/itkTransform.ts';
import { chainMatrix, chainWarp, invertChain, type TransformChain } from '../volume/transformChain.ts';
import { writeAtomically } from './atomic.ts';
import { readBytes, readText } from './nodeFiles.ts';
import { assertWritable, readWarp, writeWarp } from './volumeFile.ts';

const extension = /\.(tfm|txt)$/i;
const composite = /\.(h5|hdf5)$/i;

/**
 * Reads a linear transform from ITK's text file: RAS mm, fixed point → moving point.
 * @throws UserError when the file is missing or holds no such transform
 */
export async function readTransform(path: string): Promise<Mat4> {
  return decodeItkTransform(await readText(path), path);
}

/** What stands before a path whose transform is taken backwards. */
const INVERSE = 'inverse:';

/** The path of a transform that may be marked as an inverse. */
export function transformPath(given: string): string {
  return given.startsWith(INVERSE) ? given.slice(INVERSE.length) : given;
}

/**
 * Reads a chain of transforms, in the order in which a fixed point goes through them. Files are .tfm, .txt, .mat (as
 * ANTs' 0GenericAffine.mat), .h5 (ITK's composite), or a warp in any format that `readWarp` reads.
 * @param given paths, each with `inverse:` before it where its transform is to be taken backwards
 * @throws UserError when a file is missing or holds no transform that is read
 * @example const chain = await readTransforms(['1Warp.nii.gz', 'inverse:0GenericAffine.mat'])
 */
export async function readTransforms(given: readonly string[]): Promise<TransformChain> {
  const chains: TransformChain[] = [];
  for (const each of given) {
    const path = transformPath(each);
    const chain = await readChain(path);
    chains.push(path === each ? chain : invertChain(chain));
  }
  return chains.flat();
}

async function readChain(path: string): Promise<TransformChain> {
  if (extension.test(path)) return decodeItkTransforms(await readText(path), path);
  if (composite.test(path)) return (await import('./itkHdf5.ts')).decodeItkHdf5(await readBytes(path), path);
  if (/\.mat$/i.test(path)) return decodeItkMatlab(await readBytes(path), path);
  return [{ warp: await readWarp(path) }];
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

/** As ITK's composite: each part as it is, or one warp where a part is the inverse of one. */
async function writeComposite(path: string, chain: TransformChain, gridOf: () => Promise<Grid>): Promise<void> {
  const { encodeItkHdf5 } = await import('./itkHdf5.ts');
  const hasInverse = chain.some((each) => 'warp' in each && each.inverse);
  const parts = hasInverse ? [{ warp: chainWarp(chain, await gridOf()) }] : chain;
  await writeAtomically(path, await encodeItkHdf5(recordsOfChain(parts)));
}

/**
 * Writes transforms that follow one another as one file. The path's ending decides: .tfm or .txt is a linear transform,
 * .h5 ITK's composite with the parts as they are, any other a warp.
 * @param gridOf the grid that a warp gets
 * @throws UserError when the path asks for a linear transform and one of them is a warp
 * @example await writeChain('joined.nii.gz', [{ warp: field }, { matrix }], async () => fixed)
 */
export async function writeChain(path: string, chain: TransformChain, gridOf: () => Promise<Grid>): Promise<void> {
  if (composite.test(path)) return writeComposite(path, chain, gridOf);
  if (!extension.test(path)) return writeWarp(path, chainWarp(chain, await gridOf()));
  const matrix = chainMatrix(chain);
  if (!matrix)
    throw new UserError(
      `${path} can hold only linear transforms, and one of these is a warp; give a path that ends in .nii.gz.`,
    );
  await writeTransform(path, matrix, [0, 0, 0]);
}

/** @throws UserError when {@link writeChain} does not write files of that name */
export function assertChainName(path: string): void {
  if (!extension.test(path) && !composite.test(path)) assertWritable(path);
}
