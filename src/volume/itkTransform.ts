import { UserError } from '../errors.ts';
import type { Mat4, Vec3 } from './grid.ts';
import { chainOfRecords, type ItkRecord, recordsOfChain } from './itkRecord.ts';
import { chainMatrix, type TransformChain } from './transformChain.ts';

const HEADER = '#Insight Transform File V1.0';

/**
 * Writes a transform as ITK's text file: LPS mm, fixed point → moving point, y = M (x − c) + c + t. ITK, ANTs, Slicer,
 * plastimatch and SimpleITK read it.
 * @param matrix RAS mm, fixed point → moving point
 * @param centre c, RAS mm: changes the file's numbers, not what they do
 * @example const text = encodeItkTransform(matrix)
 */
export function encodeItkTransform(matrix: Mat4, centre: Vec3 = [0, 0, 0]): string {
  const [{ type, parameters, fixedParameters }] = recordsOfChain([{ matrix }], centre) as [ItkRecord];
  return [
    HEADER,
    '#Transform 0',
    `Transform: ${type}`,
    `Parameters: ${Array.from(parameters).join(' ')}`,
    `FixedParameters: ${Array.from(fixedParameters).join(' ')}`,
    '',
  ].join('\n');
}

/**
 * Reads such a file: one linear transform (affine, Euler, versor, similarity, translation), or a composite of them.
 * @param name what messages call the file
 * @returns RAS mm, fixed point → moving point
 * @throws UserError when it is no such file, or holds another kind of transform, or several
 * @example const matrix = decodeItkTransform(text, 'rigid.tfm')
 */
export function decodeItkTransform(text: string, name: string): Mat4 {
  const matrix = chainMatrix(decodeItkTransforms(text, name));
  if (!matrix) throw new UserError(`${name} holds a warp; give a linear transform alone.`);
  return matrix;
}

/**
 * Reads all transforms of ITK's text file, warps among them, in the order in which a fixed point goes through them.
 * @throws UserError as {@link decodeItkTransform}
 */
export function decodeItkTransforms(text: string, name: string): TransformChain {
  if (!text.startsWith('#Insight Transform File'))
    throw new UserError(
      `${name} is not an ITK transform file (its first line is not "${HEADER}"); give one that ITK, ANTs or Slicer wrote.`,
    );
  return chainOfRecords(
    text
      .split(/^Transform:/m)
      .slice(1)
      .map(recordOf),
    name,
  );
}

/** A transform from the lines behind the word `Transform:`. */
function recordOf(text: string): ItkRecord {
  const numbers = (key: string): number[] => {
    const line = new RegExp(`^${key}:([^\\n]*)$`, 'm').exec(text)?.[1] ?? '';
    return line.split(/\s+/).filter(Boolean).map(Number);
  };
  return {
    type: /^[^\n]*/.exec(text)![0].trim(),
    parameters: numbers('Parameters'),
    fixedParameters: numbers('FixedParameters'),
  };
}
