import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { UserError } from '../errors.ts';
import { requirement } from '../schema.ts';
import { reasonOf } from './reason.ts';

/**
 * Reads a JSON file that EarthMorph wrote; undefined where there is none.
 * @param schema the form that its values must have
 * @param wayOn what to do about a damaged file, as the end of a sentence
 * @throws UserError when the file cannot be read or does not have the form
 */
export async function readJsonFile<T>(path: string, schema: z.ZodType, wayOn: string): Promise<T | undefined> {
  const text = await readTextFile(path);
  return text === undefined ? undefined : parseJson<T>(text, schema, path, wayOn);
}

/**
 * Reads a text file; undefined where there is none.
 * @throws UserError when it cannot be read
 */
export async function readTextFile(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new UserError(`${path} cannot be read (${reasonOf(error)}); make it readable, or move it away.`, {
      cause: error,
    });
  });
}

/**
 * The values of a JSON text of a known form.
 * @throws UserError that says what is wrong with it and what to do
 */
export function parseJson<T>(text: string, schema: z.ZodType, name: string, wayOn: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError(`${name} is damaged (it is ${text.trim() === '' ? 'empty' : 'not complete JSON'}); ${wayOn}.`);
  }
  const { error } = schema.safeParse(value);
  const issue = error?.issues[0];
  if (issue) {
    const place = issue.path.join('.');
    throw new UserError(
      `${name} is damaged (${place === '' ? 'it' : `its "${place}"`} ${requirement(issue)}); ${wayOn}.`,
    );
  }
  return value as T;
}
