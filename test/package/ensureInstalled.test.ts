import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** After all that a test writes, however coarse the clock of the disk is. */
const LATER = new Date(Date.now() + 3_600_000);

const tools = fileURLToPath(new URL('../../tools', import.meta.url));

/** Stands in for npm: notes its arguments, warns, and "installs" the lock file. */
const NPM = `
const fs = require('node:fs');
fs.writeFileSync('arguments', process.argv.slice(2).join(' '));
fs.mkdirSync('node_modules', { recursive: true });
fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
console.error('what npm warns of');
if (fs.existsSync('fail')) process.exit(1);`;

/** Stands in for tsdown. */
const BUILD = `
import { mkdirSync, writeFileSync } from 'node:fs';
mkdirSync('dist', { recursive: true });
writeFileSync('dist/cli.js', 'built');`;

describe('tools/ensure-installed.mjs', () => {
  let folder = '';
  const file = (...names: string[]): string => join(folder, ...names);
  const lock = (version: string): Promise<void> =>
    writeFile(
      file('package-lock.json'),
      JSON.stringify({
        packages: {
          '': {},
          'node_modules/a': { version },
          'node_modules/elsewhere': { version: '1.0.0', optional: true },
        },
      }),
    );
  const run = () =>
    promisify(execFile)(process.execPath, [file('tools', 'ensure-installed.mjs')], {
      env: { ...process.env, npm_execpath: file('npm-cli.js') },
    });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earthmorph-tools-'));
    await cp(tools, file('tools'), { recursive: true });
    await mkdir(file('src/report/page'), { recursive: true });
    await writeFile(file('src/report/page/scripts.generated.ts'), '');
    await mkdir(file('node_modules/tsdown/dist'), { recursive: true });
    await writeFile(file('node_modules/tsdown/dist/run.mjs'), BUILD);
    await writeFile(file('npm-cli.js'), NPM);
    await writeFile(file('src/index.ts'), '');
    await lock('1.0.0');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('installs and builds once, and then keeps silent', async () => {
    const first = await run();
    expect(first.stderr).toMatch(/^Installing [^\n]+\n$/);
    expect(await readFile(file('arguments'), 'utf8')).toMatch(/^ci\b/);
    expect(await readFile(file('dist/cli.js'), 'utf8')).toBe('built');
    await rm(file('arguments'));
    await writeFile(file('dist/cli.js'), 'as it was built');
    await utimes(file('dist/cli.js'), LATER, LATER);
    expect(await run()).toMatchObject({ stdout: '', stderr: '' });
    expect(await readFile(file('dist/cli.js'), 'utf8')).toBe('as it was built');
    await expect(readFile(file('arguments'))).rejects.toThrow();
  });

  it('installs again when a version in the lock file has changed', async () => {
    await run();
    await lock('1.0.1');
    expect((await run()).stderr).toMatch(/^Installing/);
  });

  it('builds again when a source file is newer', async () => {
    await run();
    await writeFile(file('dist/cli.js'), 'old');
    await writeFile(file('src/index.ts'), 'newer');
    await utimes(file('src/index.ts'), LATER, LATER);
    await run();
    expect(await readFile(file('dist/cli.js'), 'utf8')).toBe('built');
  });

  it('builds again when the scripts of report pages are missing', async () => {
    await run();
    await writeFile(file('dist/cli.js'), 'old');
    await utimes(file('dist/cli.js'), LATER, LATER);
    await rm(file('src/report/page/scripts.generated.ts'));
    await run();
    expect(await readFile(file('dist/cli.js'), 'utf8')).toBe('built');
  });

  it('says so when npm fails, with what npm said', async () => {
    await writeFile(file('fail'), '');
    const stderr = expect.stringMatching(/what npm warns of\nnpm ci failed; is the /);
    await expect(run()).rejects.toMatchObject({ code: 1, stderr });
  });
});
