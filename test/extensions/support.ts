import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect } from 'vitest';
import { earthmorph, type Outcome, temporaryFolder } from '../cli/support.ts';
import { TESTED } from '../support/tested.ts';

/** Settings of a training that is soon done. */
export const SMALL = {
  ...{ spacing: 3.5, pad: 16, size: 16, epochs: 1, pairsPerEpoch: 2 },
  ...{ encoder: [4], decoder: [4], remaining: [4] },
};

/** The same for the command line, on one thread. */
export const SMALL_OPTIONS: readonly string[] = [
  ...['--spacing', '3.5', '--pad', '16', '--size', '16', '--epochs', '1', '--pairs-per-epoch', '2'],
  ...['--encoder', '4', '--decoder', '4', '--remaining', '4', '--threads', '1'],
];

/** An extension of somebody else's, in a folder in which the package is installed. */
export interface Extended {
  /** A path in the folder. */
  at(...names: string[]): string;
  /** Runs the built program with the extension, and demands success. */
  run(...args: string[]): Promise<Outcome>;
  /** Writes an experiment. @returns its path */
  experiment(name: string, values: Readonly<Record<string, unknown>>): Promise<string>;
}

/** @param module the extension's text, which imports what it needs from `earthmorph` and `zod` */
export function extended(module: string): Extended {
  const at = temporaryFolder();
  beforeAll(async () => {
    await mkdir(at('node_modules'));
    await symlink(TESTED, at('node_modules', 'earthmorph'), 'junction');
    const zod = fileURLToPath(new URL('../../node_modules/zod', import.meta.url));
    await symlink(zod, at('node_modules', 'zod'), 'junction');
    // A package of its own, whatever lies in the folders above.
    await writeFile(at('package.json'), '{ "name": "own", "private": true }');
    await writeFile(at('own.mjs'), module);
  });
  return {
    at,
    async run(...args) {
      const outcome = await earthmorph([...args, '--import', at('own.mjs')], { whole: true });
      expect(outcome.code, outcome.stderr).toBe(0);
      return outcome;
    },
    async experiment(name, values) {
      await writeFile(at(name), JSON.stringify({ name: 'Own', ...SMALL, ...values }));
      return at(name);
    },
  };
}
