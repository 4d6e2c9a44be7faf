import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { UserError } from '../src/errors.ts';
import { requirement } from '../src/schema.ts';

const words = (schema: z.ZodType, value: unknown): string =>
  requirement(schema.safeParse(value).error?.issues[0] as z.core.$ZodIssue);

describe('what a refused value must be', () => {
  it.each([
    [z.number(), 'a', 'must be a number'],
    [z.int(), 2.5, 'must be a whole number'],
    [z.string(), 1, 'must be a text in quotes'],
    [z.boolean(), 'yes', 'must be true or false'],
    [z.array(z.number()), 3, 'must be a list'],
    [z.tuple([z.number()]), 3, 'must be a list'],
    [z.strictObject({}), 3, 'must be an object'],
    [z.enum(['a', 'b']), 'c', 'must be one of a, b'],
    [z.literal(true), false, 'must be true'],
    [z.int().min(1), 0, 'must be at least 1'],
    [z.number().positive(), 0, 'must be more than 0'],
    [z.number().max(1), 2, 'must be at most 1'],
    [z.number().lt(1), 1, 'must be less than 1'],
    [z.string().min(1), '', 'must not be empty'],
    [z.array(z.number()).min(1), [], 'must not be empty'],
    [z.array(z.number()).min(2), [1], 'must have at least 2 entries'],
    [z.string().min(2), 'a', 'must have at least 2 characters'],
    [z.int().refine((n) => n % 2 === 1, 'must be odd'), 2, 'must be odd'],
    [z.union([z.literal(1), z.literal(2)], 'must be 1 or 2'), 3, 'must be 1 or 2'],
  ])('%#: reads as the end of a sentence', (schema, value, sentence) => {
    expect(words(schema, value)).toBe(sentence);
  });
});

describe('what a message quotes of a file', () => {
  it.each([
    ['line ends', 'the key "a\r\nb"', 'the key "a b"'],
    ['commands to a terminal', 'the key "\u001b[31mred\u0007\u009b2J"', 'the key " [31mred 2J"'],
    ['zeros', 'the name \0\0\0x', 'the name  x'],
    ['what turns the writing round', 'the file a\u202Egpj.exe', 'the file a gpj.exe'],
    ['separators of lines', 'a\u2028b', 'a b'],
  ])('is without %s', (_, message, printed) => {
    expect(new UserError(message).message).toBe(printed);
  });

  it('is cut short in the middle where it is one very long word', () => {
    const { message } = new UserError(`There is no loss "${'x'.repeat(1e6)}"; choose one.`);
    expect(message).toHaveLength('There is no loss '.length + 401 + ' choose one.'.length);
    expect(message).toMatch(/^There is no loss "x{199}…x{198}"; choose one\.$/);
    const path = `/${'folder/'.repeat(50)}a.nii`;
    expect(new UserError(`${path} is empty.`).message).toBe(`${path} is empty.`);
  });

  it('keeps letters of every language', () => {
    expect(new UserError('Müller_脳.nii.gz fehlt – “hier”.').message).toBe('Müller_脳.nii.gz fehlt – “hier”.');
  });
});
