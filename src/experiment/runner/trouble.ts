/** Codes of the system and of Node for what a machine lacks, not for what was asked of it. */
const CODES = new Set([
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EACCES',
  'EPERM',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'EAGAIN',
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'EEXIST',
  'EBUSY',
  'ETXTBSY',
  'ESTALE',
  'ELOOP',
  'ENAMETOOLONG',
  'ERR_MODULE_NOT_FOUND',
  'MODULE_NOT_FOUND',
  'ERR_DLOPEN_FAILED',
]);

/** Messages of V8, the C++ library and ONNX Runtime when memory is not available. */
const NO_MEMORY =
  /bad_alloc|bad allocation|out of memory|heap limit|failed to allocate|array buffer allocation failed|invalid typed array length/i;

/**
 * Whether an error comes from this machine: a full disk, a read-only folder, missing data or runtime, no memory. On
 * another machine the same work may succeed.
 */
export function isTrouble(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if ('code' in at && CODES.has(String(at.code))) return true;
    if (saysNoMemory(at.message)) return true;
  }
  return false;
}

/** Whether a text, as a process leaves it when it dies, says that it had no memory. */
export function saysNoMemory(text: string): boolean {
  return NO_MEMORY.test(text);
}
