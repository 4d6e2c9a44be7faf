import { z } from 'zod';
import { UserError } from './errors.ts';

const KINDS: Readonly<Record<string, string>> = {
  number: 'must be a number',
  int: 'must be a whole number',
  string: 'must be a text in quotes',
  boolean: 'must be true or false',
  array: 'must be a list',
  tuple: 'must be a list',
  object: 'must be an object',
  record: 'must be an object',
};

/** What a refused value must be, as the end of a sentence that names the value: `must be at least 1`. */
export function requirement(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith('must ')) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? `must be of type ${issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
    case 'too_small':
      if (issue.minimum === 1 && issue.origin !== 'number' && issue.origin !== 'int') return 'must not be empty';
      return `must ${extent(issue.origin, issue.inclusive ? 'at least' : 'more than', issue.minimum)}`;
    case 'too_big':
      return `must ${extent(issue.origin, issue.inclusive ? 'at most' : 'less than', issue.maximum)}`;
    default:
      return `is not valid: ${issue.message}`;
  }
}

function extent(origin: string, than: string, limit: number | bigint): string {
  if (origin === 'string') return `have ${than} ${limit} ${limit === 1 ? 'character' : 'characters'}`;
  return origin === 'array' ? `have ${than} ${limit} ${limit === 1 ? 'entry' : 'entries'}` : `be ${than} ${limit}`;
}

/**
 * Checks values by a schema, and fills in defaults.
 * @param what they belong to, such as `loss "ncc"`
 * @param noun what a message calls one of them
 * @param more names that are known beside those of the schema
 * @throws UserError that names the wrong one
 */
export function checked<Values>(
  what: string,
  noun: 'option' | 'setting',
  schema: z.ZodType<Values>,
  values: Readonly<Record<string, unknown>>,
  more: readonly string[] = [],
): Values {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  if (issue.code === 'unrecognized_keys') {
    const known = [...Object.keys(z.toJSONSchema(schema, { unrepresentable: 'any' }).properties ?? {}), ...more];
    const only = known.length > 0 ? `, only ${known.join(', ')}` : '';
    throw new UserError(`The ${what} has no ${noun} "${issue.keys[0]}"${only}.`);
  }
  // An option is one text, `patch=7,13`. A setting in JSON may be a list with one wrong entry.
  const path = noun === 'option' ? issue.path.slice(0, 1) : issue.path;
  const wrong = path.length > 0 ? `${noun} "${path.join('.')}" of the ${what}` : what;
  throw new UserError(`The ${wrong} ${requirement(issue)}.`);
}
