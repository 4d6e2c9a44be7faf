import { UserError } from '../errors.ts';

/** No header of text is longer, in bytes. */
const LONGEST = 2 ** 22;

/** The lines at the beginning of a file, without their ends. Each has the position where the next begins. */
export function* headerLines(bytes: Uint8Array): Generator<{ readonly line: string; readonly next: number }> {
  const decoder = new TextDecoder();
  for (let at = 0; at < Math.min(bytes.length, LONGEST); ) {
    const end = bytes.subarray(0, LONGEST).indexOf(0x0a, at);
    const stop = end < 0 ? Math.min(bytes.length, LONGEST) : end;
    const next = end < 0 ? stop : end + 1;
    yield { line: decoder.decode(bytes.subarray(at, stop)).replace(/\r$/, ''), next };
    at = next;
  }
}

/**
 * Numbers with blanks between them, as a header's line has them.
 * @param count how many there must be.
 * @throws UserError that quotes the line
 */
export function numbersOf(text: string, count: number, field: string, name: string): number[] {
  const words = text.trim().split(/\s+/);
  const numbers = words.map((word) => (/^nan$/i.test(word) ? Number.NaN : Number(word)));
  if (numbers.length !== count || numbers.some((value, i) => Number.isNaN(value) && !/^nan$/i.test(words[i]!)))
    throw unusable(field, text, name, `needs ${count} ${count === 1 ? 'number' : 'numbers'}`);
  return numbers;
}

/** A UserError about a line of a header. */
export function unusable(field: string, text: string, name: string, why: string): UserError {
  const line = `${field} ${text}`
    .trim()
    .slice(0, 80)
    .replace(/[\p{Cc}\ufffd]/gu, '?');
  return new UserError(`${name} cannot be read: its header says "${line}", which ${why}; correct or export it again.`);
}
