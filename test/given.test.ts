import { describe, expect, it } from 'vitest';
import { given } from '../src/given.ts';

describe('given', () => {
  it('leaves out what is undefined, and only that', () => {
    expect(Object.keys(given({ a: undefined, b: 0, c: '', d: null, e: false }))).toEqual(['b', 'c', 'd', 'e']);
  });
});
