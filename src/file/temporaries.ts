import { rmSync } from 'node:fs';

const paths = new Set<string>();

/**
 * Remembers a file or folder that is only there while something is written: where the process ends before it is
 * forgotten, it is removed on the way out. Make it synchronously, so that nothing pending can bring it back.
 */
export function rememberTemporary(path: string): void {
  if (paths.size === 0) process.once('exit', removeTemporaries);
  paths.add(path);
}

/** Forgets what is in its final place or removed. */
export function forgetTemporary(path: string): void {
  paths.delete(path);
  if (paths.size === 0) process.off('exit', removeTemporaries);
}

function removeTemporaries(): void {
  for (const path of paths) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}
