import { printable } from '../../errors.ts';

/** What comes from a queue as one line for a terminal or a file, no longer than `most` characters. */
export function shortLine(text: string, most = 300): string {
  const plain = printable(text.slice(0, 4 * most)).trim();
  return plain.length > most ? `${plain.slice(0, most - 1)}…` : plain;
}
