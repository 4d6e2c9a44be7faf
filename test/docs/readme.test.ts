import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { earthmorph, start, temporaryFolder } from '../cli/support.ts';
import { TESTED } from '../support/tested.ts';
import { blocks, commands, document } from './commands.ts';

const README = document('README.md');
const at = temporaryFolder();

/** What cannot be run here, and why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'npm test': 'runs this test',
};

/** A command of the README in a terminal whose folder is the clone; what it printed. */
async function run(words: readonly string[]): Promise<string> {
  const [program, first, ...rest] = words as [string, string, ...string[]];
  const cwd = at();
  if (program === 'cp') {
    await cp(join(cwd, first), join(cwd, rest[0] as string));
    return '';
  }
  // `npm run demo` makes sure of an installation, then runs the program.
  const args =
    program === 'npm'
      ? [
          ...((packageJson.scripts as Record<string, string>)[rest[0] as string]?.split('dist/cli.js ')[1] ?? '').split(
            ' ',
          ),
        ]
      : rest;
  expect([program, first]).toEqual(program === 'npm' ? ['npm', 'run'] : ['npx', 'earthmorph']);
  if (args[0] === 'view') return served(args, cwd);
  const { code, stdout, stderr } = await earthmorph(args, { cwd });
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

/** The page that a command serves until it is ended. */
async function served(args: readonly string[], cwd: string): Promise<string> {
  const [child, ended] = start([...args, '--no-open'], { cwd });
  const address = await new Promise<string>((found, failed) => {
    child.stdout?.on('data', (text) => {
      const [url] = /http:\S+/.exec(String(text)) ?? [];
      if (url) found(url);
    });
    ended.then(({ stderr }) => failed(new Error(stderr)));
  });
  const page = await (await fetch(address)).text();
  expect(page).toContain('<html');
  child.kill();
  await ended;
  return page;
}

describe('README.md', () => {
  beforeAll(async () => {
    // The package by its name, for the program.
    await mkdir(at('node_modules'));
    await symlink(TESTED, at('node_modules', packageJson.name), 'junction');
  });

  for (const words of commands(README)) {
    const line = words.join(' ');
    it.skipIf(line in NOT_RUN)(`${line}${line in NOT_RUN ? ` (not run: ${NOT_RUN[line]})` : ''}`, async () => {
      const printed = await run(words);
      if (line === 'npm run demo') {
        const [, before, after] = /Landmark error (\S+) → (\S+) mm/.exec(printed)!.map(Number);
        expect(after).toBeLessThan(before! / 2);
      }
      for (const name of words.filter((_, index) => /^--(out|moved|warp|report|profile)$/.test(words[index - 1] ?? '')))
        expect(existsSync(at(name)), name).toBe(true);
    });
  }

  it('names no command here that it does not hold', () => {
    const lines = commands(README).map((words) => words.join(' '));
    expect(Object.keys(NOT_RUN).filter((line) => !lines.includes(line))).toEqual([]);
  });

  it.each(blocks(README, 'ts'))('a program: %#', async (program) => {
    await writeFile(at('program.mjs'), program);
    await promisify(execFile)(process.execPath, ['program.mjs'], { cwd: at() });
    // The program registers as the command does.
    expect(await readFile(at('warp-by-program.nii.gz'))).toEqual(await readFile(at('moving_to_fixed', 'warp.nii.gz')));
  });

  it('links to files that are there, in few lines', () => {
    const links = [...README.matchAll(/\]\(([^)#]+)/g)].map(([, path]) => path as string);
    expect(links.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)))).toEqual([]);
    expect(README.trimEnd().split('\n').length).toBeLessThanOrEqual(120);
  });
});
