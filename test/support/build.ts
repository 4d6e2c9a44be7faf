import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Builds the program once before the tests, unless what is built is newer than every source file. */
export default function build(): void {
  const built = statSync(join(root, 'dist/cli.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const inputs = [...sources.map((name) => join('src', name)), 'package.json', 'tsdown.config.ts'];
  if (inputs.every((name) => statSync(join(root, name)).mtimeMs < built)) return;
  execFileSync(process.execPath, [join(root, 'node_modules/tsdown/dist/run.mjs')], { cwd: root, stdio: 'pipe' });
}
