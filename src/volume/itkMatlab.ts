import { UserError } from '../errors.ts';
import { chainOfRecords, type ItkRecord } from './itkRecord.ts';
import type { TransformChain } from './transformChain.ts';

/**
 * Reads ITK's binary transform file, as ANTs' `0GenericAffine.mat`. It is MATLAB's format of level 4. Each transform
 * has a column of parameters with the name of the transform, and a column `fixed`.
 * @param name what messages call the file
 * @returns RAS mm, in the order in which a fixed point goes through them
 * @throws UserError when the file is damaged or of another kind
 */
export function decodeItkMatlab(bytes: Uint8Array, name: string): TransformChain {
  const matrices = matricesOf(bytes, name);
  const records = matrices.flatMap(({ name: type, values }, n): ItkRecord[] => {
    if (n % 2 !== 0) return [];
    const fixed = matrices[n + 1];
    if (fixed?.name !== 'fixed') throw notItk(name);
    return [{ type, parameters: values, fixedParameters: fixed.values }];
  });
  return chainOfRecords(records, name);
}

interface Matrix {
  readonly name: string;
  readonly values: readonly number[];
}

/**
 * Each is a header of five numbers (type, rows, columns, whether there are imaginary parts, length of the name), its
 * name, its values.
 */
function matricesOf(bytes: Uint8Array, name: string): Matrix[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Matrix[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 20 > bytes.length) throw notItk(name);
    // The type is a number of four digits, MOPT: of doubles or floats (P), in full (T), with the highest byte first
    // where M is 1.
    const little = view.getUint32(at, true) < 10000;
    const [type, rows, columns, imaginary, length] = [0, 4, 8, 12, 16].map((n) => view.getUint32(at + n, little)) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const size = { 0: 8, 10: 4 }[type % 1000];
    const count = rows * columns;
    const from = at + 20 + length;
    if (size === undefined || imaginary !== 0 || length > 200 || from + count * size > bytes.length) throw notItk(name);
    const value = (n: number): number =>
      size === 8 ? view.getFloat64(from + 8 * n, little) : view.getFloat32(from + 4 * n, little);
    const text = new TextDecoder('latin1').decode(bytes.subarray(at + 20, from)).replace(/\0.*$/s, '');
    found.push({ name: text, values: Array.from({ length: count }, (_, n) => value(n)) });
    at = from + count * size;
  }
  return found;
}

function notItk(name: string): UserError {
  return new UserError(
    `${name} is damaged, or not a transform that ITK or ANTs wrote as .mat; copy the file again, or give a .tfm or .txt file.`,
  );
}
