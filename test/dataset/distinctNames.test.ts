import { describe, expect, it } from 'vitest';
import { distinctNames } from '../../src/dataset/distinctNames.ts';

const named = (wanted: readonly string[]): string[] => {
  const nameOf = distinctNames();
  return wanted.map(nameOf);
};

describe('distinctNames', () => {
  it('keeps what is distinct and numbers what is not', () => {
    expect(named(['a_b', 'b_a', 'a_b', 'a_b', 'a_b-2'])).toEqual(['a_b', 'b_a', 'a_b-2', 'a_b-3', 'a_b-2-2']);
  });

  it('gives no two names that a file system might take for one', () => {
    const names = named(['Scan', 'scan', 'SCAN', 'caf\u00e9', 'cafe\u0301', 'ﬁx', 'fix', 'straße', 'STRASSE']);
    const folded = names.map((name) => name.normalize('NFKC').toUpperCase().toLowerCase());
    expect(new Set(folded).size).toBe(names.length);
    expect(names[0]).toBe('Scan');
  });

  it('makes one step of a path of anything, short enough for a file', () => {
    for (const name of named([
      'a/b',
      '../../x',
      'a\\b',
      'c:d',
      'e\0f',
      'g\nh',
      '*?"<>|',
      'ü'.repeat(300),
      '\u{1f600}'.repeat(90),
    ])) {
      expect(name).not.toMatch(/[/\\:*?"<>|\p{Cc}]/u);
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(185);
      expect(name).toBe(Buffer.from(name).toString());
    }
  });

  it('tells long names apart that begin alike', () => {
    const long = 'x'.repeat(400);
    expect(new Set(named([`${long}1`, `${long}2`, `${long}3`])).size).toBe(3);
  });
});
