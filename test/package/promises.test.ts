import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { earthmorph } from '../cli/support.ts';

/** Times that nobody measured: what another machine takes cannot be known. */
const PROMISE =
  /\b(about|under|some|around|within|less than|half an?|(?<!so )many|a few|takes?) (an? |half an? |some |about |\d+ |one |two |few )*(seconds?|minutes?|hours?)\b/i;

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const namesIn = (folder: string, ending: string): string[] =>
  readdirSync(new URL(`../../${folder}`, import.meta.url))
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);

it.each(['README.md', 'CONTRIBUTING.md', ...namesIn('docs', '.md'), ...namesIn('examples', '.ts')])(
  '%s promises no times',
  (name) => {
    expect(PROMISE.exec(read(name))?.[0]).toBeUndefined();
  },
);

it.each([[], ['demo'], ['data', 'simulate-us'], ['compare-losses'], ['experiment', 'run']])(
  'the help of %j promises no times',
  async (...command) => {
    const { stdout } = await earthmorph([...command, '--help']);
    expect(stdout).toContain('Usage: earthmorph');
    expect(PROMISE.exec(stdout)?.[0]).toBeUndefined();
  },
);

it.each([
  'about 3 minutes',
  'half a minute',
  'under a minute',
  'some minutes',
  'half an hour',
  'takes some 15 seconds',
])('"%s" is a promise', (words) => {
  expect(PROMISE.test(words)).toBe(true);
});
