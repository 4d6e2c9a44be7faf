import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  PASSWORD_VARIABLE,
  queueAddress,
  queuePassword,
  withoutSecrets,
} from '../../../src/experiment/queue/queueAddress.ts';

/** What is said of an address that is refused. */
function refusal(text: string): string {
  try {
    queueAddress(text);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`${text} is taken for an address`);
}

describe('queueAddress', () => {
  it.each([
    ['redis://127.0.0.1:6379', { shown: 'redis://127.0.0.1:6379', host: '127.0.0.1', port: 6379, tls: false }],
    ['redis://host', { shown: 'redis://host:6379', host: 'host', port: 6379, tls: false }],
    ['REDISS://host:1', { shown: 'rediss://host:1', host: 'host', port: 1, tls: true }],
    ['redis://:se%2Fsam@host/3', { shown: 'redis://host:6379', password: 'se/sam', db: 3 }],
    ['redis://:se@sam@host', { shown: 'redis://host:6379', password: 'se@sam', host: 'host' }],
    ['redis://me:sesam@[::1]:7', { shown: 'redis://[::1]:7', host: '::1', username: 'me', password: 'sesam' }],
    ['redis://host:1?password=se@sam&db=2', { shown: 'redis://host:1', password: 'se@sam', db: 2 }],
    ['redis://host?family=6', { family: 6 }],
  ])('reads %s', (text, address) => {
    expect(queueAddress(text)).toMatchObject(address);
  });

  it.each([
    ':sesam@host:6379',
    'sesam@host',
    'sesam',
    'redis:sesam@host',
    'http://:sesam@host',
    'https://me:sesam@host:6379',
    'redis://:se/sam@host',
    'redis://:34#sesam@host',
    'redis://me:34#sesam@host',
    'redis://me:34?sesam@host',
    'redis://:a@sesam#b@host',
    'redis://:%zzsesam@host',
    'redis://host:sesam',
    'redis://host/sesam',
    'redis://:sesam@',
    'redis://host:6379?db=sesam',
  ])('refuses %s without a word of it', (text) => {
    expect(refusal(text)).not.toMatch(/sesam|34/);
  });

  it('takes the password from elsewhere where the address has none', () => {
    expect(queueAddress('redis://host', 'other').password).toBe('other');
    expect(queueAddress('redis://:own@host', 'other').password).toBe('own');
  });

  it('takes secrets out of what libraries say, however they are written', () => {
    const address = queueAddress('redis://me:p%40%22w@host');
    for (const text of ['redis://me:p@"w@host', 'AUTH p%40%22w', JSON.stringify({ args: ['p@"w'] })])
      expect(withoutSecrets(text, address)).not.toMatch(/p(@|%40)/);
  });
});

describe('queuePassword', () => {
  afterEach(() => {
    delete process.env[PASSWORD_VARIABLE];
  });

  it('comes from the variable, which is not handed on, or from the first line of a file', async () => {
    process.env[PASSWORD_VARIABLE] = 'sesam';
    expect(await queuePassword(undefined)).toBe('sesam');
    expect(process.env[PASSWORD_VARIABLE]).toBeUndefined();
    const folder = await mkdtemp(join(tmpdir(), 'earthmorph-password-'));
    try {
      await writeFile(join(folder, 'file'), 'open sesam\r\nmore\n');
      expect(await queuePassword(join(folder, 'file'))).toBe('open sesam');
      await writeFile(join(folder, 'file'), '\n');
      await expect(queuePassword(join(folder, 'file'))).rejects.toThrow(/empty first line/);
      await expect(queuePassword(join(folder, 'none'))).rejects.toThrow(/cannot be read \(it does not exist\)/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
