/** What a library that is not ours may take to read a file, which may be damaged: in Node a thread, a worker in a page. */

/** Seconds that it may take, and those that each MB of the file adds. */
const SECONDS = 60;
const SECONDS_EACH = 1;

/** Bytes that WebAssembly may take, and what each byte of the file adds: a damaged length would take all there is. */
const MEMORY = 2 ** 29;
const MEMORY_EACH = 20;

/** Seconds for a file of so many bytes. */
export function secondsFor(bytes: number): number {
  return SECONDS + (SECONDS_EACH * bytes) / 1e6;
}

/** Bytes of WebAssembly for a file of so many bytes. */
export function memoryFor(bytes: number): number {
  return MEMORY + MEMORY_EACH * bytes;
}
