import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Builds dist/ unless it is newer than everything that it is made of. Also the global setup of the tests. */
export default function ensureBuilt() {
  const built = modified('dist/cli.js');
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const inputs = ['src', ...sources.map((name) => join('src', name)), 'package.json', 'tsdown.config.ts'];
  if (inputs.every((name) => modified(name) < built)) return;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['node_modules/tsdown/dist/run.mjs'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`dist/ could not be built:\n${stdout}${stderr}`);
}

/** @param {string} name a path from the root */
function modified(name) {
  return statSync(join(root, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
