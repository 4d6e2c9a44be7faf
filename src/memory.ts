/** One gigabyte, in bytes. */
const GB = 1e9;

/** What WebAssembly can address, less what the runtime itself takes. */
const BROWSER_MOST = 3.5 * GB;

/**
 * Bytes that this process may still take: those that the machine or the container has free. In a browser they are what
 * WebAssembly can address, or half of the machine's memory if that is less. Infinite if nothing is known. The
 * environment variable EARTHMORPH_MEMORY says it in GB instead.
 */
export function availableMemory(): number {
  if (typeof process === 'undefined') {
    const { deviceMemory } = navigator as { readonly deviceMemory?: number };
    return Math.min(BROWSER_MOST, deviceMemory === undefined ? BROWSER_MOST : (deviceMemory * GB) / 2);
  }
  const given = Number(process.env?.EARTHMORPH_MEMORY);
  return given > 0 ? given * GB : (process.availableMemory?.() ?? Number.POSITIVE_INFINITY);
}

/**
 * Whether something needs more memory than there is.
 * @param bytes an estimate of what it will take
 * @param most bytes that it may take at most, where somebody said so
 * @returns the middle of a sentence, `about 85 GB of memory, more than the 22 GB that are free`; undefined where there
 * is enough
 */
export function shortage(bytes: number, most?: number): string | undefined {
  const available = most ?? availableMemory();
  const which = most === undefined ? 'are free' : 'it may take';
  return bytes > available
    ? `about ${gigabytes(bytes)} of memory, more than the ${gigabytes(available)} that ${which}`
    : undefined;
}

function gigabytes(bytes: number): string {
  return `${Number((bytes / GB).toPrecision(2))} GB`;
}

/** Scans of so many voxels are large: warps of theirs take a gigabyte, and what is left lying soon takes several. */
const LARGE = 2 ** 25;

/**
 * Frees what is no longer in use between two steps of a large scan's registration, rather than when the engine gets to
 * it. It does so where the engine lets it, which Node does under the command line.
 */
export function freeUnused({ size: [nx, ny, nz] }: { readonly size: readonly [number, number, number] }): void {
  if (nx * ny * nz >= LARGE) (globalThis as { readonly gc?: () => void }).gc?.();
}
