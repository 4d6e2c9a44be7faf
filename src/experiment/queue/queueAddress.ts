import { readFile } from 'node:fs/promises';
import { UserError } from '../../errors.ts';
import { reasonOf } from '../../file/reason.ts';
import { given } from '../../given.ts';

/** Where a queue's Redis is and what it takes to enter. */
export interface QueueAddress {
  /** For messages: scheme, host and port, nothing that is secret. */
  readonly shown: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  /** 4 or 6 where only that version of IP is to be used. */
  readonly family?: number;
}

/** The variable that holds the password. */
export const PASSWORD_VARIABLE = 'EARTHMORPH_QUEUE_PASSWORD';

const EXAMPLE = 'redis://127.0.0.1:6379';
const ELSEWHERE = `give the password in ${PASSWORD_VARIABLE} or with --queue-password-file`;

/**
 * Reads an address such as `redis://host:6379` or `rediss://user:password@host:6379/2`. No message holds any of it but
 * host and port: what is no address may be a password.
 * @param secret the password, where the address has none
 * @throws UserError when it is no such address
 */
export function queueAddress(text: string, secret?: string): QueueAddress {
  const [, scheme = '', rest = ''] = /^(rediss?):\/\/(.*)$/is.exec(text.trim()) ?? [];
  if (scheme === '') throw new UserError(`--queue is not the address of a Redis server; give one like ${EXAMPLE}.`);
  const url = URL.canParse(`redis://${rest}`) ? new URL(`redis://${rest}`) : undefined;
  // The password may hold signs that end the host's part of an address, such as / and #. What looks like the host is
  // then a part of the password.
  const tail = rest.replace(/^[^/?#]*/, '').replace(/\?(password|username|db|family)=.*$/s, '');
  if (tail.includes('@') || tail.includes('#') || (url === undefined && rest.includes('@')))
    throw new UserError(
      `The password in --queue has characters that an address cannot hold; percent-encode them, or ${ELSEWHERE}.`,
    );
  if (url === undefined || url.hostname === '')
    throw new UserError(`--queue has no host, or an impossible port; give an address like ${EXAMPLE}.`);
  const of = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
  const db = of('db') ?? url.pathname.slice(1);
  if (!/^\d{0,4}$/.test(db))
    throw new UserError(`The database in --queue is not a number; give an address like ${EXAMPLE}/0.`);
  const family = Number(of('family') ?? 0);
  const username = decoded(url.username) || of('username');
  const password = decoded(url.password) || of('password') || secret;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || 6379);
  return {
    shown: `${scheme.toLowerCase()}://${url.hostname}:${port}`,
    host,
    port,
    tls: scheme.toLowerCase() === 'rediss',
    ...given({ username: username || undefined, password: password || undefined }),
    ...(db === '' ? {} : { db: Number(db) }),
    ...([4, 6].includes(family) ? { family } : {}),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UserError(
      `The password in --queue has a % without two hexadecimal digits; write %25 for it, or ${ELSEWHERE}.`,
    );
  }
}

/** What an error of a library says, without what is secret in an address, however it is written. */
export function withoutSecrets(text: string, { username, password }: QueueAddress): string {
  const secrets = [password, username].flatMap((secret) =>
    secret === undefined || secret === ''
      ? []
      : [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)],
  );
  const longestFirst = secrets.toSorted((a, b) => b.length - a.length);
  return longestFirst.reduce((left, secret) => left.replaceAll(secret, '…'), text);
}

/**
 * The password from a file, its first line, or else from {@link PASSWORD_VARIABLE}, which processes that this one
 * starts do not see.
 * @throws UserError when the file cannot be read or is empty
 */
export async function queuePassword(file: string | undefined): Promise<string | undefined> {
  const fromVariable = process.env[PASSWORD_VARIABLE];
  delete process.env[PASSWORD_VARIABLE];
  if (file === undefined) return fromVariable;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError(
      `The password file ${file} cannot be read (${reasonOf(error)}); correct --queue-password-file.`,
    );
  });
  const [first = ''] = text.split(/\r?\n/);
  if (first === '') throw new UserError(`The password file ${file} has an empty first line; write the password there.`);
  return first;
}
