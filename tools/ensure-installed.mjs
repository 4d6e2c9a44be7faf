// Runs before the demo, the tests and the checks: installs and builds what is missing, and is silent when nothing is.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './ensure-built.mjs';

const root = new URL('..', import.meta.url);
const LEAST_NODE = 20;
const ARGUMENTS = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];

try {
  if (Number.parseInt(process.versions.node, 10) < LEAST_NODE)
    throw new Error(
      `EarthMorph needs Node ${LEAST_NODE} or newer, and this is ${process.version}; see https://nodejs.org.`,
    );
  if (!isInstalled()) install();
  ensureBuilt();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** Whether node_modules holds what package-lock.json asks for. Packages for other platforms may be missing. */
function isInstalled() {
  const there = packagesOf('node_modules/.package-lock.json');
  const wanted = Object.entries(packagesOf('package-lock.json') ?? {});
  return (
    there !== undefined &&
    wanted.every(
      ([path, { version, optional, devOptional }]) =>
        path === '' || (there[path] ? there[path].version === version : optional || devOptional),
    )
  );
}

/** @param {string} lockfile a path from the root */
function packagesOf(lockfile) {
  try {
    return JSON.parse(readFileSync(new URL(lockfile, root), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Installs with npm, which builds dist/ at its end (the script "prepare"). */
function install() {
  console.error('Installing the packages of package-lock.json into node_modules (npm ci, some 800 MB on disk)…');
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js') ? process.env.npm_execpath : undefined;
  // Warnings of the build's tools would be read as mistakes of the reader, so they are shown only with a failure.
  const options = { cwd: fileURLToPath(root), stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 1 << 26 };
  const { status, error, stderr } = npm
    ? spawnSync(process.execPath, [npm, ...ARGUMENTS], options)
    : spawnSync(`npm ${ARGUMENTS.join(' ')}`, { ...options, shell: true });
  if (status !== 0) {
    process.stderr.write(stderr ?? '');
    throw new Error(`npm ci failed${error ? ` (${error.message})` : ''}; is the package registry reachable?`);
  }
}
