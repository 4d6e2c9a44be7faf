import { readFile } from 'node:fs/promises';
import { readVolume, readWarp } from '../../src/node.ts';

/**
 * What is wrong with a result that was given out as right: a number that is none, or another count of them than was
 * said.
 */
export function unsound(value: unknown, path = 'the result'): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${path} is ${value}`;
  if (ArrayBuffer.isView(value)) {
    const at = Array.prototype.findIndex.call(value, (each: number | bigint) => !Number.isFinite(Number(each)));
    return at < 0 ? undefined : `${path}[${at}] is no number`;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { size, affine, data } = value as { size?: number[]; affine?: number[]; data?: ArrayLike<number> };
  if (Array.isArray(size) && Array.isArray(affine) && data) {
    const voxels = size.reduce((product, n) => product * n, 1);
    if (voxels === 0 || (data.length !== voxels && data.length !== 3 * voxels))
      return `${path} has ${data.length} values for ${size.join('×')} voxels`;
  }
  for (const [key, each] of Object.entries(value)) {
    const found = unsound(each, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What is wrong with a file that a command wrote. */
export async function unsoundFile(path: string): Promise<string | undefined> {
  try {
    if (/\.nii(\.gz)?$/.test(path))
      return unsound(/(^|\/)(warp|inverse)[_.][^/]*$/.test(path) ? await readWarp(path) : await readVolume(path), path);
    const text = await readFile(path, 'utf8');
    if (path.endsWith('.json')) JSON.parse(text);
    if (/\.(json|jsonl|csv|svg|tag|tfm)$/.test(path) && /\b(NaN|Infinity|undefined)\b/.test(text))
      return `${path} holds something that is no number`;
    return undefined;
  } catch (error) {
    return `${path} cannot be read again (${error instanceof Error ? error.message : error})`;
  }
}
