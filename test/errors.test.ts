import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { requirement } from '../src/errors.ts';

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
