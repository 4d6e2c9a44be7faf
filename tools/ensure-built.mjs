import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The package as the tests use it (test/support/tested.ts): a copy with a build of its own, which `npm run build` and
 * `npm pack` leave alone.
 */
const TESTED = join(root, 'node_modules', '.cache', 'earthmorph-tests');
/** What tools/bundle-page-scripts.ts makes before a build. */
const PAGE_SCRIPTS = join(root, 'src', 'report', 'page', 'scripts.generated.ts');
/** What belongs to the package beside its build. */
const PACKAGED = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'models', 'docs', 'experiments', 'examples'];

/** Global setup of the tests. */
export default function setup() {
  mkdirSync(TESTED, { recursive: true });
  const isGenerated = (/** @type {string} */ path) => path === join(root, 'docs', 'api');
  for (const name of PACKAGED.filter((each) => existsSync(join(root, each))))
    cpSync(join(root, name), join(TESTED, name), { recursive: true, filter: (path) => !isGenerated(path) });
  ensureBuilt(join(TESTED, 'dist'));
  ensurePageBuilt(join(TESTED, 'dist', 'web'));
}

/** Builds the program into a folder unless what is there is newer than everything that it is made of. */
export function ensureBuilt(folder = join(root, 'dist')) {
  const built = modified(join(folder, 'cli.js'));
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const inputs = [
    'src',
    ...sources.map((name) => join('src', name)),
    'package.json',
    'tsdown.config.ts',
    'tools/bundle-page-scripts.ts',
  ];
  if (existsSync(PAGE_SCRIPTS) && inputs.every((name) => modified(join(root, name)) < built)) return;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['node_modules/tsdown/dist/run.mjs', '--out-dir', folder],
    { cwd: root, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${folder} could not be built:\n${stdout}${stderr}`);
}

/** Builds the page into a folder unless what is there is newer than everything that it is made of. */
function ensurePageBuilt(/** @type {string} */ folder) {
  const built = modified(join(folder, 'index.html'));
  const inputs = ['src', 'web'].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map((name) => join(room, name)),
  );
  if ([...inputs, 'package.json'].every((name) => modified(join(root, name)) < built)) return;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['node_modules/vite/bin/vite.js', 'build', '--config', 'web/vite.config.ts', '--outDir', folder],
    { cwd: root, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`The page could not be built:\n${stdout}${stderr}`);
}

/** @param {string} path */
function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
