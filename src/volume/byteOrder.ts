/** Whether this machine stores the lowest byte of a number first; practically all do. */
export const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Reverses the bytes of every element, in place. */
export function reverseElements(bytes: Uint8Array, elementSize: number): void {
  if (elementSize === 1) return;
  for (let at = 0; at < bytes.length; at += elementSize) bytes.subarray(at, at + elementSize).reverse();
}

/**
 * Copies a range of bytes into a buffer of their own. (`slice` of a Node Buffer would be a view of the same memory.)
 */
export function copyBytes(bytes: Uint8Array, from: number, to: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.subarray(from, to));
}
