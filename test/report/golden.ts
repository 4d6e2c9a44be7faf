import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/**
 * Compares a picture with the one in `fixtures/`. When they differ the changed picture is written beside it as
 * `*.actual.svg`; look at both, and if the change is wanted run the tests with UPDATE_GOLDEN=1.
 */
export function expectGolden(name: string, svg: string): void {
  const path = (suffix: string): string => fileURLToPath(new URL(`fixtures/${name}${suffix}`, import.meta.url));
  const golden = path('.svg');
  const actual = path('.actual.svg');
  // An element a line, so that differences can be read.
  const written = `${svg.replace(/></g, '>\n<')}\n`;
  if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(golden, written);
  const same = existsSync(golden) && readFileSync(golden, 'utf8') === written;
  if (same) rmSync(actual, { force: true });
  else writeFileSync(actual, written);
  expect(same, `${name}.svg has changed: compare fixtures/${name}.svg with fixtures/${name}.actual.svg.`).toBe(true);
}
