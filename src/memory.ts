/** One gigabyte, in bytes. */
const GB = 1e9;

/**
 * Bytes that this process may still take: what the machine, or the container, has free; infinite where that is not
 * known, as in a browser. The environment variable EARTHMORPH_MEMORY says it in GB instead.
 */
export function availableMemory(): number {
  if (typeof process === 'undefined') return Number.POSITIVE_INFINITY;
  const given = Number(process.env?.EARTHMORPH_MEMORY);
  return given > 0 ? given * GB : (process.availableMemory?.() ?? Number.POSITIVE_INFINITY);
}

/**
 * Whether something needs more memory than there is.
 * @param bytes an estimate of what it will take
 * @returns the middle of a sentence, `about 85 GB of memory, more than the 22 GB that are free`; undefined where there
 * is enough
 */
export function shortage(bytes: number): string | undefined {
  const available = availableMemory();
  return bytes > available
    ? `about ${gigabytes(bytes)} of memory, more than the ${gigabytes(available)} that are free`
    : undefined;
}

function gigabytes(bytes: number): string {
  return `${Number((bytes / GB).toPrecision(2))} GB`;
}
