/** More threads than this bring nothing for volumes of this size. */
const MOST = 8;

/**
 * Threads that WebAssembly may have: the number of cores less one, which draws the page. It is 1 if the host does not
 * isolate the page from other origins (COOP and COEP).
 */
export function pageThreads(): number {
  return crossOriginIsolated ? Math.min(MOST, Math.max(1, navigator.hardwareConcurrency - 1)) : 1;
}
