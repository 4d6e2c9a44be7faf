import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const tool = fileURLToPath(new URL('../../tools/ensure-redis.mjs', import.meta.url));

const CALL = `import { ensureRedis } from './tools/ensure-redis.mjs';
console.log(JSON.stringify(ensureRedis()));`;
const RUNS = '#!/bin/sh\nexit 0\n';

/**
 * Stands in for apt-get and dpkg-deb: installs on the PATH, or downloads into the folder that it is told to, and
 * unpacks.
 */
const PACKAGES = `#!${process.execPath}
const fs = require('node:fs');
const { basename, dirname, join } = require('node:path');
const args = process.argv.slice(2);
const put = (file) => {
  fs.mkdirSync(dirname(file), { recursive: true });
  fs.writeFileSync(file, '#!/bin/sh\\nexit 0\\n', { mode: 0o755 });
};
if (basename(process.argv[1]) === 'dpkg-deb') put(join(args[2], 'usr/bin/redis-server'));
else if (args.includes('--download-only'))
  put(join(args.find((arg) => arg.startsWith('Dir::Cache::archives=')).split('=')[1], 'redis-server.deb'));
else if (args.includes('install')) put(join(dirname(process.argv[1]), 'redis-server'));
`;
const NO_NETWORK = `#!/bin/sh
case "$*" in *install*) echo 'W: Some files are old.' >&2; echo 'E: Unable to locate package.' >&2; exit 100;; esac
`;

describe.skipIf(process.platform === 'win32')('tools/ensure-redis.mjs', () => {
  let folder = '';
  const file = (...names: string[]): string => join(folder, ...names);
  /** Puts a program on the PATH, which has nothing else. */
  const program = async (name: string, text: string): Promise<void> => {
    await writeFile(file('bin', name), text);
    await chmod(file('bin', name), 0o755);
  };
  const run = async (env: Record<string, string> = {}) => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', CALL], {
      cwd: folder,
      env: { PATH: file('bin'), ...env },
    });
    return { redis: JSON.parse(stdout), stderr };
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earthmorph-tools-'));
    await mkdir(file('tools'));
    await mkdir(file('bin'));
    await copyFile(tool, file('tools/ensure-redis.mjs'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('takes the one on the PATH', async () => {
    await program('redis-server', RUNS);
    await program('apt-get', PACKAGES);
    expect(await run()).toEqual({ redis: { command: 'redis-server', env: {} }, stderr: '' });
  });

  it('takes the one that EARTHMORPH_REDIS_SERVER names, or none', async () => {
    await program('redis-server', RUNS);
    await program('mine', RUNS);
    const mine = file('bin', 'mine');
    expect((await run({ EARTHMORPH_REDIS_SERVER: mine })).redis).toEqual({ command: mine, env: {} });
    const reason = 'EARTHMORPH_REDIS_SERVER is none, which does not run';
    expect(await run({ EARTHMORPH_REDIS_SERVER: 'none' })).toEqual({ redis: { reason }, stderr: '' });
  });

  it('says why where there is neither a server nor apt-get', async () => {
    const reason = 'no redis-server on the PATH, and no apt-get to install it';
    expect(await run()).toEqual({ redis: { reason }, stderr: '' });
  });

  it('gets one with apt-get, says so, and then keeps silent', async () => {
    for (const name of ['apt-get', 'dpkg-deb']) await program(name, PACKAGES);
    const { redis, stderr } = await run();
    expect(redis).toHaveProperty('command', expect.stringMatching(/redis-server$/));
    expect(stderr).toMatch(/^(Installing|Unpacking) redis-server [^\n]+\n$/);
    expect(await run()).toEqual({ redis, stderr: '' });
  });

  it('says why where apt-get fails', async () => {
    await program('apt-get', NO_NETWORK);
    const { redis, stderr } = await run();
    expect(redis.reason).toMatch(/^no redis-server on the PATH, .* apt-get: Unable to locate package$/);
    expect(stderr.split('\n')).toHaveLength(2);
  });
});
