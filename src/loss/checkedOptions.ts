import { z } from 'zod';
import { requirement, UserError } from '../errors.ts';

/**
 * Checks the options of a loss or a regulariser.
 * @param what such as `loss "ncc"`
 * @param more options that are not its own
 * @throws UserError that names the wrong one
 */
export function checkedOptions<Options>(
  what: string,
  schema: z.ZodType<Options>,
  options: Readonly<Record<string, unknown>>,
  more: readonly string[] = [],
): Options {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  if (issue.code === 'unrecognized_keys') {
    const known = [...Object.keys(z.toJSONSchema(schema, { unrepresentable: 'any' }).properties ?? {}), ...more];
    const only = known.length > 0 ? `, only ${known.join(', ')}` : '';
    throw new UserError(`The ${what} has no option "${issue.keys[0]}"${only}.`);
  }
  const wrong = issue.path.length > 0 ? `option "${String(issue.path[0])}" of the ${what}` : what;
  throw new UserError(`The ${wrong} ${requirement(issue)}.`);
}
