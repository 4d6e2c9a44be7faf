import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Lets `freeUnused` free what large scans leave behind; Node's flag --expose-gc does the same. */
export function letMemoryBeFreed(): void {
  setFlagsFromString('--expose-gc');
  (globalThis as { gc?: () => void }).gc ??= runInNewContext('gc') as () => void;
}
