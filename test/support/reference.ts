import { readFileSync } from 'node:fs';

/** An array as the reference files hold it. */
export interface Stored {
  readonly shape: number[];
  readonly f32: string;
}

/** Reads a file of known answers (made once with PyTorch and NumPy). */
export function reference<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/reference/${name}.json`, import.meta.url), 'utf8')) as T;
}

/** Decodes base64 little-endian float32. */
export function values(stored: Stored): Float32Array {
  const bytes = Buffer.from(stored.f32, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** ‖a − b‖ / ‖b‖. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`Lengths differ: ${a.length} and ${b.length}.`);
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    difference += ((a[i] as number) - (b[i] as number)) ** 2;
    norm += (b[i] as number) ** 2;
  }
  return Math.sqrt(difference / norm);
}
